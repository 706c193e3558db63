package testbed

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Fields of /proc/PID/stat behind the name, which may hold anything.
const (
	statState = 0
	statGroup = 2
	statStart = 19
)

// procStat reads them; none when there is no such process, or when it only
// waits for its end to be noted, which some systems' first process never does.
func procStat(pid string) ([]string, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at process %s: %w", pid, err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= statStart {
		return nil, fmt.Errorf("look at process %s: its stat has only %d fields", pid, len(fields))
	}
	if fields[statState] == "Z" || fields[statState] == "X" {
		return nil, nil
	}
	return fields, nil
}

// groupHasEnded tells whether nothing of a process group runs.
func groupHasEnded(pid int) bool {
	if errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH) {
		return true
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		if stat, err := procStat(entry.Name()); err != nil || stat != nil && stat[statGroup] == strconv.Itoa(pid) {
			return false
		}
	}
	return true
}

// identity tells a process from every other one that has had, or will have,
// its number: by its start time and the system's boot. It is empty when there
// is none that runs.
func identity(pid int) (string, error) {
	stat, err := procStat(strconv.Itoa(pid))
	if err != nil || stat == nil {
		return "", err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("look for the boot of the system: %w", err)
	}
	return stat[statStart] + "@" + strings.TrimSpace(string(boot)), nil
}
