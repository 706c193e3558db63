package access

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields of Record that an outline has.
const (
	fieldID      = 1
	fieldKind    = 2
	fieldState   = 3
	fieldTime    = 6
	fieldAccess  = 15
	fieldMoved   = 33
	fieldArrival = 70
)

// UnmarshalOutline reads a marshalled record for those who keep its bytes: of
// a request, and so of nine records in ten, no more than identity, kind,
// state, time, moved_from_ms, access_id and arrival; another record whole.
// The result points into b.
func UnmarshalOutline(b []byte) (*Record, error) {
	r := &Record{}
	for rest := b; len(rest) > 0; {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, fmt.Errorf("read record: %w", protowire.ParseError(n))
		}
		rest = rest[n:]
		switch kind {
		case protowire.VarintType:
			var v uint64
			if v, n = protowire.ConsumeVarint(rest); n >= 0 {
				r.outlineNumber(number, v)
			}
		case protowire.BytesType:
			var v []byte
			if v, n = protowire.ConsumeBytes(rest); n >= 0 {
				if err := r.outlineBytes(number, v); err != nil {
					return nil, err
				}
			}
		default:
			n = protowire.ConsumeFieldValue(number, kind, rest)
		}
		if n < 0 {
			return nil, fmt.Errorf("read record: field %d: %w", number, protowire.ParseError(n))
		}
		rest = rest[n:]
		// The kind is among the first, so what is to be read whole is found soon.
		if number > fieldKind && r.Kind != Kind_KIND_REQUEST {
			break
		}
	}
	if r.Kind == Kind_KIND_REQUEST {
		return r, nil
	}
	whole := &Record{}
	if err := whole.UnmarshalVTUnsafe(b); err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	return whole, nil
}

func (r *Record) outlineNumber(number protowire.Number, v uint64) {
	switch number {
	case fieldKind:
		r.Kind = Kind(v)
	case fieldState:
		r.State = State(v)
	case fieldTime:
		r.TimeMs = int64(v)
	case fieldMoved:
		r.MovedFromMs = append(r.MovedFromMs, int64(v))
	}
}

func (r *Record) outlineBytes(number protowire.Number, v []byte) error {
	switch number {
	case fieldID:
		r.Id = v
	case fieldAccess:
		r.AccessId = v
	case fieldMoved: // packed
		for len(v) > 0 {
			ms, n := protowire.ConsumeVarint(v)
			if n < 0 {
				return fmt.Errorf("read record: field %d: %w", number, protowire.ParseError(n))
			}
			r.MovedFromMs, v = append(r.MovedFromMs, int64(ms)), v[n:]
		}
	case fieldArrival:
		if r.Arrival == nil {
			r.Arrival = &Arrival{}
		}
		if err := r.Arrival.UnmarshalVTUnsafe(v); err != nil {
			return fmt.Errorf("read record: arrival: %w", err)
		}
	}
	return nil
}
