package testbed

import (
	"context"
	"fmt"
	"strings"
)

// missing tells what this machine lacks to fetch and to run servers: all of
// it, before anything is begun.
func (c cache) missing(ctx context.Context, names []string) error {
	var lacks []string
	var needJava []string
	looked := map[string]bool{}
	for _, name := range names {
		t := toolOf(name)
		if looked[t.key()] {
			continue
		}
		looked[t.key()] = true
		if !present(c.path(t.key())) {
			if _, err := t.findProgram(); err != nil {
				lacks = append(lacks, err.Error())
			}
		}
		if t.lock == "maven" {
			needJava = append(needJava, t.name+" "+t.version)
		}
	}
	if len(needJava) > 0 {
		if _, err := javaHome(ctx); err != nil {
			lacks = append(lacks, fmt.Sprintf("run %s: %v", strings.Join(needJava, " and "), err))
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("start real servers: this machine lacks what they need:\n%s", strings.Join(lacks, "\n"))
}

// advise adds what to do about a fault of the machine, whoever met it: we, the
// program that fetches, or the server, which says so in its log.
func (c cache) advise(err error) error {
	text := strings.ToLower(err.Error())
	switch {
	case strings.Contains(text, "no space left on device"):
		return fmt.Errorf("%w\na disk is full: make room for 3 GB in %s (XDG_CACHE_HOME chooses another place), in Go's cache (go env GOCACHE), Maven's (~/.m2), and the folder for temporary files (TMPDIR)", err, c.dir)
	case strings.Contains(text, "address already in use"):
		return fmt.Errorf("%w\nanother program has taken a port between %d and %d that was free a moment ago: run it again", err, lowestPort, highestPort)
	}
	return err
}
