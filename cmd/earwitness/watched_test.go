package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// watched is a process whose log is read and whose memory is measured while
// it works. The log has to be JSON.
type watched struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	said *talk
	done chan struct{}

	mu   sync.Mutex
	most int64 // KiB, of its peak resident memory
}

// watchProcess starts it.
func watchProcess(t *testing.T, name string, cmd *exec.Cmd) *watched {
	t.Helper()
	w := &watched{t: t, name: name, cmd: cmd, said: newTalk(), done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = w.said, w.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go w.measure()
	go func() {
		_ = cmd.Wait() // the process's state tells
		close(w.done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // most have ended
		<-w.done
	})
	return w
}

func (w *watched) measure() {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		w.look()
		select {
		case <-w.done:
			return
		case <-ticker.C:
		}
	}
}

// look reads the peak that the kernel knows.
func (w *watched) look() {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.cmd.Process.Pid))
	if err != nil {
		return // it has ended, or this is no Linux
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			w.mu.Lock()
			w.most = max(w.most, kib)
			w.mu.Unlock()
		}
	}
}

// peak gives the most resident memory since the last call, in MiB.
func (w *watched) peak() int64 {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	most := w.most
	w.most = 0
	// 5 makes the kernel forget its peak.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", w.cmd.Process.Pid), []byte("5"), 0)
	return most >> 10
}

// running fails the test when the process has ended by itself.
func (w *watched) running() {
	w.t.Helper()
	select {
	case <-w.done:
		w.t.Fatalf("process %s has ended by itself with %d: %s", w.name, w.cmd.ProcessState.ExitCode(), w.said.since(0))
	default:
	}
}

// kill ends it without warning.
func (w *watched) kill() {
	w.t.Helper()
	w.running()
	if err := w.cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	<-w.done
}

// stop lets it end in good order.
func (w *watched) stop() {
	w.t.Helper()
	w.running()
	w.signal(syscall.SIGTERM)
	w.end(2 * time.Minute)
	if code := w.cmd.ProcessState.ExitCode(); code != 0 {
		w.t.Fatalf("process %s ends with %d: %s", w.name, code, w.said.since(0))
	}
}

func (w *watched) signal(s syscall.Signal) {
	w.t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil {
		w.t.Fatal(err)
	}
}

// end waits until it has ended, by itself or because it was told to.
func (w *watched) end(patience time.Duration) (code int) {
	w.t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		_ = w.cmd.Process.Signal(syscall.SIGQUIT) // it says where it hangs
		<-w.done
		w.t.Fatalf("process %s does not end in %s: %s", w.name, patience, w.said.since(0))
	}
	return w.cmd.ProcessState.ExitCode()
}

// await waits until the log says all of some texts in one line, behind mark.
func (w *watched) await(mark int, texts ...string) {
	w.t.Helper()
	has := func(line string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) })
	}
	late := time.After(2 * time.Minute)
	for {
		more := w.said.more()
		for line := range strings.Lines(w.said.since(mark)) {
			if has(line) {
				return
			}
		}
		select {
		case <-more:
		case <-w.done:
			w.t.Fatalf("process %s ends and has not said %q: %s", w.name, texts, w.said.since(mark))
		case <-late:
			w.t.Fatalf("process %s does not say %q: %s", w.name, texts, w.said.since(mark))
		}
	}
}

// talk is what a process says. It is safe for concurrent use.
type talk struct {
	mu    sync.Mutex
	all   bytes.Buffer
	grown chan struct{}
}

func newTalk() *talk { return &talk{grown: make(chan struct{})} }

// Write implements io.Writer.
func (s *talk) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.grown)
	s.grown = make(chan struct{})
	return s.all.Write(p)
}

// more is closed when more has been said.
func (s *talk) more() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grown
}

// mark is a place in it.
func (s *talk) mark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Len()
}

func (s *talk) since(mark int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.all.Bytes()[mark:])
}

// warnings are the different messages of level WARN or worse behind a mark,
// each with the first error that came with it.
func (s *talk) warnings(mark int) []string {
	var all []string
	seen := map[string]bool{}
	for line := range strings.Lines(s.since(mark)) {
		var r struct{ Level, Msg, Sink, Error string }
		if json.Unmarshal([]byte(line), &r) != nil || r.Level != "WARN" && r.Level != "ERROR" || seen[r.Msg+r.Sink] {
			continue
		}
		seen[r.Msg+r.Sink] = true
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s: %s", r.Msg, r.Sink, r.Error)))
	}
	return all
}
