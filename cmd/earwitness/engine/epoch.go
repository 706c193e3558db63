package engine

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
)

const epochFormat = 1

// epochFile is the epoch in force, written before the epoch record goes to
// the partitions: at each start it is sent again, so that a crash between two
// partitions heals.
type epochFile struct {
	Format     int      `json:"format"`
	Number     uint64   `json:"number"`
	Lineage    string   `json:"lineage"`
	Rules      string   `json:"rules_sha256"`
	Sources    []string `json:"sources"`
	Partitions int      `json:"partitions"`
	Reason     string   `json:"reason"`
	// Rebuilding says that the rebuild which opened the epoch has not ended.
	Rebuilding bool `json:"rebuilding,omitempty"`
}

// RulesChangedError says that what the data folder holds was judged under
// other settings.
type RulesChangedError struct{ Folder string }

func (e *RulesChangedError) Error() string {
	return fmt.Sprintf("open data folder %s: its records were judged under other rules (model, roles, networks, windows or key patterns); "+
		"run \"earwitness rebuild\" with the present settings to judge all evidence anew, or go back to the former ones", e.Folder)
}

// UnfinishedRebuildError says that a rebuild was interrupted.
type UnfinishedRebuildError struct{ Folder string }

func (e *UnfinishedRebuildError) Error() string {
	return fmt.Sprintf("open data folder %s: a rebuild of it was interrupted; run \"earwitness rebuild\" again, it starts anew", e.Folder)
}

func epochPath(c *config.Config) string { return filepath.Join(string(c.Data), "epoch.json") }

// readEpoch gives nil where there is none yet.
func readEpoch(c *config.Config) (*epochFile, error) {
	path := epochPath(c)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read epoch: %w", err)
	}
	var e epochFile
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("read epoch %s: %w; restore it from a copy", path, err)
	}
	if lineage, err := hex.DecodeString(e.Lineage); err != nil || len(lineage) != 16 || e.Format != epochFormat || e.Number == 0 {
		return nil, fmt.Errorf("read epoch %s: it is not of format %d, or damaged; restore it from a copy", path, epochFormat)
	}
	return &e, nil
}

func (e *epochFile) write(c *config.Config) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write epoch: %w", err)
	}
	if err := writeDurably(epochPath(c), append(text, '\n')); err != nil {
		return fmt.Errorf("write epoch: %w", err)
	}
	return nil
}

// writeDurably replaces a file, or leaves it as it was.
func writeDurably(path string, text []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// decideEpoch gives the epoch for the present settings: the one in force, or
// the next one where only the sources differ.
func decideEpoch(c *config.Config) (*epochFile, error) {
	e, err := readEpoch(c)
	if err != nil {
		return nil, err
	}
	rules := rulesOf(c)
	switch {
	case e == nil:
		lineage := make([]byte, 16)
		_, _ = rand.Read(lineage) // it never fails
		e = &epochFile{
			Format: epochFormat, Number: 1, Lineage: hex.EncodeToString(lineage), Rules: rules,
			Sources: c.SourceNames(), Partitions: c.Bus.Partitions, Reason: correlate.ReasonNew,
		}
	case e.Rebuilding:
		return nil, &UnfinishedRebuildError{Folder: string(c.Data)}
	case e.checkPartitions(c) != nil:
		return nil, e.checkPartitions(c)
	case e.Rules != rules:
		return nil, &RulesChangedError{Folder: string(c.Data)}
	case !slices.Equal(e.Sources, c.SourceNames()):
		e.Number, e.Sources, e.Reason = e.Number+1, c.SourceNames(), correlate.ReasonSources
	default:
		return e, nil
	}
	return e, e.write(c)
}

func (e *epochFile) checkPartitions(c *config.Config) error {
	if e.Partitions == c.Bus.Partitions {
		return nil
	}
	return fmt.Errorf("open data folder %s: it was made with %d partitions, bus.partitions is %d; the number is fixed, so set %d",
		c.Data, e.Partitions, c.Bus.Partitions, e.Partitions)
}

func rulesOf(c *config.Config) string {
	sum := c.Fingerprint()
	return hex.EncodeToString(sum[:])
}

func (e *epochFile) lineage() (id [16]byte) {
	b, err := hex.DecodeString(e.Lineage)
	if err == nil {
		copy(id[:], b)
	}
	return id
}

func (e *epochFile) control() *bus.Control {
	rules, err := hex.DecodeString(e.Rules)
	if err != nil {
		rules = nil
	}
	lineage := e.lineage()
	return &bus.Control{Body: &bus.Control_Epoch{Epoch: &bus.Epoch{
		Number: e.Number, Lineage: lineage[:], RulesSha256: rules, Sources: e.Sources, Reason: e.Reason,
	}}}
}
