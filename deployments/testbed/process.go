//go:build unix

package testbed

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const groupPatience = 3 * time.Second

// process is a running program with all that it started: a process group.
type process struct {
	pid   int
	ended chan struct{} // closed when it was waited for
	err   error         // how it ended; read after ended is closed
}

// program is what a process runs.
type program struct {
	path string
	args []string
	env  []string
	dir  string
	log  string
	// notRoot is for programs that refuse to run as root.
	notRoot bool
	// lasting processes outlive this one.
	lasting bool
}

// start runs a program, in a goroutine that ends with it: the kernel ties a
// child to the thread that started it, so that thread has to stay.
func (g program) start() (*process, error) {
	log, err := os.OpenFile(g.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	//nolint:noctx // it runs until it is told to end, longer than the call that starts it
	cmd := exec.Command(g.path, g.args...)
	cmd.Dir, cmd.Env = g.dir, append(os.Environ(), g.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = g.attributes()
	p := &process{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
	}()
	err = errors.Join(<-started, log.Close())
	if err != nil {
		return nil, g.explain(err)
	}
	return p, nil
}

func (g program) explain(err error) error {
	if g.notRoot && os.Geteuid() == 0 {
		return fmt.Errorf("run %s as a user of a namespace of its own, as it refuses root (allow user namespaces, or use the test bed as another user): %w", g.path, err)
	}
	return fmt.Errorf("run %s: %w", g.path, err)
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// signal reaches the whole group. One that has ended is not to be reached.
func (p *process) signal(signal syscall.Signal) error {
	if p.hasEnded() {
		return nil
	}
	if err := syscall.Kill(-p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %s to process group %d: %w", signal, p.pid, err)
	}
	return nil
}

// kill ends the group at once and waits for it.
func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	p.wait()
	return nil
}

// wait returns when the process has ended, and the others of its group.
func (p *process) wait() {
	<-p.ended
	awaitGroup(p.pid)
}

// awaitGroup waits for a group to end whose first process has ended, though
// not for ever: it was told to, and there is no more to be done.
func awaitGroup(pid int) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(groupPatience); time.Now().Before(deadline); <-ticker.C {
		if groupHasEnded(pid) {
			return
		}
	}
}
