package engine

import (
	"sync"

	"earwitness/pipeline/correlate"
)

// view is what may be looked at from outside while the engine changes it: a
// rebuild replaces both.
type view struct {
	mu    sync.Mutex
	epoch *epochFile
	stage *correlate.Stage
}

// setEpoch puts an epoch in force.
func (e *Engine) setEpoch(epoch *epochFile) {
	e.epoch = epoch
	e.view.mu.Lock()
	defer e.view.mu.Unlock()
	e.view.epoch = epoch
}

// setStage makes stage the correlator; nil for none.
func (e *Engine) setStage(stage *correlate.Stage) {
	e.stage = stage
	e.view.mu.Lock()
	defer e.view.mu.Unlock()
	e.view.stage = stage
}

func (v *view) get() (*epochFile, *correlate.Stage) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.epoch, v.stage
}
