package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/letters"
)

// leastID is how many hex digits of an id are enough to ask by.
const leastID = 4

// letterFilter chooses dead letters on the command line.
type letterFilter struct {
	stages, causes, sources []string
	since, until            string
}

func (f *letterFilter) register(set *pflag.FlagSet) {
	set.StringSliceVar(&f.stages, "stage", nil, "only of the stage `NAME`: s3log, genesys, cloudtrail, intake, queue, correlate, elastic (repeatable)")
	set.StringSliceVar(&f.causes, "cause", nil, "only of the cause `NAME`: unreadable, too-long, … (repeatable)")
	set.StringArrayVar(&f.sources, "source", nil, "only from the configured source `NAME`, or from an address as WHERE shows it: file:///logs (repeatable)")
	set.StringVar(&f.since, "since", "", "only of failures from the time `T` on, UTC: 2026-03-01, 2026-03-01T10:00 or RFC 3339")
	set.StringVar(&f.until, "until", "", "only of failures up to the time `T`; a day is taken to its end")
}

// takesAll says that no flag was given.
func (f *letterFilter) takesAll() bool {
	return len(f.stages)+len(f.causes)+len(f.sources) == 0 && f.since == "" && f.until == ""
}

// filter reads the flags, and ids or their beginnings.
func (f *letterFilter) filter(cmd *cobra.Command, settings *config.Config, ids []string) (letters.Filter, error) {
	chosen := letters.Filter{Stages: f.stages, Causes: f.causes}
	for _, id := range ids {
		id = strings.ToLower(id)
		if len(id) < leastID || strings.Trim(id, "0123456789abcdef") != "" {
			return chosen, usageErrorf(cmd, "%q is no id; give %d hex digits or more of one that \"earwitness deadletter list\" names", id, leastID)
		}
		chosen.IDs = append(chosen.IDs, id)
	}
	for _, source := range f.sources {
		place, err := f.place(cmd, settings, source)
		if err != nil {
			return chosen, err
		}
		chosen.Places = append(chosen.Places, place)
	}
	var span time.Duration
	var err error
	if chosen.Since, _, err = parseTime(f.since); err != nil {
		return chosen, usageErrorf(cmd, "--since: %w", err)
	}
	if chosen.Until, span, err = parseTime(f.until); err != nil {
		return chosen, usageErrorf(cmd, "--until: %w", err)
	}
	if !chosen.Until.IsZero() {
		chosen.Until = chosen.Until.Add(max(span, time.Millisecond))
	}
	if !chosen.Since.IsZero() && !chosen.Until.IsZero() && !chosen.Until.After(chosen.Since) {
		return chosen, usageErrorf(cmd, "--until lies before --since")
	}
	return chosen, nil
}

// place is a source's, or an address that was given.
func (f *letterFilter) place(cmd *cobra.Command, settings *config.Config, source string) (letters.Place, error) {
	var names []string
	for i := range settings.Sources {
		s := &settings.Sources[i]
		if string(s.Name) != source {
			names = append(names, string(s.Name))
			continue
		}
		if place := letters.PlaceOf(s); place != "" {
			return place, nil
		}
		return "", usageErrorf(cmd, "--source: source %s has no one address; give the one that \"earwitness deadletter list\" shows, or its beginning", source)
	}
	if strings.Contains(source, ":") {
		return letters.Place(source), nil
	}
	known := "none is configured"
	if len(names) > 0 {
		known = "there are " + strings.Join(names, ", ")
	}
	return "", usageErrorf(cmd, "--source: no source is named %q (%s), and it is no address as file:///logs is", source, known)
}
