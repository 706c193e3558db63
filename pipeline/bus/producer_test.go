package bus

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBatchesGatherWhatComesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		p := l.with(ProducerConfig{})
		for from := range 5000 {
			if err := p.Produce(t.Context(), numbered(from%2, from, 1), func(err error) {
				if err != nil {
					t.Error(err)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		closeProducer(t, p)
		if l.requests > 4 {
			t.Errorf("5000 records took %d requests", l.requests)
		}
	})
}

func TestSmallTrafficWaitsForTheLingerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		p := l.with(ProducerConfig{Linger: 20 * time.Millisecond})
		began := time.Now()
		done := make(chan error)
		if err := p.Produce(t.Context(), numbered(0, 0, 1), func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil || time.Since(began) != 20*time.Millisecond {
			t.Errorf("it took %v, %v", time.Since(began), err)
		}
		began = time.Now()
		if _, err := p.ProduceSync(t.Context(), 0, numbered(0, 1, 1)); err != nil || time.Since(began) != 0 {
			t.Errorf("ProduceSync took %v, %v", time.Since(began), err)
		}
		closeProducer(t, p)
	})
}

func TestProduceSyncTellsWhereItsRecordsBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		p := l.with(ProducerConfig{BatchBytes: 500})
		ignore := func(error) {}
		if err := p.Produce(t.Context(), numbered(0, 0, 33), ignore); err != nil {
			t.Fatal(err)
		}
		// More than one batch, and the first shares its one with others.
		first, err := p.ProduceSync(t.Context(), 0, numbered(0, 33, 100))
		if err != nil || first != 33 {
			t.Errorf("they begin at %d, %v; want 33", first, err)
		}
		if first, err = p.ProduceSync(t.Context(), 1, numbered(1, 0, 1)); err != nil || first != 0 {
			t.Errorf("the other partition's begin at %d, %v", first, err)
		}
		closeProducer(t, p)
		if diff := cmp.Diff(numbers(0, 133), l.values[0]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestABrokerThatHangsHoldsProducersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		l.pace = time.Hour
		p := l.with(ProducerConfig{BufferBytes: 10_000, BatchBytes: 1000})
		accepted := 0
		var answered atomic.Int64
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var err error
		for err == nil {
			if err = p.Produce(ctx, numbered(0, accepted*10, 10), func(error) { answered.Add(1) }); err == nil {
				accepted++
			}
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Produce: %v, want that the time was over", err)
		}
		if most := 10_000 / 10 / recordOverhead; accepted == 0 || accepted > most {
			t.Errorf("%d calls were accepted, want 1 to %d", accepted, most)
		}
		// A call larger than the buffer still goes, alone.
		if err := p.Produce(t.Context(), numbered(1, 0, 2000), func(error) { answered.Add(1) }); err != nil {
			t.Errorf("a large call: %v", err)
		}
		closeProducer(t, p)
		if got := int(answered.Load()); got != accepted+1 {
			t.Errorf("%d of %d calls were answered", got, accepted+1)
		}
		if len(l.values[0]) != accepted*10 || len(l.values[1]) != 2000 {
			t.Errorf("%d and %d records were written, %d and 2000 accepted", len(l.values[0]), len(l.values[1]), accepted*10)
		}
	})
}

func TestWhatCannotBeWrittenIsNotAccepted(t *testing.T) {
	l := newTopicLog(t)
	p := l.with(ProducerConfig{})
	never := func(error) { t.Error("done was called") }
	good := numbered(0, 0, 1)
	if err := p.Produce(t.Context(), append(good, Record{Partition: 2}), never); err == nil {
		t.Error("partition 2 of 2 was accepted")
	}
	var large *TooLargeError
	if err := p.Produce(t.Context(), append(good, Record{Value: make([]byte, maxMessageBytes)}), never); !errors.As(err, &large) {
		t.Errorf("too large a record: %v", err)
	}
	if _, err := p.ProduceSync(t.Context(), 1, good); err == nil {
		t.Error("a record of another partition was accepted")
	}
	if _, err := p.ProduceSync(t.Context(), 1, nil); err == nil {
		t.Error("no records have an offset")
	}
	called := false
	if err := p.Produce(t.Context(), nil, func(err error) { called = err == nil }); err != nil || !called {
		t.Errorf("no records: %v, done %v", err, called)
	}
	closeProducer(t, p)
	if err := p.Produce(t.Context(), good, never); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if len(l.values) > 0 {
		t.Errorf("%v was written", l.values)
	}
}

func TestCloseEndsWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTopicLog(t)
		l.pace = time.Hour
		p := l.with(ProducerConfig{BatchBytes: 100})
		var answered, failed atomic.Int64
		for from := range 10 {
			if err := p.Produce(t.Context(), numbered(from%2, from, 2), func(err error) {
				answered.Add(1)
				if err != nil {
					failed.Add(1)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if answered.Load() != 10 || failed.Load() != 10 {
			t.Errorf("%d calls were answered, %d with an error", answered.Load(), failed.Load())
		}
	})
}
