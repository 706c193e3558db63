package correlate

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
)

// Open makes a fold with the state that Dir holds. Where there is none, or it
// can't be read, or other rules made it, the fold starts with nothing and
// Next is 0: what the log says must be applied again.
func Open(cfg Config) (*Fold, error) {
	if err := cfg.Rules.Validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of state: %w", err)
	}
	f := &Fold{config: cfg, log: cfg.Logger, skipped: make(map[int64]bool)}
	err := f.loadSnapshot()
	if err == nil {
		return f, nil
	}
	if !errors.Is(err, errNoSnapshot) {
		f.log.Warn("snapshot can't be used; state is computed again from the log", slog.Int("partition", cfg.Partition),
			slog.String("dir", cfg.Dir), slog.Any("error", err))
	}
	if err := clearDir(cfg.Dir); err != nil {
		return nil, err
	}
	f.state = newState(cfg.Rules, newBodies(&cfg))
	return f, nil
}

// Close gives back what the fold holds open. What was applied since the last
// snapshot is applied again after the next Open.
func (f *Fold) Close() error { return f.state.bodies.syncOut() }
