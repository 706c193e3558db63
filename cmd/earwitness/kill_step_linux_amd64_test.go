package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

var killSteps = flag.Int("kill-steps", 0, "how many steps TestKilledBetweenSteps kills before; -1 is all [6]")

// TestKilledBetweenSteps kills a run before the calls by which it makes things
// durable or changes what files there are: those that every commit is made
// of. Then it lets one end.
func TestKilledBetweenSteps(t *testing.T) {
	slow(t)
	t.Parallel()
	k := newKilling(t)
	total, err := k.until(t, filepath.Join(k.dir, "counted"), -1)
	if err != nil {
		t.Skipf("the calls of a process can't be watched: %v", err)
	}
	k.check(t, filepath.Join(k.dir, "counted"))
	n := *killSteps
	switch {
	case n < 0:
		n = total
	case n > 0:
	default:
		n = 6
	}
	random := rand.New(rand.NewPCG(k.seed, 2))
	hits := 0
	for i := range n {
		step := total*i/n + 1
		if n < total {
			step += random.IntN(max(1, total/n))
		}
		data := filepath.Join(k.dir, fmt.Sprint("step-", step))
		reached, err := k.until(t, data, step)
		if err != nil {
			t.Fatal(err)
		}
		if reached == step {
			hits++
		}
		k.check(t, data)
		if t.Failed() {
			t.Fatalf("killed before step %d of %d", step, total)
		}
		if err := os.RemoveAll(data); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("killed before %d steps of %d", hits, total)
}

// steps are the calls that count.
func steps() []uint64 {
	return []uint64{
		unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_FTRUNCATE, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2,
		unix.SYS_LINKAT, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT,
	}
}

// until runs to a step and kills before it; below 0 it lets the run end. It
// gives how many steps there were. An error is the system's.
func (k *killing) until(t *testing.T, data string, last int) (reached int, err error) {
	t.Helper()
	// All that is asked of a traced process has to come from one thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append(slices.Clone(k.args), "--data", data)...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	pid := cmd.Process.Pid
	var status syscall.WaitStatus
	if _, err := wait(pid, &status); err != nil {
		return 0, err
	}
	const traceSysGood, exitKill = 1, 1 << 20
	if err := syscall.PtraceSetOptions(pid, traceSysGood|exitKill|syscall.PTRACE_O_TRACECLONE); err != nil {
		return 0, errors.Join(err, cmd.Process.Kill())
	}
	for thread := pid; ; {
		// A thread may have gone with its process.
		if err := syscall.PtraceSyscall(thread, resume(status)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return reached, err
		}
		if thread, err = wait(-1, &status); err != nil {
			return reached, err
		}
		if thread == pid && (status.Exited() || status.Signaled()) {
			if code := status.ExitStatus(); status.Exited() && code != 0 && code != exitDeadLetters {
				t.Errorf("a run ends with %d", code)
			}
			return reached, nil
		}
		if !status.Stopped() || status.StopSignal() != syscall.SIGTRAP|0x80 || !isStep(thread) {
			continue
		}
		if reached++; reached == last {
			if err := cmd.Process.Kill(); err != nil {
				return reached, err
			}
		}
	}
}

// wait takes what happens to the processes of this thread alone.
func wait(pid int, status *syscall.WaitStatus) (int, error) {
	for {
		got, err := syscall.Wait4(pid, status, syscall.WALL|syscall.WNOTHREAD, nil)
		if !errors.Is(err, syscall.EINTR) {
			return got, err
		}
	}
}

// resume gives the signal that a stop was for, to be delivered.
func resume(status syscall.WaitStatus) int {
	if !status.Stopped() {
		return 0
	}
	switch s := status.StopSignal(); s {
	case syscall.SIGTRAP, syscall.SIGTRAP | 0x80, syscall.SIGSTOP:
		return 0
	default:
		return int(s)
	}
}

// isStep tells whether a thread is about to make a call that counts. What it
// has made comes by here too, with its result.
func isStep(thread int) bool {
	var regs syscall.PtraceRegs
	if syscall.PtraceGetRegs(thread, &regs) != nil {
		return false // it went with its process
	}
	return syscall.Errno(-int64(regs.Rax)) == syscall.ENOSYS && slices.Contains(steps(), regs.Orig_rax) //nolint:gosec // a negated errno
}
