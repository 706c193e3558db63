package elastic

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// Causes of dead letters.
const (
	// CauseUndecodable: the message is no record with an identity and a
	// revision.
	CauseUndecodable = "undecodable"
	// CauseRefused: Elasticsearch will never take the document as it is.
	CauseRefused = "refused"
	// CauseTooLarge: the document alone is larger than Elasticsearch takes.
	CauseTooLarge = "too-large"
)

// idBytes is how long a record's identity is.
const idBytes = 16

// item is one document of a bulk.
type item struct {
	piece     *piece
	partition int
	offset    int64
	// value is the record as the topic has it, for a dead letter.
	value []byte
	index string
	// start and end of its two lines in the body.
	start, end int
}

// encoder turns messages into lines of a bulk.
type encoder struct {
	names   names
	indices map[indexKey]string

	body    []byte
	items   []item
	letters []*evidence.DeadLetter
}

type indexKey struct {
	kind  access.Kind
	month int
}

func newEncoder(n names) *encoder {
	return &encoder{names: n, indices: map[indexKey]string{}, body: make([]byte, 0, pieceBytes+64<<10)}
}

func (e *encoder) reset() {
	clear(e.items)
	e.body, e.items, e.letters = e.body[:0], e.items[:0], nil
}

// take adds message i of a chunk: as an item, or as a dead letter when it is
// no record that could be kept.
func (e *encoder) take(n int, chunk *bus.Chunk[*access.Record], i int, now time.Time) {
	m := &chunk.Messages[i]
	r, err := record(chunk, i)
	if err != nil {
		it := item{partition: n, offset: m.Offset, value: m.Value}
		e.letters = append(e.letters, it.letter(CauseUndecodable, err.Error(), now))
		return
	}
	month := monthOf(fixedTime(r))
	e.put(n, m, r, month)
	for _, stone := range access.Moved(r) {
		if from := monthOf(fixedTime(stone)); from != month {
			e.put(n, m, stone, from)
		}
	}
}

// put adds an item.
func (e *encoder) put(n int, m *bus.Message, r *access.Record, month int) {
	it := item{partition: n, offset: m.Offset, value: m.Value, start: len(e.body)}
	it.index = e.index(r.Kind, month)
	e.head(it.index, r)
	e.body = append(access.AppendJSON(e.body, r), '\n')
	it.end = len(e.body)
	e.items = append(e.items, it)
}

// record gives the record of a message if it can be kept.
func record(chunk *bus.Chunk[*access.Record], i int) (*access.Record, error) {
	if i < len(chunk.Errs) && chunk.Errs[i] != nil {
		return nil, chunk.Errs[i]
	}
	if i >= len(chunk.Values) || chunk.Values[i] == nil {
		return nil, errors.New("the message has no value")
	}
	r := chunk.Values[i]
	switch revision := r.GetArrival().GetRevision(); {
	case len(r.Id) != idBytes:
		return nil, fmt.Errorf("its identity has %d bytes, not %d", len(r.Id), idBytes)
	case r.Arrival == nil || revision > math.MaxInt64:
		return nil, fmt.Errorf("its revision %d can't be a version", revision)
	case r.Kind.Name() == "":
		return nil, fmt.Errorf("its kind %d is unknown", r.Kind)
	}
	if year := fixedTime(r).Year(); year < 1970 || year > 9999 {
		return nil, fmt.Errorf("its year %d has no index", year)
	}
	return r, nil
}

// head appends the line that says where a record goes. Names of indices hold
// nothing that JSON would have to quote.
func (e *encoder) head(index string, r *access.Record) {
	b := append(e.body, `{"index":{"_index":"`...)
	b = append(b, index...)
	b = append(b, `","_id":"`...)
	b = hex.AppendEncode(b, r.Id)
	b = append(b, `","version":`...)
	b = strconv.AppendUint(b, r.Arrival.Revision, 10)
	e.body = append(b, `,"version_type":"external"}}`+"\n"...)
}

func (e *encoder) index(kind access.Kind, month int) string {
	key := indexKey{kind, month}
	name, ok := e.indices[key]
	if !ok {
		name = e.names.index(kind, month)
		e.indices[key] = name
	}
	return name
}

// letter is the dead letter of an item. Its raw bytes are the record as the
// topic has it, so that it can be delivered again.
func (it *item) letter(cause, detail string, now time.Time) *evidence.DeadLetter {
	sum := sha256.Sum256(it.value)
	id := evidence.DeadLetterID(Stage, cause, sum)
	return &evidence.DeadLetter{
		Id: id[:], Stage: Stage, Cause: cause, Detail: detail, Raw: it.value, TimeMs: now.UnixMilli(),
		Origin: &evidence.Origin{
			Uri:    fmt.Sprintf("kafka:%s/%d", bus.TopicAccess, it.partition),
			Offset: it.offset, Length: int64(len(it.value)), Sha256: sum[:],
		},
	}
}
