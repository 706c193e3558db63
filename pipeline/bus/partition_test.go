package bus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// brokerLog answers fetches from batches in memory.
type brokerLog struct {
	batches [][]byte
	// ends are the offsets behind the batches.
	ends []int64
	// each request takes pace and gives perFetch batches at most.
	pace     time.Duration
	perFetch int

	fetches atomic.Int64
}

// newBrokerLog holds n batches of size messages, whose values count from 0.
func newBrokerLog(tb testing.TB, n, size int) *brokerLog {
	l := &brokerLog{perFetch: 1}
	for i := range n {
		first := i * size
		l.batches = append(l.batches, batchOf(tb, i%2 == 0, int64(first), texts(int64(first), numbers(first, size)...)...))
		l.ends = append(l.ends, int64(first+size))
	}
	return l
}

func (l *brokerLog) fetch(ctx context.Context, r FetchRequest) (FetchResult, error) {
	l.fetches.Add(1)
	end := l.ends[len(l.ends)-1]
	if err := pause(ctx, l.pace); err != nil {
		return FetchResult{}, err
	}
	if r.Offset >= end {
		return FetchResult{End: end}, pause(ctx, r.MaxWait)
	}
	result := FetchResult{End: end}
	given := 0
	for i, b := range l.batches {
		if l.ends[i] > r.Offset && given < l.perFetch {
			result.Batches = append(result.Batches, b...)
			given++
		}
	}
	return result, nil
}

func (l *brokerLog) partition(cfg PartitionConfig, decoded *atomic.Int64) *Partition[string] {
	cfg.Fetch = l.fetch
	return NewPartition(NewClient(ClientConfig{}), "t", 3, func(m *Message) (string, error) {
		decoded.Add(1)
		return string(m.Value), nil
	}, cfg)
}

// readTo reads [from, end) and checks each value.
func readTo(ctx context.Context, p *Partition[string], from, end int64) error {
	for from < end {
		chunk, err := p.Next(ctx, from)
		if err != nil {
			return err
		}
		for i, m := range chunk.Messages {
			if want := from + int64(i); m.Offset != want || chunk.Values[i] != fmt.Sprint(want) {
				return fmt.Errorf("message %d with value %q came where %d should", m.Offset, chunk.Values[i], want)
			}
		}
		from = chunk.Next
	}
	return nil
}

func TestReadersShareFetchAndDecode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBrokerLog(t, 20, 10)
		l.pace = time.Second
		var decoded atomic.Int64
		p := l.partition(PartitionConfig{}, &decoded)
		var readers sync.WaitGroup
		for range 5 {
			readers.Go(func() {
				if err := readTo(t.Context(), p, 0, 200); err != nil {
					t.Error(err)
				}
			})
		}
		readers.Wait()
		if l.fetches.Load() != 20 || decoded.Load() != 200 {
			t.Errorf("5 readers of 20 batches took %d fetches and decoded %d messages, want 20 and 200", l.fetches.Load(), decoded.Load())
		}
		// One that comes later finds what was kept, even in the middle.
		if err := readTo(t.Context(), p, 133, 200); err != nil {
			t.Error(err)
		}
		if l.fetches.Load() != 20 {
			t.Errorf("a late reader took %d more fetches", l.fetches.Load()-20)
		}
	})
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	l := newBrokerLog(t, 100, 10)
	var decoded atomic.Int64
	p := l.partition(PartitionConfig{KeepBytes: 200}, &decoded)
	if err := readTo(t.Context(), p, 0, 1000); err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, c := range p.kept {
		size += c.bytes()
	}
	if size > 200 || size != p.keptBytes || len(p.kept) == 0 {
		t.Errorf("%d bytes are kept in %d chunks, counted as %d; want 200 at most", size, len(p.kept), p.keptBytes)
	}
	for _, c := range p.kept[len(p.kept):cap(p.kept)] {
		if c != nil {
			t.Error("a dropped chunk is still held")
		}
	}
	// A reader far behind fetches for itself.
	before := l.fetches.Load()
	if err := readTo(t.Context(), p, 0, 10); err != nil || l.fetches.Load() != before+1 {
		t.Errorf("a reader far behind: %v, %d fetches", err, l.fetches.Load()-before)
	}
}

