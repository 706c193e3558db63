package simulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The names below the folder of a world.
const (
	// LogsDir has the access logs, AuditsDir the audits.
	LogsDir   = "logs"
	AuditsDir = "audits"
	// TrailDir has the log files of CloudTrail, where there are any.
	TrailDir = "cloudtrail"
	// TruthFile has who really did what, one JSON object a line.
	TruthFile = "truth.ndjson"
	// SettingsFile has the Config of the world, and what a run needs to know.
	SettingsFile = "simulation.json"
)

// StoryCount says how often a story happened, and what it left.
type StoryCount struct {
	Times    int64 `json:"times"`
	Requests int64 `json:"requests"`
	Acts     int64 `json:"acts"`
}

// Summary says what a world holds.
type Summary struct {
	// Org is the organisation's id, Recordings how many were made.
	Org        string
	Recordings int64
	// Requests that were made. Lines that tell of them: some requests are
	// lost, some lines are there twice, some are ugly. Of the ugly ones some
	// have more than one reading (recovered), some can't be read (raw).
	Requests, Lines, LostLines, DuplicateLines int64
	UglyLines, RecoveredLines, RawLines        int64
	// Acts that were done, and records of them in any of the shapes.
	Acts, Audits, LostAudits int64
	// LogFiles and LogBytes, before gzip.
	LogFiles, LogBytes int64
	// Stories by name.
	Stories map[string]StoryCount
}

// Generate makes the world of cfg below dir, which must be empty or missing.
// It tells progress, which may be nil, in requests of about how many in all,
// from its own goroutine.
func Generate(ctx context.Context, dir string, cfg Config, progress func(done, total int64)) (Summary, error) {
	if err := cfg.Validate(); err != nil {
		return Summary{}, err
	}
	if err := prepare(dir); err != nil {
		return Summary{}, err
	}
	w := newWorld(&cfg)
	truth, err := os.Create(filepath.Join(dir, TruthFile))
	if err != nil {
		return Summary{}, fmt.Errorf("write truth: %w", err)
	}
	if w.delivery, err = newDelivery(filepath.Join(dir, LogsDir), &cfg); err != nil {
		return Summary{}, errors.Join(err, truth.Close())
	}
	if cfg.CloudTrail {
		w.trail = &trail{dir: filepath.Join(dir, TrailDir), cfg: &cfg}
	}
	w.audits = newAudits(filepath.Join(dir, AuditsDir), w.cast.org, &cfg)
	w.truth = bufio.NewWriterSize(truth, flushBytes)
	if progress == nil {
		progress = func(int64, int64) {}
	}
	err = w.live(ctx, progress)
	if w.trail != nil {
		err = errors.Join(err, w.trail.close())
	}
	err = errors.Join(err, w.delivery.close(), w.audits.close(), w.truth.Flush(), truth.Close())
	w.summary.LogFiles, w.summary.LogBytes = w.delivery.files, w.delivery.bytes
	if err == nil {
		// Last of all, so that only a whole world has settings.
		err = writeSettings(dir, w)
	}
	if err != nil {
		return w.summary, fmt.Errorf("make world in %s: %w", dir, err)
	}
	return w.summary, nil
}

// prepare makes the folders. It refuses one with content: log files are
// appended to, so that two worlds would become one that neither truth knows.
func prepare(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("make world: %w; give a folder that is empty or missing", err)
	case len(entries) > 0:
		return fmt.Errorf("make world in %s: it holds %s already; give a folder that is empty or missing", dir, entries[0].Name())
	}
	for _, name := range [...]string{LogsDir, AuditsDir} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return fmt.Errorf("make world: %w", err)
		}
	}
	return nil
}

// Settings is the content of SettingsFile: the Config of the world and what
// the auditor of it configures.
type Settings struct {
	Config Config `json:"config"`
	Org    string `json:"org"`
	// Model, ServiceRoles and OwnRoles are for the rules.
	Model        string   `json:"model"`
	ServiceRoles []string `json:"service_roles"`
	OwnRoles     []string `json:"own_roles"`
}

func writeSettings(dir string, w *world) error {
	data, err := json.MarshalIndent(Settings{
		Config: *w.cfg, Org: w.cast.org, Model: w.cfg.Model,
		ServiceRoles: []string{w.cfg.ServiceRole}, OwnRoles: []string{w.cfg.OwnRole},
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, SettingsFile), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

// ReadSettings reads those of the world in dir.
func ReadSettings(dir string) (Settings, error) {
	var s Settings
	f, err := os.Open(filepath.Join(dir, SettingsFile))
	if err != nil {
		return s, fmt.Errorf("read settings of world: %w; give the folder of one", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err = errors.Join(err, f.Close()); err != nil {
		return s, fmt.Errorf("read settings of world %s: %w", dir, err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("read settings of world %s: %w", dir, err)
	}
	return s, nil
}
