package engine

import (
	"context"
	"fmt"

	"earwitness/pipeline/bus"
)

// checkPositions refuses a bus that is behind its sinks, before anything new
// is written to it: once it had caught up, what lies between would be taken
// for what the sinks have seen.
func (e *Engine) checkPositions(ctx context.Context) error {
	for _, sink := range []struct {
		name, topic string
		position    func(context.Context, int) (int64, error)
	}{
		{e.worm.evidence.Name(), bus.TopicEvidence, e.worm.evidence.Position},
		{e.worm.access.Name(), bus.TopicAccess, e.worm.access.Position},
		{e.index.Name(), bus.TopicAccess, e.index.Durable},
		{e.worm.deadLetters.Name(), bus.TopicDeadLetter, e.worm.deadLetters.Position},
	} {
		for partition := range e.config.Bus.Partitions {
			at, err := sink.position(ctx, partition)
			if err != nil {
				return fmt.Errorf("find position of %s in partition %d: %w", sink.name, partition, err)
			}
			_, end, err := e.client.Bounds(ctx, sink.topic, partition)
			if err != nil {
				return fmt.Errorf("find end of %s/%d: %w", sink.topic, partition, err)
			}
			if at > end {
				return fmt.Errorf("begin with %s: %w; restore folder %s, or begin with another data folder",
					sink.name, &bus.BeyondEndError{Topic: sink.topic, Partition: partition, Want: at, End: end}, e.config.BusDir())
			}
		}
	}
	return nil
}
