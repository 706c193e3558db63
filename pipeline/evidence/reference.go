package evidence

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Reference is what names a piece of evidence in a record.
type Reference struct {
	ID     []byte
	Kind   Kind
	Origin *Origin
}

// The numbers of the fields of Evidence that a reference is made of.
const (
	fieldID     = 1
	fieldKind   = 4
	fieldOrigin = 6
)

// ReadReference reads of marshalled Evidence what a reference needs, and
// passes over the rest. The result points into b.
func ReadReference(b []byte) (Reference, error) {
	var ref Reference
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Reference{}, fmt.Errorf("read reference of evidence: %w", protowire.ParseError(n))
		}
		b = b[n:]
		switch {
		case number == fieldKind && kind == protowire.VarintType:
			var v uint64
			if v, n = protowire.ConsumeVarint(b); n >= 0 {
				ref.Kind = Kind(v)
			}
		case (number == fieldID || number == fieldOrigin) && kind == protowire.BytesType:
			var v []byte
			if v, n = protowire.ConsumeBytes(b); n >= 0 {
				if err := ref.take(number, v); err != nil {
					return Reference{}, err
				}
			}
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return Reference{}, fmt.Errorf("read reference of evidence: field %d: %w", number, protowire.ParseError(n))
		}
		b = b[n:]
	}
	return ref, nil
}

func (r *Reference) take(number protowire.Number, v []byte) error {
	if number == fieldID {
		r.ID = v
		return nil
	}
	if r.Origin == nil {
		r.Origin = &Origin{}
	}
	if err := r.Origin.UnmarshalVTUnsafe(v); err != nil {
		return fmt.Errorf("read reference of evidence: origin: %w", err)
	}
	return nil
}
