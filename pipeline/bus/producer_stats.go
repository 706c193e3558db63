package bus

import "time"

// ProducerStats are those of a producer in one partition.
type ProducerStats struct {
	// Retries of batches since the producer was made.
	Retries int64
	// Waiting is why the batch under way was not taken yet, Since when it was
	// tried first; nil where none has to be tried again.
	Waiting error
	Since   time.Time
}

// Stats by partition. It is safe to call at any time, and waits for nothing.
func (p *Producer) Stats() []ProducerStats {
	all := make([]ProducerStats, len(p.lanes))
	for n, l := range p.lanes {
		l.mu.Lock()
		all[n] = l.stats
		l.mu.Unlock()
	}
	return all
}

// retries notes that a batch which was tried first at began has to wait.
func (l *lane) retries(cause error, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats = ProducerStats{Retries: l.stats.Retries + 1, Waiting: cause, Since: began}
}

// goesOn notes that no batch has to be tried again.
func (l *lane) goesOn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stats.Waiting, l.stats.Since = nil, time.Time{}
}