func TestAReaderThatGoesLeavesTheOthersReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newBrokerLog(t, 1, 10)
		l.pace = time.Second
		var decoded atomic.Int64
		p := l.partition(PartitionConfig{}, &decoded)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		var readers sync.WaitGroup
		readers.Go(func() {
			if _, err := p.Next(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who goes gets %v", err)
			}
		})
		synctest.Wait()
		readers.Go(func() {
			if err := readTo(t.Context(), p, 0, 10); err != nil {
				t.Errorf("who stays gets %v", err)
			}
		})
		readers.Wait()
		// And who waits for another's fetch may go as well.
		long, end := context.WithCancel(t.Context())
		readers.Go(func() {
			if _, err := p.Next(long, 10); !errors.Is(err, context.Canceled) {
				t.Errorf("who waits at the end gets %v", err)
			}
		})
		synctest.Wait()
		short, stop := context.WithTimeout(t.Context(), time.Second/10)
		defer stop()
		began := time.Now()
		if _, err := p.Next(short, 10); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second/10 {
			t.Errorf("it went after %v with %v", time.Since(began), err)
		}
		end()
		readers.Wait()
	})
}

func TestWhatIsNotRightIsAnError(t *testing.T) {
	good := batchOf(t, true, 0, texts(0, numbers(0, 5)...)...)
	after := batchOf(t, true, 7, texts(7, "7")...)
	marker := batchOf(t, true, 0, texts(0, "m")...)
	marker[atAttributes+1] |= flagControl
	broken := batchOf(t, true, 5, texts(5, "5")...)
	broken[len(broken)-1] ^= 1
	var hole *HoleError
	var corrupt *CorruptError
	for _, c := range []struct {
		name    string
		batches [][]byte
		from    int64
		// good messages come first.
		good   int
		target any
	}{
		{"a hole between batches", [][]byte{good, after}, 0, 5, &hole},
		{"a hole at the beginning", [][]byte{after}, 5, 0, &hole},
		{"a transaction's marker", [][]byte{checked(marker)}, 0, 0, &hole},
		{"a damaged batch", [][]byte{broken}, 5, 0, &corrupt},
		{"a damaged batch behind a good one", [][]byte{good, broken}, 0, 5, &corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &brokerLog{batches: c.batches, ends: []int64{5, 8}[2-len(c.batches):], perFetch: 2}
			p := NewPartition(NewClient(ClientConfig{}), "t", 3, func(m *Message) (string, error) { return "", nil }, PartitionConfig{Fetch: l.fetch})
			at := c.from
			if c.good > 0 {
				chunk, err := p.Next(t.Context(), at)
				if err != nil || len(chunk.Messages) != c.good {
					t.Fatalf("what is right did not come first: %v", err)
				}
				at = chunk.Next
			}
			_, err := p.Next(t.Context(), at)
			if !errors.As(err, c.target) || transient(err) {
				t.Errorf("Next: %v (transient %v), want a lasting %T", err, transient(err), c.target)
			}
		})
	}
}

// checked gives b a right checksum.
func checked(b []byte) []byte {
	binary.BigEndian.PutUint32(b[atChecksum:], checksum(b[atAttributes:]))
	return b
}

func TestAMessageThatCannotBeDecodedIsItsOwnError(t *testing.T) {
	messages := texts(0, "good", "bad", "panic", "control", "broken control")
	barrier := ControlRecord(0, &Control{Body: &Control_Barrier{Barrier: &Barrier{Id: []byte("id")}}})
	messages[3].Key, messages[3].Value = nil, barrier.Value
	messages[4].Key, messages[4].Value = nil, []byte{0xff}
	bad := errors.New("bad")
	chunk := decodeChunk(messages, 9, func(m *Message) (string, error) {
		switch string(m.Value) {
		case "bad":
			return "", bad
		case "panic":
			panic("oh")
		}
		return string(m.Value), nil
	})
	if diff := cmp.Diff([]string{"good", "", "", "", ""}, chunk.Values); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	for i, want := range []error{nil, bad, errPanicked, nil} {
		if !errors.Is(chunk.Errs[i], want) {
			t.Errorf("message %d: %v, want %v", i, chunk.Errs[i], want)
		}
	}
	if chunk.Errs[4] == nil || chunk.Controls[4] != nil {
		t.Errorf("the broken control came as %v, %v", chunk.Controls[4], chunk.Errs[4])
	}
	if string(chunk.Controls[3].GetBarrier().GetId()) != "id" || chunk.Next != 5 || chunk.End != 9 {
		t.Errorf("control %v, next %d, end %d", chunk.Controls[3], chunk.Next, chunk.End)
	}
}
