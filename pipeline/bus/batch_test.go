package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go/protocol"
)

// at is when test batches are made.
var at = time.UnixMilli(1_700_000_000_123).UTC()

// batchOf is a batch as it lies in a log, from offset first on.
func batchOf(tb testing.TB, uncompressed bool, first int64, messages ...Message) []byte {
	tb.Helper()
	var records []byte
	for i, m := range messages {
		records = appendRecord(records, i, m.Key, m.Value)
	}
	b := newEncoder(uncompressed).encode(records, len(messages), at)[4:]
	binary.BigEndian.PutUint64(b, uint64(first))
	return b
}

// texts are messages with these values, from an offset on.
func texts(first int64, values ...string) []Message {
	list := make([]Message, len(values))
	for i, v := range values {
		list[i] = Message{Offset: first + int64(i), Time: at, Key: []byte("k" + v), Value: []byte(v)}
	}
	return list
}

func TestBatchesComeBack(t *testing.T) {
	messages := texts(40, "a", "", strings.Repeat("long ", 10_000), "z")
	messages[1].Key = nil
	for _, uncompressed := range []bool{true, false} {
		b := batchOf(t, uncompressed, 40, messages...)
		if small := len(b) < 6000; small == uncompressed {
			t.Errorf("uncompressed %v: the batch has %d bytes", uncompressed, len(b))
		}
		head, rest, whole, err := nextBatch(append(b, "rest"...))
		if err != nil || !whole || string(rest) != "rest" {
			t.Fatalf("nextBatch: rest %q, whole %v, %v", rest, whole, err)
		}
		got, err := head.appendMessages(nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(messages, got); diff != "" {
			t.Errorf("uncompressed %v (-want +got):\n%s", uncompressed, diff)
		}
		if got, err = head.appendMessages(nil, 42); err != nil || len(got) != 2 || got[0].Offset != 42 {
			t.Errorf("from 42 on came %d messages, %v", len(got), err)
		}
	}
}

// What does not shrink is sent as it is.
func TestIncompressibleBatchesStayAsTheyAre(t *testing.T) {
	b := batchOf(t, false, 0, texts(0, "x")...)
	if got := binary.BigEndian.Uint16(b[atAttributes:]) & maskCompression; got != 0 {
		t.Errorf("one byte was compressed by %d", got)
	}
}

// kafka-go's own reader must understand the same.
func TestKafkaGoReadsOurBatches(t *testing.T) {
	messages := texts(0, "one", strings.Repeat("two", 1000), "three")
	for _, uncompressed := range []bool{true, false} {
		b := batchOf(t, uncompressed, 0, messages...)
		var set protocol.RecordSet
		wire := append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
		// Its decoder takes the length from the reader's first bytes.
		if _, err := set.ReadFrom(bytes.NewBuffer(wire)); err != nil {
			t.Fatal(err)
		}
		for i := 0; ; i++ {
			r, err := set.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				if i != len(messages) {
					t.Errorf("%d records came, want %d", i, len(messages))
				}
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			key, _ := protocol.ReadAll(r.Key)
			value, _ := protocol.ReadAll(r.Value)
			got := Message{Offset: r.Offset, Time: r.Time.UTC(), Key: key, Value: value}
			if diff := cmp.Diff(messages[i], got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
}

func TestAppendTimeWins(t *testing.T) {
	b := batchOf(t, true, 0, texts(0, "a", "b")...)
	b[atAttributes+1] |= flagAppendTime
	binary.BigEndian.PutUint64(b[atMaxTime:], uint64(at.UnixMilli()+5000))
	binary.BigEndian.PutUint32(b[atChecksum:], checksum(b[atAttributes:]))
	head, _, _, err := nextBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := head.appendMessages(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got {
		if want := at.Add(5 * time.Second); !m.Time.Equal(want) {
			t.Errorf("message %d is of %v, want the append time %v", m.Offset, m.Time, want)
		}
	}
}

// readAll reads what is whole in b.
func readAll(b []byte) ([]Message, error) {
	r := reading{topic: "t"}
	return r.messages(b)
}

func TestFlippedBitsAreNoticed(t *testing.T) {
	values := make([]string, 20)
	for i := range values {
		values[i] = fmt.Sprint(strings.Repeat("v", 40), i)
	}
	for _, uncompressed := range []bool{true, false} {
		good := batchOf(t, uncompressed, 0, texts(0, values...)...)
		want, err := readAll(good)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(good) * 8 {
			if byteOf := i / 8; byteOf >= lengthBase && byteOf < atMagic {
				continue // the leader's epoch is not covered and not read
			}
			bad := bytes.Clone(good)
			bad[i/8] ^= 1 << (i % 8)
			got, err := readAll(bad)
			if err == nil && len(got) > 0 {
				t.Fatalf("uncompressed %v: bit %d flipped: %d of %d messages came and no error", uncompressed, i, len(got), len(want))
			}
		}
		for n := range good {
			if got, err := readAll(good[:n]); len(got) > 0 || err != nil {
				t.Fatalf("cut to %d bytes: %d messages, %v", n, len(got), err)
			}
		}
	}
}

func FuzzBatches(f *testing.F) {
	f.Add(batchOf(f, true, 0, texts(0, "a", "b")...), true)
	f.Add(batchOf(f, false, 0, texts(0, strings.Repeat("a", 300), "b")...), false)
	f.Fuzz(func(t *testing.T, b []byte, mend bool) {
		if mend && len(b) >= batchHead {
			// Get past the checksum.
			binary.BigEndian.PutUint32(b[atLength:], uint32(len(b)-lengthBase))
			b[atMagic] = 2
			binary.BigEndian.PutUint32(b[atChecksum:], checksum(b[atAttributes:]))
		}
		messages, _ := readAll(b)
		for i, m := range messages {
			if m.Offset != int64(i) {
				t.Fatalf("message %d has offset %d", i, m.Offset)
			}
		}
	})
}
