//go:build unix && !linux

package testbed

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes: other kernels than Linux do not end a child with its parent.
func (g program) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: !g.lasting, Setsid: g.lasting}
}

// identity tells a process from every other one that has had, or will have,
// its number: by its start time. It is empty when there is no such process.
func identity(pid int) (string, error) {
	//nolint:noctx // ps answers at once
	output, err := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return "", nil // ps found none
	}
	if err != nil {
		return "", fmt.Errorf("look at process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(output)), nil
}

func groupHasEnded(pid int) bool { return errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH) }
