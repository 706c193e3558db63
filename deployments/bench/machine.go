package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// machine is where a table comes from.
type machine struct {
	processor, kernel, goVersion, revision string
	cores                                  int
	memory                                 int64
	at                                     time.Time
}

func readMachine(ctx context.Context) machine {
	m := machine{cores: runtime.NumCPU(), goVersion: runtime.Version(), at: time.Now().UTC(), processor: "unknown processor"}
	for line := range strings.Lines(readProc("cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.processor = strings.TrimSpace(value)
			break
		}
	}
	if fields := strings.Fields(readProc("meminfo")); len(fields) > 1 {
		kib, _ := strconv.ParseInt(fields[1], 10, 64)
		m.memory = kib << 10
	}
	m.kernel = strings.TrimSpace(readProc("sys/kernel/osrelease"))
	if out, _, err := execute(ctx, nil, "git", "describe", "--always", "--dirty"); err == nil {
		m.revision = strings.TrimSpace(string(out))
	} else if info, ok := debug.ReadBuildInfo(); ok {
		m.revision = info.Main.Version
	}
	return m
}

// readProc gives a file below /proc, or nothing.
func readProc(name string) string {
	text, err := os.ReadFile(filepath.Join("/proc", name))
	if err != nil {
		return ""
	}
	return string(text)
}

// activity is how much CPU time the machine has spent up to now, in ticks, and
// how much of it this process and what it has started.
type activity struct {
	busy, ours int64
	load       string
	at         time.Time
}

// tick is how Linux counts CPU time for user space.
const tick = 10 * time.Millisecond

func readActivity() activity {
	a := activity{at: time.Now()}
	a.load, _, _ = strings.Cut(readProc("loadavg"), " ")
	fields := strings.Fields(firstLine(readProc("stat")))
	for i, field := range fields {
		// cpu user nice system idle iowait irq softirq steal: idle and iowait
		// are no work, and what comes behind is counted in user already.
		if i == 0 || i == 4 || i == 5 || i > 8 {
			continue
		}
		n, _ := strconv.ParseInt(field, 10, 64)
		a.busy += n
	}
	a.ours = ticksBelow(os.Getpid())
	return a
}

// ticksBelow adds up a process, its children that it has waited for, and
// those that live.
func ticksBelow(root int) int64 {
	parents, ticks := map[int]int{}, map[int]int64{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		text := readProc(filepath.Base(dir) + "/stat")
		// pid (name) state ppid …; a name may hold spaces and brackets.
		fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		if len(fields) < 15 {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		for _, field := range fields[11:15] {
			n, _ := strconv.ParseInt(field, 10, 64)
			ticks[pid] += n
		}
	}
	sum := int64(0)
	for pid, n := range ticks {
		for up := pid; up > 1; up = parents[up] {
			if up == root {
				sum += n
				break
			}
		}
	}
	return sum
}

// until says how loaded the machine was from a to b.
func (a activity) until(b activity) string {
	wall := b.at.Sub(a.at)
	if wall <= 0 || a.busy == 0 {
		return "unknown"
	}
	others := max(0, time.Duration(b.busy-a.busy-(b.ours-a.ours))*tick)
	return fmt.Sprintf("%s; %.2f cores", a.load, float64(others)/float64(wall))
}
