package index

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
)

func countBlocks(t *testing.T, x *Index) (blocks, records int) {
	t.Helper()
	err := x.db.QueryRowContext(context.Background(), `SELECT count(*), coalesce(sum(records), 0) FROM block`).Scan(&blocks, &records)
	if err != nil {
		t.Fatal(err)
	}
	return blocks, records
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}

// TestCompact has many revisions lie in many blocks; purge leaves the current
// ones, tombstones among them, and no answer changes.
func TestCompact(t *testing.T) {
	x := openIndex(t, t.TempDir())
	offset := int64(0)
	for round := range 6 {
		var records []*access.Record
		for n := range 700 {
			r := makeRequest(n, uint64(1+round))
			if n%7 == 0 && round == 5 {
				r.State = access.State_STATE_RETRACTED
			}
			records = append(records, r)
		}
		writeAll(t, x, 0, makeChunk(t, offset, records...))
		offset += 700
	}
	before := sorted(holdings(t, x.Reader))
	if len(before) != 600 {
		t.Fatalf("%d records before, want 600", len(before))
	}
	if err := x.Purge(context.Background(), time.UnixMilli(0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, sorted(holdings(t, x.Reader))); diff != "" {
		t.Errorf("records after compaction (-before +after):\n%s", diff)
	}
	if _, records := countBlocks(t, x); records != 700 {
		t.Errorf("%d records lie in blocks after compaction, want 700 with tombstones", records)
	}
	writeAll(t, x, 0, makeChunk(t, offset, makeRequest(0, 3)))
	if diff := cmp.Diff(before, sorted(holdings(t, x.Reader))); diff != "" {
		t.Errorf("a late lower revision brought back what was retracted (-want +got):\n%s", diff)
	}
}

// TestSlowTraffic leaves a block for each flush, until they are put together.
func TestSlowTraffic(t *testing.T) {
	x := openIndex(t, t.TempDir())
	for n := range smallBlocks + 40 {
		writeAll(t, x, 0, makeChunk(t, int64(n), makeRequest(n, 1)))
	}
	if blocks, records := countBlocks(t, x); blocks > 45 || records != smallBlocks+40 {
		t.Errorf("%d blocks of %d records", blocks, records)
	}
	if got := len(holdings(t, x.Reader)); got != smallBlocks+40 {
		t.Errorf("%d records, want %d", got, smallBlocks+40)
	}
}

func TestPurge(t *testing.T) {
	dir := t.TempDir()
	x := openIndex(t, dir)
	var records []*access.Record
	for day := range 3 {
		a, r := makeAccess(day, 1), makeRequest(day, 1)
		a.TimeMs += int64(day) * dayMillis
		a.Act.TimeMs = a.TimeMs
		r.TimeMs += int64(day) * dayMillis
		records = append(records, a, r)
	}
	writeAll(t, x, 0, makeChunk(t, 0, records...))
	if err := x.Purge(context.Background(), time.UnixMilli(firstDay+dayMillis+5)); err != nil {
		t.Fatal(err)
	}
	if got := len(holdings(t, x.Reader)); got != 4 {
		t.Errorf("%d records after a purge of the first of three days, want 4", got)
	}
	for _, table := range []string{"access", "body", "term", "block"} {
		var n int
		err := x.db.QueryRowContext(context.Background(), `SELECT count(*) FROM `+table+
			` WHERE `+map[bool]string{true: "day <= ?", false: "rowid >> 40 <= ?"}[table == "access" || table == "term"], firstDay/dayMillis).Scan(&n)
		if err != nil || n != 0 {
			t.Errorf("%d rows of table %s are left, %v", n, table, err)
		}
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = openIndex(t, dir)
	writeAll(t, x, 0, makeChunk(t, 6, records[0], records[1]))
	if got := len(holdings(t, x.Reader)); got != 4 {
		t.Errorf("%d records after purged ones came again, want 4", got)
	}
}

// TestViewInPasses has a day's identities sorted in many small passes.
func TestViewInPasses(t *testing.T) {
	x := openIndex(t, t.TempDir())
	offset := int64(0)
	for round := range 3 {
		var records []*access.Record
		for n := range 300 {
			records = append(records, makeRequest(n, uint64(1+(round+n)%3)))
		}
		writeAll(t, x, 0, makeChunk(t, offset, records...))
		offset += 300
	}
	for _, limit := range []int{1, 7, 450, math.MaxInt} {
		v, err := loadViewIn(context.Background(), x.db, firstDay/dayMillis, limit)
		if err != nil {
			t.Fatal(err)
		}
		if v.total != 900 || v.currents != 300 {
			t.Errorf("passes of %d: %d of %d records are current, want 300 of 900", limit, v.currents, v.total)
		}
	}
	for _, line := range holdings(t, x.Reader) {
		if line[len(line)-1] != '3' {
			t.Errorf("not the newest revision: %s", line)
		}
	}
}

func TestBitset(t *testing.T) {
	b := newBitset(300)
	b.set(130)
	for _, test := range []struct {
		from, to int
		want     bool
	}{{0, 300, true}, {0, 130, false}, {131, 300, false}, {130, 131, true}, {64, 192, true}, {0, 128, false}, {192, 300, false}, {5, 5, false}} {
		if got := b.any(test.from, test.to); got != test.want {
			t.Errorf("any(%d, %d) = %v", test.from, test.to, got)
		}
	}
}

func FuzzBlockReader(f *testing.F) {
	w, err := newBlockWriter()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(slices.Clone(w.build([]request{{data: []byte("one")}, {data: []byte("two")}}).payload))
	f.Add([]byte("nonsense"))
	r, err := newBlockReader()
	if err != nil {
		f.Fatal(err)
	}
	defer r.close()
	f.Fuzz(func(t *testing.T, payload []byte) {
		_ = r.read(payload, func(_ int, data []byte) error {
			if len(data) > 1<<30 {
				t.Error("a record larger than any block")
			}
			_, _ = decodeRecord(data)
			return nil
		})
	})
}

func TestPathsWithOddNames(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Path = filepath.Join(filepath.Dir(cfg.Path), "a b%20?x#y", "index.sqlite")
	x, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, x, 0, makeChunk(t, 0, makeAccess(1, 1)))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(context.Background(), cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(holdings(t, r)); got != 1 {
		t.Errorf("%d records", got)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
