package testbed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Fields of /proc/PID/stat behind the name, which may hold anything.
const (
	statState = 0
	statStart = 19
)

// identity tells a process from every other one that has had, or will have,
// its number: by its start time and the system's boot. It is empty when there
// is no such process, or when it only waits for its end to be noted.
func identity(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look at process %d: %w", pid, err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= statStart {
		return "", fmt.Errorf("look at process %d: its stat has only %d fields", pid, len(fields))
	}
	if fields[statState] == "Z" || fields[statState] == "X" {
		return "", nil
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("look for the boot of the system: %w", err)
	}
	return fields[statStart] + "@" + strings.TrimSpace(string(boot)), nil
}
