package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
)

const epochFormat = 1

// epochs keeps the epoch in force where all who work on the same topics find
// it.
type epochs interface {
	// read gives nil where there is none yet.
	read(ctx context.Context) (*epochFile, error)
	// write puts the one that comes next in force, durably. Another process
	// that was quicker is an *overtakenError: read again.
	write(ctx context.Context, e *epochFile) error
}

// overtakenError says that another process has opened an epoch meanwhile.
type overtakenError struct{ by *epochFile }

func (e *overtakenError) Error() string {
	return fmt.Sprintf("open epoch: another process has opened epoch %d meanwhile; start again", e.by.Number)
}

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
type RulesChangedError struct{ Place string }

func (e *RulesChangedError) Error() string {
	return fmt.Sprintf("open %s: its records were judged under other rules (model, roles, networks, windows or key patterns); "+
		"run \"earwitness rebuild\" with the present settings to judge all evidence anew, or go back to the former ones", e.Place)
}

// UnfinishedRebuildError says that a rebuild was interrupted.
type UnfinishedRebuildError struct{ Place string }

func (e *UnfinishedRebuildError) Error() string {
	return fmt.Sprintf("open %s: a rebuild of it was interrupted, or goes on; run \"earwitness rebuild\" again, it starts anew, or wait for its end", e.Place)
}

// decision gives the epoch to work in, given the one in force, and whether it
// has to be put in force first. It leaves current as it is.
type decision func(c *config.Config, current *epochFile) (next *epochFile, opens bool, err error)

// decideEpoch gives the epoch for the present settings: the one in force, or
// the next one where only the sources differ.
func decideEpoch(c *config.Config, current *epochFile) (*epochFile, bool, error) {
	rules := rulesOf(c)
	switch {
	case current == nil:
		lineage := make([]byte, 16)
		_, _ = rand.Read(lineage) // it never fails
		return &epochFile{
			Format: epochFormat, Number: firstEpoch(c, time.Now()), Lineage: hex.EncodeToString(lineage), Rules: rules,
			Sources: c.SourceNames(), Partitions: c.Bus.Partitions, Reason: correlate.ReasonNew,
		}, true, nil
	case current.Rebuilding:
		return nil, false, &UnfinishedRebuildError{Place: placeOf(c)}
	case current.checkPartitions(c) != nil:
		return nil, false, current.checkPartitions(c)
	case current.Rules != rules:
		return nil, false, &RulesChangedError{Place: placeOf(c)}
	case !slices.Equal(current.Sources, c.SourceNames()):
		next := *current
		next.Number, next.Sources, next.Reason = current.Number+1, c.SourceNames(), correlate.ReasonSources
		return &next, true, nil
	}
	return current, false, nil
}

// firstEpoch of a new lineage. Elasticsearch may hold records of topics that
// are no more, and takes only what has a higher revision: so the number comes
// from the clock there, in units that one lineage can't use up sooner than
// they pass. 2^23 of them are 159 years.
func firstEpoch(c *config.Config, now time.Time) uint64 {
	if !c.Elastic.Enabled() {
		return 1
	}
	return 1 + uint64(max(0, now.Sub(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC))/(10*time.Minute)))
}

// settleEpoch finds the epoch to work in, and puts it in force.
func (e *Engine) settleEpoch(ctx context.Context, decide decision) error {
	for {
		current, err := e.epochs.read(ctx)
		if err != nil {
			return err
		}
		next, opens, err := decide(e.config, current)
		if err != nil {
			return err
		}
		if opens {
			err = e.epochs.write(ctx, next)
		}
		var overtaken *overtakenError
		if errors.As(err, &overtaken) {
			continue
		}
		e.setEpoch(next)
		return err
	}
}

// openEpoch puts a later epoch in force for a reason that lies in what is
// held, and not in the settings.
func (e *Engine) openEpoch(ctx context.Context, reason string) error {
	current := e.epoch
	for {
		next := *current
		next.Number, next.Reason = current.Number+1, reason
		err := e.epochs.write(ctx, &next)
		var overtaken *overtakenError
		if errors.As(err, &overtaken) && overtaken.by.Rules == next.Rules && !overtaken.by.Rebuilding {
			// That one may have been opened before what this one is for.
			current = overtaken.by
			continue
		}
		if err == nil {
			e.setEpoch(&next)
		}
		return err
	}
}

// placeOf names what the epoch is kept with.
func placeOf(c *config.Config) string {
	if c.Shared() {
		return fmt.Sprintf("topics of %v", c.Bus.Brokers)
	}
	return "data folder " + string(c.Data)
}

func (e *epochFile) checkPartitions(c *config.Config) error {
	if e.Partitions == c.Bus.Partitions {
		return nil
	}
	return fmt.Errorf("open %s: it was made with %d partitions, bus.partitions is %d; the number is fixed, so set %d",
		placeOf(c), e.Partitions, c.Bus.Partitions, e.Partitions)
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
