package bus

import (
	"fmt"

	"earwitness/pipeline/evidence"
)

// DecodeEvidence reads a message of TopicEvidence.
func DecodeEvidence(m *Message) (*evidence.Evidence, error) {
	e := new(evidence.Evidence)
	if err := e.UnmarshalVT(m.Value); err != nil {
		return nil, fmt.Errorf("decode evidence at offset %d: %w", m.Offset, err)
	}
	return e, nil
}

// DecodeDeadLetter reads a message of TopicDeadLetter.
func DecodeDeadLetter(m *Message) (*evidence.DeadLetter, error) {
	d := new(evidence.DeadLetter)
	if err := d.UnmarshalVT(m.Value); err != nil {
		return nil, fmt.Errorf("decode dead letter at offset %d: %w", m.Offset, err)
	}
	return d, nil
}
