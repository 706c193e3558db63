package engine

import (
	"context"
	"errors"
	"fmt"

	"earwitness/pipeline/bus"
)

// take makes ready to follow partitions: their sinks must not be ahead of the
// topics, and are filled where they are behind what the topics still hold.
func (e *Engine) take(ctx context.Context, partitions []int) error {
	if err := e.checkPositions(ctx, partitions); err != nil {
		return err
	}
	return e.refill(ctx, partitions)
}

// leave lets go of a partition that another process follows now. What was not
// durable that process reads again.
func (e *Engine) leave(ctx context.Context, partition int) error {
	errs := []error{
		e.stage.Release(partition), e.worm.evidence.Leave(partition), e.worm.access.Leave(partition), e.worm.deadLetters.Leave(partition),
	}
	if e.elastic != nil {
		errs = append(errs, e.elastic.Leave(ctx, partition))
	}
	if e.enricher != nil {
		e.enricher.Leave(partition)
	}
	for _, p := range e.kept {
		p.leave(partition)
	}
	e.tracker.leave(partition)
	return errors.Join(errs...)
}

// checkPositions refuses a bus that is behind its sinks, before anything new
// is written to it: once it had caught up, what lies between would be taken
// for what the sinks have seen.
func (e *Engine) checkPositions(ctx context.Context, partitions []int) error {
	type held struct {
		name, topic string
		position    func(context.Context, int) (int64, error)
	}
	all := []held{
		{e.worm.evidence.Name(), bus.TopicEvidence, e.worm.evidence.Position},
		{e.worm.access.Name(), bus.TopicAccess, e.worm.access.Position},
		{e.worm.deadLetters.Name(), bus.TopicDeadLetter, e.worm.deadLetters.Position},
	}
	for _, sink := range e.records {
		all = append(all, held{sink.Name(), bus.TopicAccess, sink.Durable})
	}
	for _, sink := range all {
		for _, partition := range partitions {
			at, err := sink.position(ctx, partition)
			if err != nil {
				return fmt.Errorf("find position of %s in partition %d: %w", sink.name, partition, err)
			}
			_, end, err := e.client.Bounds(ctx, sink.topic, partition)
			if err != nil {
				return fmt.Errorf("find end of %s/%d: %w", sink.topic, partition, err)
			}
			if at > end {
				return fmt.Errorf("begin with %s: %w; %s", sink.name,
					&bus.BeyondEndError{Topic: sink.topic, Partition: partition, Want: at, End: end}, e.howToGoOn())
			}
		}
	}
	return nil
}

func (e *Engine) howToGoOn() string {
	if e.config.Shared() {
		return "were the topics made anew? Then delete topic " + bus.TopicControl + " too and make it again with \"earwitness topics create\": what comes is a new lineage, and takes a new data folder for each process"
	}
	return fmt.Sprintf("restore folder %s, or begin with another data folder", e.config.BusDir())
}
