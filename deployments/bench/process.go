package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"
)

// workerCommand makes this program do one part of a row's work and tell the
// result as JSON.
const workerCommand = "worker"

// profileVariable names the file for a worker's CPU profile.
const profileVariable = "EARWITNESS_BENCH_PROFILE"

// spent is what a process has cost.
type spent struct {
	Wall, CPU time.Duration
	// Peak resident set, bytes. This process stays small, for on Linux a
	// child's figure is at least its parent's at the start.
	Peak int64
}

func (s spent) String() string {
	return fmt.Sprintf("%s CPU, %s peak", seconds(s.CPU), mebibytes(s.Peak))
}

// start prepares a process that is interrupted when ctx ends.
func command(ctx context.Context, env []string, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

// execute runs a process to its end and gives what it wrote.
func execute(ctx context.Context, env []string, program string, args ...string) ([]byte, spent, error) {
	cmd := command(ctx, env, program, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	began := time.Now()
	err := cmd.Run()
	if err != nil {
		told := tail(errOut.Bytes())
		err = fmt.Errorf("run %s %s: %w: %s\n%s", filepath.Base(program), strings.Join(args[:min(2, len(args))], " "), err, told[strings.LastIndexByte(told, '\n')+1:], told)
	}
	return out.Bytes(), spentBy(cmd, time.Since(began)), err
}

func spentBy(cmd *exec.Cmd, wall time.Duration) spent {
	s := spent{Wall: wall}
	if cmd.ProcessState == nil {
		return s
	}
	s.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.Peak = usage.Maxrss << 10
	}
	return s
}

func tail(text []byte) string {
	const most = 2000
	return strings.TrimSpace(string(text[max(0, len(text)-most):]))
}

// call has a worker of this program do something on so many cores.
func call[T any](ctx context.Context, b *bench, cores int, name string, arg any) (T, spent, error) {
	var result T
	text, err := json.Marshal(arg)
	if err != nil {
		return result, spent{}, err
	}
	env := []string{fmt.Sprintf("GOMAXPROCS=%d", cores)}
	if b.profiles != "" {
		env = append(env, profileVariable+"="+filepath.Join(b.profiles, name+".pprof"))
	}
	out, cost, err := execute(ctx, env, b.self, workerCommand, name, string(text))
	if err == nil {
		err = json.Unmarshal(out, &result)
	}
	if err != nil {
		return result, cost, fmt.Errorf("worker %s: %w", name, err)
	}
	return result, cost, nil
}

// work is the other side of call.
func work(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) != 2 {
		return errors.New("a worker takes a name and its argument; it is started by bench itself")
	}
	do, ok := workers()[args[0]]
	if !ok {
		return fmt.Errorf("there is no worker %q", args[0])
	}
	if path := os.Getenv(profileVariable); path != "" {
		f, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("write CPU profile: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	result, err := do(ctx, []byte(args[1]))
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}

// worker reads its argument.
func worker[A, R any](do func(context.Context, A) (R, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, text []byte) (any, error) {
		var arg A
		if err := json.Unmarshal(text, &arg); err != nil {
			return nil, err
		}
		return do(ctx, arg)
	}
}

func workers() map[string]func(context.Context, []byte) (any, error) {
	return map[string]func(context.Context, []byte) (any, error){
		"lines":      worker(cutFile),
		"scan":       worker(scanFile),
		"regexp":     worker(matchFile),
		"decode":     worker(decodeFile),
		"bulk":       worker(bulkLoad),
		"correlate":  worker(correlateTopic),
		"split":      worker(splitTopic),
		"seal":       worker(sealWorld),
		"replay":     worker(replayArchive),
		"fold":       worker(foldStream),
		"searchable": worker(feedAndSearch),
	}
}

// cpuTime of this process so far.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
