package worm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var errDisk = errors.New("the disk hums")

// Every call fails once, or for good, with its effect and without.
func TestArchiveOutlivesFaults(t *testing.T) {
	for _, call := range []string{"put", "open", "list"} {
		for _, apply := range []bool{false, true} {
			for _, times := range []int{1, 5, 100} {
				t.Run(fmt.Sprintf("%s applied %t, %d times", call, apply, times), func(t *testing.T) {
					store, key := newMemory(), newTestKey(t, "test")
					left := 0
					store.fault = func(c, _ string) (bool, error) {
						if c == call && left > 0 {
							left--
							return apply, errDisk
						}
						return true, nil
					}
					archive := newTestArchive(t, testConfig(t, store, key))
					for round := range int64(4) {
						left = times
						err := feed(t.Context(), archive, round*10+10)
						left = 0
						if err != nil && (times < 6 || !errors.Is(err, errDisk)) {
							t.Fatal(err)
						}
						if round == 2 {
							archive = newTestArchive(t, testConfig(t, store, key))
						}
					}
					if err := feed(t.Context(), archive, 40); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(wantOffsets(0, 40), readBack(t, store, key, testLog())); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

// feed does what a follower does: it goes on from Position up to an offset.
func feed(ctx context.Context, archive *Archive[string], to int64) error {
	from, err := archive.Position(ctx, 0)
	if err != nil {
		return err
	}
	if from = max(from, 0); from >= to {
		return nil
	}
	if err := archive.Write(ctx, 0, testChunk(from, to)); err != nil {
		return err
	}
	return archive.Flush(ctx, 0)
}

// A write to a directory stops before or behind each of its steps, as a crash
// would; whoever comes next goes on and nothing is torn.
func TestDirectoryOutlivesCrashes(t *testing.T) {
	for _, step := range []string{"make folders", "write file", "link file", "sync folder"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after %t", step, after), func(t *testing.T) {
				dir, key := newTestDir(t), newTestKey(t, "test")
				config := testConfig(t, dir, key)
				config.Attempts = 1
				archive := newTestArchive(t, config)
				for round := range int64(3) {
					dir.fault = func(s string, a bool) error {
						if s == step && a == after {
							return errDisk
						}
						return nil
					}
					if err := feed(t.Context(), archive, round*10+10); !errors.Is(err, errDisk) {
						t.Fatalf("the fault gives %v", err)
					}
					verifyHolds(t, dir, key)
					dir.fault = func(string, bool) error { return nil }
					archive = newTestArchive(t, config)
					if err := feed(t.Context(), archive, round*10+10); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(wantOffsets(0, 30), readBack(t, dir, key, testLog())); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestDirectoryRemovesOldRemains(t *testing.T) {
	dir, key := newTestDir(t), newTestKey(t, "test")
	torn, busy := filepath.Join(dir.root, tempFolder, "segment-1"), filepath.Join(dir.root, tempFolder, "segment-2")
	for _, path := range []string{torn, busy} {
		if err := os.WriteFile(path, []byte(magic), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * staleTemp)
	if err := os.Chtimes(torn, old, old); err != nil {
		t.Fatal(err)
	}
	verifyHolds(t, dir, key)
	if err := dir.removeStale(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(torn); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the remains of a crash: %v", err)
	}
	if _, err := os.Stat(busy); err != nil {
		t.Errorf("another process's file: %v", err)
	}
}

func TestDirectoryWritesOnce(t *testing.T) {
	dir := newTestDir(t)
	name := testLog().Object(0)
	if err := dir.Put(t.Context(), name, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := dir.Put(t.Context(), name, []byte("second")); !errors.Is(err, ErrExists) {
		t.Errorf("a second Put gives %v", err)
	}
	data, err := os.ReadFile(dir.path(name))
	if err != nil || string(data) != "first" {
		t.Errorf("the object holds %q, %v", data, err)
	}
	info, err := os.Stat(dir.path(name))
	if err != nil || info.Mode() != 0o444 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, bad := range []string{"", ".", "../x", "/x", "a//b", ".tmp/x", `a\b`} {
		if err := dir.Put(t.Context(), bad, nil); err == nil {
			t.Errorf("the name %q is taken", bad)
		}
	}
}

func TestDirectoryListsInOrderOfNames(t *testing.T) {
	dir := newTestDir(t)
	names := []string{"a-b/x", "a/x", "a/y", "a0/x", "b"}
	for _, name := range []string{"b", "a/y", "a0/x", "a-b/x", "a/x"} {
		if err := dir.Put(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(names, objectNames(t, dir)); diff != "" {
		t.Error(diff)
	}
	for from := range names {
		var got []string
		err := dir.List(t.Context(), "", names[from], func(o Object) error {
			got = append(got, o.Name)
			return nil
		})
		if diff := cmp.Diff(names[from:], got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}
