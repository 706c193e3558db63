package engine

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/coverage"
)

const (
	// silentAfter is how long the coverage of a source may stand still before
	// that is said, and two of its listings or passes longer.
	silentAfter = 10 * time.Minute
	// attendEvery is how often clock and coverage are looked at.
	attendEvery = 10 * time.Second
)

// CoverageStatus is up to when a source is covered. It is told by the process
// that states it: where several share the partitions, by the one that follows
// partition 0.
type CoverageStatus struct {
	Source string `json:"source"`
	// Until is up to when records may be final, as far as this source goes;
	// absent where nothing was stated since this process states it.
	Until *time.Time `json:"until,omitempty"`
	// Advanced is when that moved last, or since when it is looked at.
	Advanced time.Time `json:"advanced"`
	// Silent says that it has not moved for long.
	Silent bool `json:"silent"`
	// Readers are the processes that read it, under a lease where they are
	// several. Gone are those whose lease has ended, and that hold it back
	// until the others have read it whole; HeldBy is who holds it back.
	Readers int    `json:"readers"`
	Gone    int    `json:"gone,omitempty"`
	HeldBy  string `json:"held_by,omitempty"`

	patience time.Duration
}

// covered is what this process states of coverage. Safe for concurrent use.
type covered struct {
	mu      sync.Mutex
	sources map[string]*CoverageStatus
}

// begin looks at sources from now on.
func (c *covered) begin(settings *config.Config, names []string, readers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sources = make(map[string]*CoverageStatus, len(names))
	for _, name := range names {
		c.sources[name] = &CoverageStatus{Source: name, Advanced: time.Now(), Readers: readers, patience: silentAfter}
	}
	for i := range settings.Sources {
		s := &settings.Sources[i]
		if of := c.sources[string(s.Name)]; of != nil {
			of.patience += 2 * max(s.S3.Every.Std(), s.Genesys.Every.Std())
		}
	}
}

// end looks at none: another process states it.
func (c *covered) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sources = nil
}

// until is up to when a source was stated; known says whether it is looked at.
func (c *covered) until(name string) (at time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sources[name]
	if s == nil || s.Until == nil {
		return time.Time{}, s != nil
	}
	return *s.Until, true
}

// advance notes that a source is stated up to a time.
func (c *covered) advance(name string, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sources[name]; s != nil && (s.Until == nil || until.After(*s.Until)) {
		until = until.UTC()
		s.Until, s.Advanced = &until, time.Now()
	}
}

// look notes who reads a source.
func (c *covered) look(state *coverage.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sources[state.Source]; s != nil {
		s.Readers, s.Gone, s.HeldBy = state.Readers, state.Ended, state.HeldBy
	}
}

// silent gives those that have fallen silent, and those that are heard again,
// each once.
func (c *covered) silent(now time.Time) (fallen, again []CoverageStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sources {
		switch is := now.Sub(s.Advanced) >= s.patience; {
		case is && !s.Silent:
			s.Silent = true
			fallen = append(fallen, *s)
		case !is && s.Silent:
			s.Silent = false
			again = append(again, *s)
		}
	}
	return fallen, again
}

func (c *covered) status() []CoverageStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]CoverageStatus, 0, len(c.sources))
	for _, s := range c.sources {
		one := *s
		one.Advanced = one.Advanced.UTC().Round(0)
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b CoverageStatus) int { return cmp.Compare(a.Source, b.Source) })
	return all
}

// attend says what is wrong with clock and coverage, until ctx ends.
func (e *Engine) attend(ctx context.Context) {
	ticker := time.NewTicker(attendEvery)
	defer ticker.Stop()
	held := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		e.saySilent(ctx)
		now := e.clock.Held()
		switch {
		case now > 0 && held == 0:
			e.log.LogAttrs(ctx, slog.LevelWarn, "the clock of this machine was set forward, or it slept; coverage follows once the clock has stood so for as long",
				slog.Duration("by", now))
		case now == 0 && held > 0:
			e.log.LogAttrs(ctx, slog.LevelInfo, "coverage follows the clock of this machine again")
		}
		held = now
	}
}

func (e *Engine) saySilent(ctx context.Context) {
	fallen, again := e.covered.silent(time.Now())
	for i := range fallen {
		s := &fallen[i]
		attributes := []slog.Attr{
			slog.String("source", s.Source), slog.Duration("for", time.Since(s.Advanced).Round(time.Second)), slog.Int("readers", s.Readers),
		}
		if s.Until != nil {
			attributes = append(attributes, slog.Time("covered_until", *s.Until))
		}
		if s.HeldBy != "" {
			attributes = append(attributes, slog.String("held_by", s.HeldBy))
		}
		e.log.LogAttrs(ctx, slog.LevelWarn, "a source is silent: nobody has stated that it was read whole; records that hang on it stay pending", attributes...)
	}
	for i := range again {
		e.log.LogAttrs(ctx, slog.LevelInfo, "a source is heard again", slog.String("source", again[i].Source))
	}
}
