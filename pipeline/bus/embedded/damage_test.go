package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earwitness/pipeline/bus"
)

// written makes a folder with 100 messages in partition 2, in several
// segments, and gives these in their order.
func written(t *testing.T, cfg Config) []string {
	t.Helper()
	s := open(t, cfg)
	s.write(t, 2, 0, 20, 5)
	s.close(t)
	list := files(t, cfg.Dir, 2)
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	if len(list) < 4 {
		t.Fatalf("%d segments are too few", len(list))
	}
	return list
}

func TestDamageIsNamed(t *testing.T) {
	for name, damage := range map[string]func(list []string) error{
		"flipped byte in the middle": func(list []string) error { return flip(list[1], 100) },
		"flipped length":             func(list []string) error { return flip(list[1], atLength+2) },
		"cut segment in the middle":  func(list []string) error { return cut(list[1], 10) },
		"segment gone in the middle": func(list []string) error { return os.Remove(list[1]) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Dir: t.TempDir(), SegmentBytes: 4 << 10}
			list := written(t, cfg)
			if err := damage(list); err != nil {
				t.Fatal(err)
			}
			_, err := Open(deadline(t), cfg)
			var found *DamageError
			if !errors.As(err, &found) {
				t.Fatalf("open: %v, want a *DamageError", err)
			}
			if found.Topic != bus.TopicEvidence || found.Partition != 2 || !strings.Contains(err.Error(), "rebuild from the archive") {
				t.Errorf("%q does not name partition 2 and what to do", err)
			}
			// Looking again finds the same: nothing was mended in silence.
			if _, again := Open(deadline(t), cfg); again == nil || again.Error() != err.Error() {
				t.Errorf("the second open says %v", again)
			}
		})
	}
}

func TestALostEndIsNamed(t *testing.T) {
	for name, damage := range map[string]func(list []string) error{
		"last batch cut":     func(list []string) error { return cut(list[len(list)-1], 1) },
		"last batch flipped": func(list []string) error { return flipLast(list[len(list)-1]) },
		"last segment gone":  func(list []string) error { return os.Remove(list[len(list)-1]) },
		"partition gone":     func(list []string) error { return os.RemoveAll(filepath.Dir(list[0])) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Dir: t.TempDir(), SegmentBytes: 4 << 10}
			list := written(t, cfg)
			if err := damage(list); err != nil {
				t.Fatal(err)
			}
			_, err := Open(deadline(t), cfg)
			var short *ShorterError
			if !errors.As(err, &short) {
				t.Fatalf("open: %v, want a *ShorterError", err)
			}
			if short.Topic != bus.TopicEvidence || short.Partition != 2 || short.Mark != 100 || short.End >= 100 {
				t.Errorf("%+v does not name the messages that are lost", short)
			}
			if _, again := Open(deadline(t), cfg); again == nil || again.Error() != err.Error() {
				t.Errorf("the second open says %v", again)
			}
		})
	}
}

func TestAnUnfinishedWriteGoes(t *testing.T) {
	for name, tail := range map[string][]byte{
		"a few bytes": {1, 2, 3},
		"half a batch": append([]byte{0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 1, 0},
			make([]byte, 100)...),
		"a batch of zeros": make([]byte, 500),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Dir: t.TempDir(), SegmentBytes: 4 << 10}
			list := written(t, cfg)
			if err := appendTo(list[len(list)-1], tail); err != nil {
				t.Fatal(err)
			}
			s := open(t, cfg)
			s.check(t, 2, 0, 100)
			s.write(t, 2, 100, 3, 5)
			s.close(t)
			s = open(t, cfg)
			s.check(t, 2, 0, 115)
		})
	}
}

func TestItOpensWithoutItsNotes(t *testing.T) {
	cfg := Config{Dir: t.TempDir(), SegmentBytes: 4 << 10}
	list := written(t, cfg)
	partition := filepath.Dir(list[0])
	indexes, err := filepath.Glob(filepath.Join(partition, "*.idx"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(indexes, filepath.Join(partition, "snapshot.json")) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, cfg)
	s.check(t, 2, 0, 100)
	s.write(t, 2, 100, 1, 5)
	s.check(t, 2, 0, 105)
}

func flip(path string, at int64) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content[at] ^= 0x10
	return os.WriteFile(path, content, 0o600)
}

func flipLast(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return flip(path, info.Size()-1)
}

func cut(path string, bytes int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()-bytes)
}

func appendTo(path string, tail []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(tail)
	return errors.Join(err, f.Close())
}
