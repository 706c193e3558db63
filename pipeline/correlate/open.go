package correlate

import (
	"log/slog"
)

// Open makes a fold with the state that Dir holds, or with none.
func Open(cfg Config) (*Fold, error) {
	if err := cfg.Rules.Validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	f := &Fold{config: cfg, log: cfg.Logger, skipped: make(map[int64]bool)}
	f.state = newState(cfg.Rules, newBodies(cfg.Dir))
	return f, nil
}

// Close gives back what the fold holds open. What was applied since the last
// snapshot is applied again after the next Open.
func (f *Fold) Close() error { return f.state.bodies.syncOut() }
