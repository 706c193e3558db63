package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	readyPoll     = 100 * time.Millisecond
	readyPatience = 4 * time.Minute // several start beside much other work on few cores
	stopPatience  = 20 * time.Second
	logInErrors   = 40
)

// Node is one server process. Its data and its ports stay the same however
// often it is stopped and started. It is safe for concurrent use.
type Node struct {
	// Name for messages, such as "kafka broker 2".
	Name string
	// LogFile is where it writes what it has to say.
	LogFile string

	program program
	ready   func(ctx context.Context) error

	mu      sync.Mutex
	process *process
}

func newNode(name string, program program, ready func(ctx context.Context) error) *Node {
	return &Node{Name: name, LogFile: program.log, program: program, ready: ready}
}

// Start runs it and returns when it answers. What does not answer is killed.
func (n *Node) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process != nil && !n.process.hasEnded() {
		return fmt.Errorf("start %s: it is running, as process %d", n.Name, n.process.pid)
	}
	process, err := n.program.start()
	if err != nil {
		return fmt.Errorf("start %s: %w", n.Name, err)
	}
	n.process = process
	if n.program.lasting {
		if err := writePIDFile(n.program.pidFile(), process.pid); err != nil {
			return errors.Join(fmt.Errorf("start %s: %w", n.Name, err), process.kill())
		}
	}
	if err := n.awaitReady(ctx); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w\nthe end of %s:\n%s", n.Name, err, n.LogFile, n.logTail()), process.kill())
	}
	return nil
}

func (n *Node) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	err := poll(ctx, n.process.ended, n.ready)
	if n.process.hasEnded() {
		return fmt.Errorf("it ended: %w", errors.Join(n.process.err, err))
	}
	return err
}

// Running tells whether its process is there, paused or not.
func (n *Node) Running() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.process != nil && !n.process.hasEnded()
}

// Stop asks it to end, waits for it, and kills it when it takes too long.
func (n *Node) Stop(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return nil
	}
	// One that is paused hears nothing.
	if err := errors.Join(n.process.signal(syscall.SIGTERM), n.process.signal(syscall.SIGCONT)); err != nil {
		return fmt.Errorf("stop %s: %w", n.Name, err)
	}
	timer := time.NewTimer(stopPatience)
	defer timer.Stop()
	select {
	case <-n.process.ended:
		n.process.wait()
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return n.process.kill()
}

// Kill ends it at once (SIGKILL) and waits for it: what it had not written is
// lost, as in a crash.
func (n *Node) Kill() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return nil
	}
	return n.process.kill()
}

// Pause freezes it (SIGSTOP): its connections stay, and nothing answers.
func (n *Node) Pause() error { return n.signal(syscall.SIGSTOP) }

// Resume lets it go on after Pause.
func (n *Node) Resume() error { return n.signal(syscall.SIGCONT) }

func (n *Node) signal(signal syscall.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil || n.process.hasEnded() {
		return fmt.Errorf("send %s to %s: it is not running", signal, n.Name)
	}
	return n.process.signal(signal)
}

func (n *Node) logTail() string {
	text, err := os.ReadFile(n.LogFile)
	if err != nil {
		return err.Error()
	}
	return lastLines(text, logInErrors)
}

// poll asks until there is no error, ended is closed, or the context ends.
func poll(ctx context.Context, ended <-chan struct{}, ask func(ctx context.Context) error) error {
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	for {
		// One try must not take all the time: a first connection may hang.
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := ask(try)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait for an answer: %w; the last try: %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
