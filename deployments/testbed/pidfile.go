//go:build unix

package testbed

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A PID file names a process that outlives us, and its identity.

const pidSuffix = ".pid"

func (g program) pidFile() string { return g.log + pidSuffix }

func writePIDFile(path string, pid int) error {
	id, err := identity(pid)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, "%d %s\n", pid, id), 0o600); err != nil {
		return fmt.Errorf("write down process %d: %w", pid, err)
	}
	return nil
}

// pidOf gives the process that a PID file names, 0 when it runs no more.
func pidOf(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read which process was started: %w", err)
	}
	number, wanted, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 1 || wanted == "" {
		return 0, nil //nolint:nilerr // it was killed before it could write it all
	}
	id, err := identity(pid)
	if err != nil || id != wanted {
		return 0, err
	}
	return pid, nil
}

// endPIDFile kills the process that a PID file names, with its group, if it
// is still that one.
func endPIDFile(path string) error {
	pid, err := pidOf(path)
	if err != nil || pid == 0 {
		return err
	}
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end process group %d: %w", pid, err)
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(stopPatience); ; <-ticker.C {
		still, err := pidOf(path)
		if err != nil || still == 0 {
			awaitGroup(pid)
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("end process %d: it is still there, %s after it was killed", pid, stopPatience)
		}
	}
}
