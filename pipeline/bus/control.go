package bus

import "fmt"

// ControlRecord is c as a record of a partition. Control records have no key;
// everything else has its subject's.
func ControlRecord(partition int, c *Control) Record {
	value, err := c.MarshalVT()
	if err != nil {
		// Marshalling fails for text that is not UTF-8, and only for
		// messages that have such a check; this one's is not generated.
		panic(fmt.Sprintf("marshal control: %v", err))
	}
	return Record{Partition: partition, Value: value}
}

// DecodeControl reads a control record.
func DecodeControl(m *Message) (*Control, error) {
	c := new(Control)
	if err := c.UnmarshalVT(m.Value); err != nil {
		return nil, fmt.Errorf("decode control at offset %d: %w", m.Offset, err)
	}
	return c, nil
}

// IsControl tells a control record from the others.
func IsControl(m *Message) bool { return len(m.Key) == 0 }
