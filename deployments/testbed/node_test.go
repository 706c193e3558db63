//go:build unix

package testbed

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shell is a program that runs a script.
func shell(t *testing.T, script string) program {
	t.Helper()
	return program{path: "/bin/sh", args: []string{"-c", script}, dir: t.TempDir(), log: filepath.Join(t.TempDir(), "log")}
}

func isReady(context.Context) error { return nil }

func TestStartShowsTheLogOfWhatFails(t *testing.T) {
	t.Parallel()
	node := newNode("sick server", shell(t, "echo no room left; exit 7"), func(context.Context) error { return errors.New("no answer") })
	err := node.Start(t.Context())
	for _, part := range []string{"start sick server", "no room left", "exit status 7"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
	if node.Running() {
		t.Error("it runs")
	}
}

func TestStartThatIsGivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	node := newNode("slow server", shell(t, "sleep 600 & wait"), func(context.Context) error { return errors.New("not yet") })
	err := node.Start(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not yet") {
		t.Errorf("got %v, want the deadline and the last try", err)
	}
	if !groupHasEnded(node.process.pid) {
		t.Error("what it started runs on")
	}
}

func TestNodeStopsPausesAndStartsAgain(t *testing.T) {
	t.Parallel()
	node := newNode("server", shell(t, "trap 'echo bye; exit' TERM; while :; do sleep 0.01; done"), isReady)
	ctx := t.Context()
	for _, away := range []func() error{node.Kill, func() error { return node.Stop(ctx) }, func() error { return errors.Join(node.Pause(), node.Stop(ctx)) }} {
		if err := node.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := node.Start(ctx); err == nil {
			t.Error("it was started twice")
		}
		if err := errors.Join(node.Pause(), node.Resume()); err != nil {
			t.Error(err)
		}
		if err := away(); err != nil {
			t.Error(err)
		}
		if node.Running() || !groupHasEnded(node.process.pid) {
			t.Error("it runs on")
		}
	}
	if err := errors.Join(node.Stop(ctx), node.Kill()); err != nil {
		t.Errorf("stopping what is stopped: %v", err)
	}
	if node.Pause() == nil {
		t.Error("what is stopped was paused")
	}
}

// TestEndPIDFileHitsNoOther writes down a process, and one that once had the
// number of another.
func TestEndPIDFileHitsNoOther(t *testing.T) {
	t.Parallel()
	lasting := shell(t, "sleep 600 & wait")
	lasting.lasting = true
	node := newNode("lasting server", lasting, isReady)
	if err := node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	file, pid := lasting.pidFile(), node.process.pid
	other := filepath.Join(t.TempDir(), "other.pid")
	for _, text := range []string{fmt.Sprintf("%d 1@another-boot\n", pid), fmt.Sprintf("%d", pid), "", "-1 x", "0 x"} {
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := endPIDFile(other); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if !node.Running() {
			t.Fatalf("%q ended another process", text)
		}
	}
	if err := endPIDFile(file); err != nil {
		t.Fatal(err)
	}
	<-node.process.ended
	if !groupHasEnded(pid) {
		t.Error("what it started runs on")
	}
	if err := endPIDFile(file); err != nil {
		t.Errorf("ending what has ended: %v", err)
	}
}

const startAndWait = "TESTBED_START_AND_WAIT"

// TestChildrenDieWithTheProcess runs itself, lets that start servers, and
// kills it.
func TestChildrenDieWithTheProcess(t *testing.T) {
	if os.Getenv(startAndWait) != "" {
		serveAndWait(t)
		return
	}
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Logf("%s does not end children with their parent", runtime.GOOS)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildrenDieWithTheProcess$")
	cmd.Env = append(os.Environ(), startAndWait+"=yes", "TMPDIR="+t.TempDir())
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, word := range strings.Fields(line) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatalf("it wrote %q", line)
		}
		err = poll(t.Context(), nil, func(context.Context) error {
			if id, err := identity(pid); err != nil || id != "" {
				return fmt.Errorf("process %d is still there: %s, %w", pid, id, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it ended well, though it was killed")
	}
}

func serveAndWait(t *testing.T) {
	plain, mapped := shell(t, "exec sleep 600"), shell(t, "exec sleep 600")
	mapped.notRoot = true
	for _, p := range []program{plain, mapped} {
		node := newNode("server", p, isReady)
		if err := node.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		fmt.Print(node.process.pid, " ") // to the test that started us
	}
	fmt.Println() // to the test that started us
	select {}     // until it is killed
}

func TestRootIsHidden(t *testing.T) {
	t.Parallel()
	asked := shell(t, "id -u; exec sleep 600")
	asked.notRoot = true
	node := newNode("server", asked, func(context.Context) error {
		text, err := os.ReadFile(asked.log)
		if err == nil && len(text) == 0 {
			err = errors.New("nothing yet")
		}
		return err
	})
	if err := node.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(asked.log)
	if err != nil || strings.TrimSpace(string(text)) == "0" {
		t.Errorf("it sees itself as %q, %v", text, err)
	}
	if err := node.Kill(); err != nil {
		t.Error(err)
	}
}

func TestPlacesOfTheDeadAreSwept(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	dead, err := newPlace(t.Context(), c, "dead")
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.owner.Close(); err != nil { // as the kernel does
		t.Fatal(err)
	}
	living, err := newPlace(t.Context(), c, "living")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newPlace(t.Context(), c, "third"); err != nil {
		t.Fatal(err)
	}
	if present(dead.dir) || !present(living.dir) {
		t.Errorf("the dead one's folder is there: %t; the living one's: %t", present(dead.dir), present(living.dir))
	}
	if err := living.remove(); err != nil || present(living.dir) || present(living.dir+ownerSuffix) {
		t.Errorf("removed: %v", err)
	}
}

func TestPortsAreReservedOnce(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	var mine, others ports
	seen := map[int]bool{}
	for range 50 {
		for _, p := range []*ports{&mine, &others} {
			port, err := p.reserve(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if seen[port] {
				t.Errorf("port %d was given twice", port)
			}
			seen[port] = true
		}
	}
	if err := errors.Join(mine.release(), others.release()); err != nil {
		t.Error(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // the test ends
	if unused(t.Context(), listener.Addr().(*net.TCPAddr).Port) {
		t.Error("a port that somebody listens on counts as unused")
	}
}
