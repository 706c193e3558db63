package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	x, err := Open(context.Background(), testConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if _, err := Open(context.Background(), testConfig(dir)); !errors.As(err, &locked) {
		t.Errorf("second writer: %v, want a LockedError", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(*Config){
		"lineage":    func(c *Config) { c.Lineage = []byte("another") },
		"partitions": func(c *Config) { c.Partitions = 9 },
	}
	for what, change := range changes {
		cfg := testConfig(dir)
		change(&cfg)
		var mismatch *MismatchError
		if _, err := Open(context.Background(), cfg); !errors.As(err, &mismatch) || mismatch.What != what {
			t.Errorf("another %s: %v, want a MismatchError", what, err)
		}
	}
	openIndex(t, dir)
	if _, err := OpenReader(context.Background(), filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reader of nothing: %v", err)
	}
	if _, err := Open(context.Background(), Config{Path: filepath.Join(dir, "x")}); err == nil {
		t.Error("opened without partitions")
	}
}

func TestOtherFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	x := openIndex(t, dir)
	if err := x.do(context.Background(), func(ctx context.Context) error {
		_, err := x.store.conn.ExecContext(ctx, `UPDATE meta SET value = '99' WHERE name = 'schema'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	var mismatch *MismatchError
	if _, err := OpenReader(context.Background(), testConfig(dir).Path); !errors.As(err, &mismatch) {
		t.Errorf("reader: %v, want a MismatchError", err)
	}
	if _, err := Open(context.Background(), testConfig(dir)); !errors.As(err, &mismatch) {
		t.Errorf("writer: %v, want a MismatchError", err)
	}
}

func TestReaderBesideWriter(t *testing.T) {
	dir := t.TempDir()
	x := openIndex(t, dir)
	reader, err := OpenReader(context.Background(), testConfig(dir).Path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() //nolint:errcheck // a reader
	for n := range 5 {
		writeAll(t, x, 0, makeChunk(t, int64(n), makeAccess(n, 1)))
		if got := len(holdings(t, reader)); got != n+1 {
			t.Errorf("reader sees %d records after %d", got, n+1)
		}
	}
	// A walk keeps its moment while the writer goes on.
	seen := 0
	err = reader.All(context.Background(), func(*access.Record) error {
		if seen++; seen == 1 {
			writeAll(t, x, 0, makeChunk(t, 5, makeAccess(50, 1), makeRequest(1, 1)))
		}
		return nil
	})
	if err != nil || seen != 5 {
		t.Errorf("walk during a write saw %d records, %v, want 5", seen, err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(holdings(t, reader)); got != 7 {
		t.Errorf("reader sees %d records after the writer closed, want 7", got)
	}
	late, err := OpenReader(context.Background(), testConfig(dir).Path)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close() //nolint:errcheck // a reader
	if got := len(holdings(t, late)); got != 7 {
		t.Errorf("reader opened after the writer closed sees %d records, want 7", got)
	}
}

// TestFlushedIsOnDisk opens a copy of the files as a crash would leave them:
// nothing closed, nothing checkpointed.
func TestFlushedIsOnDisk(t *testing.T) {
	dir, crashed := t.TempDir(), t.TempDir()
	x := openIndex(t, dir)
	for n := range 7 {
		writeAll(t, x, n%4, makeChunk(t, int64(n/4), makeAccess(n, 1)))
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(testConfig(dir).Path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(testConfig(crashed).Path+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := openIndex(t, crashed)
	if diff := cmp.Diff(holdings(t, x.Reader), holdings(t, again.Reader)); diff != "" {
		t.Errorf("after the crash (-want +got):\n%s", diff)
	}
	for n, want := range []int64{2, 2, 2, 1} {
		if at, err := again.Position(context.Background(), n); at != want || err != nil {
			t.Errorf("partition %d: position %d, %v, want %d", n, at, err, want)
		}
	}
}

// TestFailedTransaction has SQLite refuse a row. The chunk's partition hears
// of it, nothing of the transaction stays, and after Position it goes on.
func TestFailedTransaction(t *testing.T) {
	ctx := context.Background()
	x := openIndex(t, t.TempDir())
	writeAll(t, x, 0, makeChunk(t, 0, makeAccess(1, 1)))
	exec := func(text string) {
		t.Helper()
		err := x.do(ctx, func(ctx context.Context) error { _, err := x.store.conn.ExecContext(ctx, text); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TRIGGER refuse BEFORE INSERT ON body BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	next := makeChunk(t, 1, makeRequest(1, 1), makeAccess(2, 2))
	if err := errors.Join(x.Write(ctx, 0, next), x.Flush(ctx, 0)); err == nil {
		t.Fatal("a failed transaction was not told")
	}
	if err := x.Write(ctx, 0, makeChunk(t, 3, makeAccess(3, 3))); err == nil {
		t.Error("a chunk behind a failed one was taken: there would be a hole")
	}
	if err := x.Flush(ctx, 1); err != nil {
		t.Errorf("a partition that had nothing in it: %v", err)
	}
	exec(`DROP TRIGGER refuse`)
	if at, err := x.Position(ctx, 0); at != 1 || err != nil {
		t.Errorf("position %d, %v, want 1", at, err)
	}
	if got := len(holdings(t, x.Reader)); got != 1 {
		t.Errorf("%d records after a failed transaction, want 1", got)
	}
	writeAll(t, x, 0, next)
	if got := len(holdings(t, x.Reader)); got != 3 {
		t.Errorf("%d records after it went on, want 3", got)
	}
}

func TestRecordsThatCannotBeKept(t *testing.T) {
	x := openIndex(t, t.TempDir())
	short, unknown, huge := makeAccess(1, 1), makeAccess(2, 1), makeAccess(3, 1<<63)
	short.Id = short.Id[:3]
	unknown.Kind = 99
	c := makeChunk(t, 0, short, unknown, huge, makeAccess(4, 1), makeAccess(5, 1), makeAccess(6, 1))
	c.Errs = make([]error, len(c.Values))
	c.Errs[3], c.Values[4], c.Messages[5].Value = errors.New("no record"), nil, nil
	writeAll(t, x, 0, c)
	if got := holdings(t, x.Reader); !slices.Equal(got, []string{fmt.Sprintf("%x 1", makeID("access", 6))}) {
		t.Errorf("held: %v", got)
	}
	if at, err := x.Position(context.Background(), 0); at != 6 || err != nil {
		t.Errorf("position %d, %v", at, err)
	}
}

func TestClosed(t *testing.T) {
	x := openIndex(t, t.TempDir())
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for name, err := range map[string]error{
		"write": x.Write(ctx, 0, makeChunk(t, 0, makeAccess(1, 1))), "flush": x.Flush(ctx, 0), "purge": x.Purge(ctx, time.Now()),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", name, err)
		}
	}
	if err := x.Write(ctx, 77, nil); err == nil {
		t.Error("wrote to a partition that is not there")
	}
}
