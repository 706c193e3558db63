package worm

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
)

// readBack gives the offsets of a log, after checking the whole store.
func readBack(t testing.TB, store Store, key *Key, log Log) []int64 {
	t.Helper()
	verifyHolds(t, store, key)
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := NewReader(store, known)
	if err != nil {
		t.Fatal(err)
	}
	var offsets []int64
	err = reader.Read(t.Context(), log, 0, func(r Record) error {
		if r.Index != uint64(len(offsets)) {
			t.Errorf("record %d has index %d", len(offsets), r.Index)
		}
		if r.Gap == nil {
			if diff := cmp.Diff(testMessage(r.Message.Offset), r.Message); diff != "" {
				t.Error(diff)
			}
		}
		offsets = append(offsets, r.Message.Offset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return offsets
}

func verifyHolds(t testing.TB, store Store, key *Key, kept ...[]byte) Report {
	t.Helper()
	report := verify(t, store, key, kept...)
	for _, f := range report.Findings {
		t.Errorf("found %s", f)
	}
	for _, u := range report.Unread {
		t.Error(u)
	}
	return report
}

func verify(t testing.TB, store Store, key *Key, kept ...[]byte) Report {
	t.Helper()
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	report, err := Verify(context.Background(), store, known, VerifyOptions{Checkpoints: kept})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func wantOffsets(first, next int64) []int64 {
	var offsets []int64
	for o := first; o < next; o++ {
		offsets = append(offsets, o)
	}
	return offsets
}

func TestSealsBySizeAgeAndBudget(t *testing.T) {
	tests := []struct {
		name     string
		set      func(*Config[string])
		segments int
	}{
		{"nothing due", func(*Config[string]) {}, 0},
		{"size", func(c *Config[string]) { c.SegmentBytes = 4 << 10; c.Compression = Uncompressed }, 4},
		{"budget", func(c *Config[string]) { c.BufferBytes = 4 << 10 }, 1},
		{"age", func(c *Config[string]) {
			at := time.UnixMilli(0)
			c.SegmentAge = time.Minute
			c.Now = func() time.Time { at = at.Add(20 * time.Second); return at }
		}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store, key := newTestDir(t), newTestKey(t, "test")
			config := testConfig(t, store, key)
			test.set(&config)
			archive := newTestArchive(t, config)
			for first := int64(0); first < 500; first += 100 {
				write(t, archive, first, first+100)
			}
			if got := len(objectNames(t, store)); got < test.segments || (test.segments == 0 && got > 0) {
				t.Errorf("%d segments, want at least %d", got, test.segments)
			}
			flush(t, archive)
			if got := archive.buffered.Load(); got != 0 {
				t.Errorf("%d bytes are accounted for when nothing is gathered", got)
			}
			if diff := cmp.Diff(wantOffsets(0, 500), readBack(t, store, key, testLog())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunSealsQuietLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, key := newMemory(), newTestKey(t, "test")
		config := testConfig(t, store, key)
		config.Now = nil
		archive := newTestArchive(t, config)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- archive.Run(ctx) }()
		write(t, archive, 0, 3)
		<-time.After(4 * time.Minute) // of the bubble's clock
		wantPosition(t, archive, -1)
		<-time.After(2 * time.Minute)
		wantPosition(t, archive, 3)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func TestTwoArchivers(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	one, two := newTestArchive(t, testConfig(t, store, key)), newTestArchive(t, testConfig(t, store, key))
	// Both gather from the start; the first to seal wins each name.
	write(t, one, 0, 10)
	write(t, two, 0, 25)
	flush(t, one)
	flush(t, two) // keeps 10 to 24 and seals them behind
	wantPosition(t, two, 25)
	wantPosition(t, one, 25)
	write(t, one, 20, 30)
	write(t, two, 25, 28)
	flush(t, one)
	flush(t, two) // has nothing that is not stored
	wantPosition(t, two, 30)
	if diff := cmp.Diff(wantOffsets(0, 30), readBack(t, store, key, testLog())); diff != "" {
		t.Error(diff)
	}
	if got := len(objectNames(t, store)); got != 3 {
		t.Errorf("%d segments, want 3", got)
	}
}

func TestWriteRefuses(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	archive := newTestArchive(t, testConfig(t, store, key))
	write(t, archive, 0, 10)
	var position *PositionError
	if err := archive.Write(t.Context(), 0, testChunk(11, 12)); !errors.As(err, &position) {
		t.Errorf("a hole gives %v", err)
	} else if position.Want != 10 || position.Got != 11 {
		t.Errorf("the hole is said to be %d to %d", position.Want, position.Got)
	}
	chunk := testChunk(10, 11)
	chunk.Controls[0] = &bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{Lineage: make([]byte, 16)}}}
	var lineage *LineageError
	if err := archive.Write(t.Context(), 0, chunk); !errors.As(err, &lineage) {
		t.Errorf("another lineage gives %v", err)
	}
	chunk = testChunk(10, 11)
	chunk.Messages[0].Value = make([]byte, maxEntry)
	if err := archive.Write(t.Context(), 0, chunk); !errors.Is(err, errTooLong) {
		t.Errorf("a message without end gives %v", err)
	}
	if _, err := New(Config[string]{}); err == nil || !strings.Contains(err.Error(), "lineage") {
		t.Errorf("an empty configuration gives %v", err)
	}
}

func TestGap(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	archive := newTestArchive(t, testConfig(t, store, key))
	write(t, archive, 0, 10)
	accept := func(first, next int64) error {
		return archive.AcceptGap(t.Context(), 0, first, next, "the topic began at 40")
	}
	var position *PositionError
	if err := accept(11, 40); !errors.As(err, &position) {
		t.Errorf("a gap behind a hole gives %v", err)
	}
	for range 2 { // the second time there is nothing to do
		if err := accept(10, 40); err != nil {
			t.Fatal(err)
		}
	}
	write(t, archive, 40, 45)
	flush(t, archive)
	want := append(wantOffsets(0, 11), wantOffsets(40, 45)...)
	if diff := cmp.Diff(want, readBack(t, store, key, testLog())); diff != "" {
		t.Error(diff)
	}
	gaps := verifyHolds(t, store, key).Logs[0].Gaps
	wantGaps := []Gap{{First: 10, Next: 40, Accepted: time.UnixMilli(1_700_000_000_000).UTC(), Reason: "the topic began at 40"}}
	if diff := cmp.Diff(wantGaps, gaps); diff != "" {
		t.Error(diff)
	}
}

func TestFilteredLog(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	config := Config[*access.Record]{
		Store: store, Signer: key, Known: known, Lineage: testLineage(), Topic: "earwitness.access",
		Keep: KeepSettled, Logger: slog.New(slog.DiscardHandler),
	}
	archive, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	states := []access.State{
		access.State_STATE_PENDING, access.State_STATE_FINAL, access.State_STATE_PENDING,
		access.State_STATE_RETRACTED, access.State_STATE_PENDING,
	}
	for round := range int64(2) {
		chunk := &bus.Chunk[*access.Record]{}
		for i := range 5 {
			chunk.Messages = append(chunk.Messages, testMessage(round*5+int64(i)))
			chunk.Values = append(chunk.Values, &access.Record{State: states[i*int(1-round)]})
		}
		if err := errors.Join(archive.Write(t.Context(), 3, chunk), archive.Flush(t.Context(), 3)); err != nil {
			t.Fatal(err)
		}
	}
	if next, err := archive.Position(t.Context(), 3); err != nil || next != 10 {
		t.Errorf("position %d, %v: what was left out is covered too", next, err)
	}
	log := Log{Lineage: testLineage(), Topic: config.Topic, Partition: 3}
	if diff := cmp.Diff([]int64{1, 3}, readBack(t, store, key, log)); diff != "" {
		t.Error(diff)
	}
	config.Keep = nil
	whole, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := whole.Position(t.Context(), 3); err == nil || !strings.Contains(err.Error(), "filtered") {
		t.Errorf("a filtered log made complete gives %v", err)
	}
}

func TestHintIsNotBelieved(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	config := testConfig(t, store, key)
	config.HintDir = t.TempDir()
	archive := newTestArchive(t, config)
	for i := range int64(4) {
		write(t, archive, i*10, i*10+10)
		flush(t, archive)
	}
	p := &partition{log: testLog()}
	hints := []string{"", "rubbish", testLog().Object(0), testLog().Object(30), testLog().Object(70), Log{Topic: "x"}.Object(0)}
	for _, hint := range hints {
		archive.hint(p, hint)
		wantPosition(t, newTestArchive(t, config), 40)
	}
}

func TestOpenChecksTheEnd(t *testing.T) {
	store, key := newTestDir(t), newTestKey(t, "test")
	archive := newTestArchive(t, testConfig(t, store, key))
	write(t, archive, 0, 10)
	flush(t, archive)
	other := newTestArchive(t, testConfig(t, store, newTestKey(t, "other")))
	var tampered *TamperError
	var signature *SignatureError
	_, err := other.Position(t.Context(), 0)
	if !errors.As(err, &tampered) || !errors.As(err, &signature) || tampered.Object != testLog().Object(0) {
		t.Errorf("an end that another key has signed gives %v", err)
	}
	replaceByte(t, store, testLog().Object(0), 50)
	if _, err := newTestArchive(t, testConfig(t, store, key)).Position(t.Context(), 0); !errors.As(err, &tampered) {
		t.Errorf("a changed head gives %v", err)
	}
	if err := archive.Write(t.Context(), 0, testChunk(10, 11)); err != nil {
		t.Fatal(err)
	}
}

func TestDirectoryForReadingRefusesToWrite(t *testing.T) {
	dir, err := ReadDir(newTestDir(t).root)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Put(t.Context(), testLog().Object(0), nil); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Put gives %v", err)
	}
	if _, err := ReadDir(dir.root + "/missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is missing gives %v", err)
	}
}
