package elastic

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
)

// TestMoved is a request that a line of the log puts into the month before
// the one that CloudTrail put it in.
func TestMoved(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	next := time.Date(2026, 11, 1, 0, 0, 1, 0, time.UTC).UnixMilli()
	first, second := makeRecord(1, 1), makeRecord(1, 2)
	first.Kind, second.Kind = access.Kind_KIND_REQUEST, access.Kind_KIND_REQUEST
	first.TimeMs, second.TimeMs, second.MovedFromMs = next, next-2000, []int64{next}
	s := openSink(t, testConfig(f.URL, m))
	ctx := within(t)
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 0, first, second)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	stone := access.Moved(second)[0]
	want := append(wantHeld(second), wantHeld(stone)...)
	slices.Sort(want)
	got := f.held()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if len(got) != 2 || !strings.Contains(got[1], `"state":"retracted"`) {
		t.Errorf("the month after holds no tombstone: %s", got)
	}
}
