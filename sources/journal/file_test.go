package journal_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/journal"
)

type entry struct {
	Name string `json:"name"`
	N    int    `json:"n,omitempty"`
}

func format() journal.Format {
	return journal.Format{Header: "test entries 1", Advice: "use that, or remove the file"}
}

// open gives the file and what it held; it can be written to.
func open(t *testing.T, path string) (*journal.File[entry], map[string]entry) {
	t.Helper()
	held := map[string]entry{}
	f, err := journal.Open(path, format(), func(e entry) { held[e.Name] = e })
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Rewrite(maps.Values(held)); err != nil {
		t.Fatal(err)
	}
	return f, held
}

func TestFileHoldsWhatWasAdded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "x")
	f, _ := open(t, path)
	if err := errors.Join(f.Append(entry{"a", 1}, entry{"b", 2}), f.Append(entry{"a", 3}), f.Sync()); err != nil {
		t.Fatal(err)
	}
	if f.Lines() != 3 {
		t.Errorf("%d lines", f.Lines())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The bytes are a promise.
	want := "test entries 1\n49bfbfa9 {\"name\":\"a\",\"n\":1}\n5b1fd0af {\"name\":\"b\",\"n\":2}\n7b89dd2b {\"name\":\"a\",\"n\":3}\n"
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f, held := open(t, path)
	if diff := cmp.Diff(map[string]entry{"a": {"a", 3}, "b": {"b", 2}}, held); diff != "" {
		t.Error(diff)
	}
	if f.Lines() != 2 {
		t.Errorf("%d lines after it was written anew", f.Lines())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Wherever a crash cuts the file, what lies before is there.
func TestFileIsCut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	f, _ := open(t, path)
	if err := errors.Join(f.Append(entry{"a", 1}, entry{"b", 2}, entry{"c", 3}), f.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	header := len(format().Header) + 1
	for cut := header; cut <= len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		f, held := open(t, path)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		want := []string{"a", "b", "c"}[:strings.Count(string(whole[header:cut]), "\n")]
		if got := slices.Sorted(maps.Keys(held)); !slices.Equal(got, want) {
			t.Errorf("cut at %d it has %v, want %v", cut, got, want)
		}
	}
}

func TestDamagedLinesArePassedOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	text := "test entries 1\n00000000 {\"name\":\"a\"}\n\nnothing\n5b1fd0af {\"name\":\"b\",\"n\":2}\n5b1fd0af {\"name\":\"b\",\"n\":3}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, held := open(t, path)
	if diff := cmp.Diff(map[string]entry{"b": {"b", 2}}, held); diff != "" {
		t.Error(diff)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"test entries 2\n", "test entries 1", "x"} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := journal.Open(path, format(), func(entry) {})
		if err == nil || !strings.Contains(err.Error(), "another version wrote it; use that, or remove the file") || !strings.Contains(err.Error(), path) {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

// A write that failed may leave part of a line: nothing is added to that.
func TestTornFileTakesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	f, err := journal.Open(path, format(), func(entry) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Append(entry{"a", 1}); !errors.Is(err, journal.ErrTorn) {
		t.Errorf("before it was written anew: %v", err)
	}
	if err := errors.Join(f.Rewrite(slices.Values([]entry{{"a", 1}})), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := f.Append(entry{"b", 2}); !errors.Is(err, os.ErrClosed) || !f.Torn() {
		t.Errorf("a write that fails: %v, torn %t", err, f.Torn())
	}
	if err := f.Append(entry{"c", 3}); !errors.Is(err, journal.ErrTorn) {
		t.Errorf("the next: %v", err)
	}
	if err := f.Rewrite(slices.Values([]entry{{"a", 1}, {"b", 2}})); err != nil || f.Torn() {
		t.Fatalf("written anew: %v, torn %t", err, f.Torn())
	}
	if err := errors.Join(f.Append(entry{"c", 3}), f.Close()); err != nil {
		t.Fatal(err)
	}
	f, held := open(t, path)
	if diff := cmp.Diff([]string{"a", "b", "c"}, slices.Sorted(maps.Keys(held))); diff != "" {
		t.Error(diff)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	f, _ := open(t, path)
	if err := errors.Join(f.Append(entry{"a", 1}), f.Remove(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there: %v", err)
	}
	if err := f.Append(entry{"b", 2}); !errors.Is(err, journal.ErrTorn) {
		t.Errorf("it takes entries: %v", err)
	}
}

// A file that can't be written anew is the old one.
func TestRewriteFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	f, _ := open(t, path)
	if err := f.Append(entry{"a", 1}); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path+".new", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Rewrite(slices.Values([]entry{{"z", 1}})); err == nil {
		t.Error("no error")
	}
	if err := errors.Join(f.Append(entry{"b", 2}), f.Close(), os.Remove(path+".new")); err != nil {
		t.Fatal(err)
	}
	f, held := open(t, path)
	if diff := cmp.Diff([]string{"a", "b"}, slices.Sorted(maps.Keys(held))); diff != "" {
		t.Error(diff)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
