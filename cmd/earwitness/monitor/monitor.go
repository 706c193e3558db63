package monitor

import (
	"fmt"
	"sync"
	"time"

	"earwitness/cmd/earwitness/engine"
)

// Process is what a monitor looks at. Status is called from any goroutine, at
// any time, and must not block.
type Process interface {
	Status() engine.Status
}

// Monitor knows what the process is about. Safe for concurrent use.
type Monitor struct {
	version string
	bound   time.Duration
	began   time.Time

	mu      sync.Mutex
	step    string
	since   time.Time
	process Process
}

// Report is what a process does at one moment, as /status gives it.
type Report struct {
	Version string    `json:"version"`
	Began   time.Time `json:"began"`
	Ready   bool      `json:"ready"`
	// Reasons why it is not ready.
	Reasons []string `json:"reasons,omitempty"`
	// Engine is absent until it is open.
	Engine *engine.Status `json:"engine,omitempty"`
}

// New gives a monitor of a process of this version that begins to start. What
// waits for bound makes it not ready.
func New(version string, bound time.Duration) *Monitor {
	now := time.Now()
	return &Monitor{version: version, bound: bound, began: now, step: "starting", since: now}
}

// Step notes what the process does before or after its work: until the next
// step, or Attach, it is not ready.
func (m *Monitor) Step(step string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.step, m.since = step, time.Now()
}

// Attach begins to look at a process that is open and goes to work.
func (m *Monitor) Attach(p Process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.step, m.process = "", p
}

// Report looks.
func (m *Monitor) Report() Report {
	m.mu.Lock()
	step, since, process := m.step, m.since, m.process
	m.mu.Unlock()
	r := Report{Version: m.version, Began: m.began.UTC()}
	if step != "" {
		r.Reasons = append(r.Reasons, fmt.Sprintf("%s, since %s", step, since.UTC().Format(time.RFC3339)))
	}
	if process != nil {
		status := process.Status()
		r.Engine = &status
		if step == "" {
			r.Reasons = status.NotReady(m.bound)
		}
	}
	r.Ready = len(r.Reasons) == 0
	return r
}
