package memory

import (
	"io/fs"
	"log/slog"
	"runtime/debug"
	"testing"
)

func TestMemoryLimit(t *testing.T) {
	const mebibyte = 1 << 20
	for name, c := range map[string]struct {
		aim        aim
		live, want int64
	}{
		"a small heap":             {aim{wanted: 512 * mebibyte}, 100 * mebibyte, 416 * mebibyte},
		"a heap that needs more":   {aim{wanted: 512 * mebibyte}, 1000 * mebibyte, 1500 * mebibyte},
		"a small container":        {aim{wanted: 512 * mebibyte, most: 256 * mebibyte}, 100 * mebibyte, 160 * mebibyte},
		"a container that is full": {aim{wanted: 512 * mebibyte, most: 1024 * mebibyte}, 800 * mebibyte, 928 * mebibyte},
		"next to nothing":          {aim{wanted: 512 * mebibyte, most: 64 * mebibyte}, 10 * mebibyte, 96 * mebibyte},
	} {
		if got := c.aim.limit(c.live); got != c.want {
			t.Errorf("%s: limit %d MiB, want %d", name, got/mebibyte, c.want/mebibyte)
		}
	}
}

func TestContainerMemory(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"version 2":           {map[string]string{"/sys/fs/cgroup/memory.max": "536870912\n"}, 512 << 20},
		"version 2, no bound": {map[string]string{"/sys/fs/cgroup/memory.max": "max\n"}, 0},
		"version 1":           {map[string]string{"/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n"}, 1 << 30},
		"version 1, no bound": {map[string]string{"/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"none":                {nil, 0},
	} {
		got := containerBound(func(name string) ([]byte, error) {
			if text, ok := c.files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}

func TestMemoryIsGivenBack(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "")
	before := debug.SetMemoryLimit(-1)
	stop := Keep(t.Context(), slog.New(slog.DiscardHandler), 1<<30)
	if got := debug.SetMemoryLimit(-1); got == before {
		t.Error("no limit was set")
	}
	stop()
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("the limit is %d behind, it was %d", got, before)
	}
}
