package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"earwitness/cmd/earwitness/config"
)

// Backfill is a range of days whose objects are read, in place of what the
// sources hold now.
type Backfill struct {
	// From and To are the first day and the one behind the last, midnight UTC.
	From, To time.Time
	// Sources by their names; none: all that list a bucket.
	Sources []string
	// ObjectsPerSecond and BytesPerSecond, of each source; 0 is no limit.
	ObjectsPerSecond float64
	BytesPerSecond   int64
	// Share of the objects that is read.
	Share Share
}

// state names the file that says how far it has come, for a source: another
// range has another.
func (b *Backfill) state(source string) string {
	name := fmt.Sprintf("%s.backfill-%s-%s", source, b.From.Format(time.DateOnly), b.To.Format(time.DateOnly))
	if !b.Share.all() {
		name += fmt.Sprintf("-%d-of-%d", b.Share.Part, b.Share.Parts)
	}
	return name
}

// Choose gives the sources that it reads. An error names one that it can't.
func (b *Backfill) Choose(sources []config.Source) ([]*config.Source, error) {
	var chosen []*config.Source
	var known []string
	for i := range sources {
		s := &sources[i]
		name := string(s.Name)
		if _, _, listed := s.Objects(); listed {
			known = append(known, name)
			if !b.Share.all() && s.Type == config.CloudTrail {
				// Its digests are held against what one process has read.
				if slices.Contains(b.Sources, name) {
					return nil, fmt.Errorf("backfill source %s: CloudTrail's files can't be shared out, for its digests are held against all of them; leave out --share", name)
				}
				continue
			}
			if len(b.Sources) == 0 || slices.Contains(b.Sources, name) {
				chosen = append(chosen, s)
			}
		} else if slices.Contains(b.Sources, name) {
			return nil, fmt.Errorf("backfill source %s: it lists no bucket, and has read all that it can get at; name another", name)
		}
	}
	for _, name := range b.Sources {
		if !slices.ContainsFunc(chosen, func(s *config.Source) bool { return string(s.Name) == name }) {
			return nil, fmt.Errorf("backfill source %s: there is none of that name that lists a bucket; there is %s", name, orNone(known))
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("backfill: no source lists a bucket; name one whose path is s3://BUCKET/PREFIX")
	}
	return chosen, nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Backfill reads the range of Options.Backfill. In a data folder it also brings
// what comes of it to the sinks; with brokers those who follow the topics do.
// How far the sources have delivered is not stated: the range says nothing
// about the days behind it.
func (e *Engine) Backfill(ctx context.Context) (Result, error) {
	if e.config.Shared() {
		err := e.start(ctx)
		if err == nil {
			err = e.readSources(ctx)
		}
		return e.result(), err
	}
	err := e.serve(ctx, func(ctx context.Context, c *consumers) error {
		if err := e.readSources(ctx); err != nil {
			return err
		}
		return e.passBarrier(ctx, c)
	})
	return e.result(), err
}
