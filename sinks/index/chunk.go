package index

import (
	"fmt"
	"log/slog"
	"math"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// chunkRows is a chunk as it waits for its transaction: of the requests, nine
// in ten, only bytes and identities stay in memory.
type chunkRows struct {
	requests []request
	accesses []accessRow
	records  int
	bytes    int64
	next     int64
}

// decodedFactor is about how much larger a decoded record is than its bytes.
const decodedFactor = 4

// digest takes from a chunk what lies at offset from or later.
func (x *Index) digest(n int, chunk *bus.Chunk[*access.Record], from int64) chunkRows {
	rows := chunkRows{next: chunk.Next}
	for i := range chunk.Messages {
		m := &chunk.Messages[i]
		if m.Offset < from || i < len(chunk.Controls) && chunk.Controls[i] != nil {
			continue
		}
		if err := rows.take(chunk, i); err != nil {
			// The bytes stay in the topic and in WORM; a view cannot do
			// more with them than say so.
			x.log.Error("leave record out of index", slog.Int("partition", n), slog.Int64("offset", m.Offset), slog.Any("error", err))
		}
	}
	rows.records = len(rows.requests) + len(rows.accesses)
	return rows
}

func (c *chunkRows) take(chunk *bus.Chunk[*access.Record], i int) error {
	if i < len(chunk.Errs) && chunk.Errs[i] != nil {
		return fmt.Errorf("decode record: %w", chunk.Errs[i])
	}
	var r *access.Record
	if i < len(chunk.Values) {
		r = chunk.Values[i]
	}
	if r == nil {
		return fmt.Errorf("decode record: the message has no value")
	}
	if len(r.Id) != len(id{}) || r.Arrival == nil || r.Arrival.Revision > math.MaxInt64 {
		return fmt.Errorf("decode record: an identity of 16 bytes and a revision are needed, got %d bytes and %d",
			len(r.Id), r.GetArrival().GetRevision())
	}
	data := chunk.Messages[i].Value
	if len(data) == 0 {
		var err error
		if data, err = r.MarshalVT(); err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
	}
	return c.add(r, data)
}

func (c *chunkRows) add(r *access.Record, data []byte) error {
	switch r.Kind {
	case access.Kind_KIND_REQUEST:
		c.addRequest(r, data)
		for _, stone := range access.Moved(r) {
			data, err := stone.MarshalVT()
			if err != nil {
				return fmt.Errorf("encode tombstone: %w", err)
			}
			c.addRequest(stone, data)
		}
	case access.Kind_KIND_ACCESS:
		c.accesses = append(c.accesses, accessRow{record: r, day: accessDay(r), id: id(r.Id), data: data})
		c.bytes += decodedFactor * int64(len(data))
	default:
		return fmt.Errorf("keep record: unknown kind %d", r.Kind)
	}
	return nil
}

func (c *chunkRows) addRequest(r *access.Record, data []byte) {
	row := request{
		day: dayOf(r.TimeMs), id: id(r.Id), revision: r.Arrival.Revision,
		state: r.State, time: r.TimeMs, data: data,
	}
	copy(row.access[:], r.AccessId)
	c.requests = append(c.requests, row)
	c.bytes += int64(len(data)) + 128
}
