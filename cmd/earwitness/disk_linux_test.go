package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inNamespace in the environment says that the test runs in namespaces of its
// own, where it may mount.
const inNamespace = "EARWITNESS_TEST_IN_NAMESPACE"

// diskBytes is how much a small disk holds.
const diskBytes = 64 << 20

// TestFullDisk fills the disk of the data folder, of the archive and of the
// index while files come in. When there is room again, all is as an
// undisturbed run has it.
func TestFullDisk(t *testing.T) {
	slow(t)
	t.Parallel()
	if os.Getenv(inNamespace) == "" {
		inOwnNamespaces(t)
		return
	}
	want := newExpected(t)
	for _, full := range []struct{ what, settings string }{
		{"data folder", ""},
		{"archive", "worm: {directory: disk/worm, segment-age: 1s}\n"},
		{"index", "index: {path: disk/trail.db}\n"},
	} {
		t.Run(full.what, func(t *testing.T) {
			t.Parallel()
			fillDisk(t, want, full.settings)
		})
	}
}

// inOwnNamespaces runs the test again as a user who may mount, which needs no
// right where the system has user namespaces.
func inOwnNamespaces(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", fmt.Sprint("-fault-requests=", *faultRequests))
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Skipf("a small disk can't be made: user namespaces are not allowed here: %v", err)
	case err != nil:
		t.Fatalf("%v: %s", err, &out)
	case strings.Contains(out.String(), "--- SKIP"):
		t.Skipf("a small disk can't be made: %s", &out)
	}
	t.Log(out.String())
}

// smallDisk mounts one, and gives its folder.
func smallDisk(t *testing.T, at string) *disk {
	t.Helper()
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, fmt.Sprint("size=", diskBytes)); err != nil {
		t.Skipf("mount tmpfs in a user namespace: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return &disk{t: t, dir: at}
}

type disk struct {
	t   *testing.T
	dir string
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves some bytes, at most: others write too.
func (d *disk) fill(left int64) {
	d.t.Helper()
	f, err := os.Create(d.ballast())
	if err != nil {
		d.t.Fatal(err)
	}
	written, err := f.Write(make([]byte, diskBytes))
	if !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatalf("the disk takes more than it has room for: %d, %v", written, err)
	}
	if err := errors.Join(f.Truncate(max(0, int64(written)-left)), f.Close()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

// fillDisk runs a process on a disk that is filled. Without settings the whole
// data folder is there.
func fillDisk(t *testing.T, want *expected, settings string) {
	t.Helper()
	dir := t.TempDir()
	small := smallDisk(t, filepath.Join(dir, "disk"))
	data := filepath.Join(dir, "data")
	if settings == "" {
		data = filepath.Join(small.dir, "data")
	}
	file := filepath.Join(dir, "earwitness.yaml")
	if err := os.WriteFile(file, []byte(settings+"log: {format: json}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &spool{t: t, world: want.world, dir: filepath.Join(dir, "spool")}
	s.open()
	args := slices.Concat([]string{"--config", file, "--data", data}, sourcesIn(s.dir), want.rules)
	start := func() *watched {
		cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"run"}, args...)...)
		cmd.Env = append(os.Environ(), asCommand+"=1")
		return watchProcess(t, "run", cmd)
	}
	w := start()
	s.feed(len(s.files) / 3)
	awaitTrail(t, data, "--config", file)
	small.fill(8 << 10)
	ended := awaitFull(w, s)
	t.Logf("it says: %s", strings.Join(w.said.warnings(0), "\n"))
	small.free()
	if ended {
		t.Logf("it ended: %s", lastLine(w.said.since(0)))
		w = start()
	}
	s.feed(len(s.files))
	awaitRequests(t, want.requests(linesIn(t, want.world)), w, data, "--config", file)
	t.Logf("peak memory %d MiB", w.peak())
	w.stop()
	if got := earwitness(t, slices.Concat([]string{"run", "--once"}, args)...); got.code != 0 {
		t.Fatalf("the run at the end ends with %+v", got)
	}
	archive := filepath.Join(data, "worm")
	if strings.Contains(settings, "worm") {
		archive = filepath.Join(small.dir, "worm")
	}
	trail := trailOf(t, data, "--config", file)
	for i := range trail {
		trail[i] = strings.ReplaceAll(trail[i], s.dir, want.world)
	}
	letters := lettersOf(t, data, "--config", file)
	for i := range letters {
		letters[i].Origin.URI = strings.ReplaceAll(letters[i].Origin.URI, s.dir, want.world)
	}
	want.check(t, trail, letters, archive, filepath.Join(data, "worm.pub"))
	earwitness(t, "verify", "--store", archive, "--key", filepath.Join(data, "worm.pub")).want(t, 0, "holds:")
}

// awaitFull feeds until a process says that the disk is full, and tells
// whether it ends by that. How much it takes is not sure: SQLite writes into
// what its log file had room for before.
func awaitFull(w *watched, s *spool) (ended bool) {
	w.t.Helper()
	s.feed(len(s.files) / 2)
	late := time.After(2 * time.Minute)
	ticker := time.NewTicker(5 * time.Second)
	defer ticker.Stop()
	// The second is how SQLite says it.
	for !strings.Contains(w.said.since(0), "no space left on device") && !strings.Contains(w.said.since(0), "disk is full") {
		select {
		case <-w.said.more():
		case <-w.done:
		case <-ticker.C:
			s.feed(len(s.files)/8 + 1)
		case <-late:
			w.t.Fatalf("the process does not say that the disk is full: %s", w.said.since(0))
		}
	}
	select {
	case <-w.done:
		return true
	case <-time.After(3 * time.Second):
		return false
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// awaitRequests waits until the trail has all of some records of requests.
func awaitRequests(t *testing.T, want map[string]bool, w *watched, data string, more ...string) {
	t.Helper()
	late := time.Now().Add(3 * time.Minute)
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		w.running()
		missing := 0
		has := strings.Join(trailOf(t, data, more...), "")
		for id := range want {
			if !strings.Contains(has, id) {
				missing++
			}
		}
		if missing == 0 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%d of %d requests have no record: %s", missing, len(want), w.said.since(0))
		}
		<-ticker.C
	}
}
