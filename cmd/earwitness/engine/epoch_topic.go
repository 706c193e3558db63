package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"earwitness/cmd/earwitness/coverage"
	"earwitness/pipeline/bus"
)

// epochInTopic keeps the epoch in the control topic, where all processes find
// it. Whoever wants to open one adds a record; of several that want the same
// number the first in the topic has it. Each record has a key of its own, so
// that compaction takes none away.
type epochInTopic struct {
	client   *bus.Client
	producer *bus.Producer
}

// entry is an epoch as somebody wanted it.
type entry struct {
	key   string
	epoch *epochFile
}

func (t *epochInTopic) read(ctx context.Context) (*epochFile, error) {
	current, err := t.current(ctx)
	return current.epoch, err
}

func (t *epochInTopic) current(ctx context.Context) (entry, error) {
	messages, err := t.client.ReadAll(ctx, bus.TopicControl, 0)
	if err != nil {
		return entry{}, fmt.Errorf("read epoch: %w", err)
	}
	var current entry
	for i := range messages {
		m := &messages[i]
		if coverage.IsStatement(m.Key) {
			continue
		}
		e, err := parseEpoch(m.Value)
		if err != nil {
			return entry{}, fmt.Errorf("read epoch at offset %d of topic %s: %w; was it written by a newer earwitness?", m.Offset, bus.TopicControl, err)
		}
		if succeeds(current.epoch, e) {
			current = entry{string(m.Key), e}
		}
	}
	return current, nil
}

// succeeds says whether an epoch can come after another: the next number, or
// the end of its rebuild.
func succeeds(current, next *epochFile) bool {
	switch {
	case current == nil:
		return true
	case next.Lineage != current.Lineage:
		return false
	case next.Number == current.Number:
		return current.Rebuilding && !next.Rebuilding
	}
	return next.Number == current.Number+1
}

func (t *epochInTopic) write(ctx context.Context, e *epochFile) error {
	value, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write epoch: %w", err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // it never fails
	key := fmt.Sprintf("epoch/%d/%s", e.Number, hex.EncodeToString(id))
	if _, err := t.producer.ProduceSync(ctx, 0, []bus.Record{{Key: []byte(key), Value: value}}); err != nil {
		return fmt.Errorf("write epoch to topic %s: %w", bus.TopicControl, err)
	}
	current, err := t.current(ctx)
	if err != nil {
		return err
	}
	if current.key != key {
		return &overtakenError{by: current.epoch}
	}
	return nil
}
