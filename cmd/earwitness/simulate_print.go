package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"earwitness/sources/simulate"
)

// printWorld says what a world holds and how badly it was told of.
func printWorld(b *bytes.Buffer, width int, world *simulate.Config, sum *simulate.Summary) {
	last := midnight(world.Start.AddDate(0, 0, world.Days-1))
	fill(b, width, "", fmt.Sprintf("A contact centre was simulated, %s to %s, storage model %s, seed %d.",
		(*midnight)(&world.Start), &last, world.Model, world.Seed))
	fill(b, width, "  ", fmt.Sprintf("%s, %s of people in the contact centre, %s to the bucket",
		count(uint64(sum.Recordings), "recording"), count(uint64(sum.Acts), "act"), count(uint64(sum.Requests), "request")))
	fill(b, width, "  ", fmt.Sprintf("%s in %s (%s): %s lost, %s twice, %s ugly, %s of them past reading",
		count(uint64(sum.Lines), "log line"), count(uint64(sum.LogFiles), "file"), humanize.IBytes(uint64(sum.LogBytes)),
		humanize.Comma(sum.LostLines), humanize.Comma(sum.DuplicateLines), humanize.Comma(sum.UglyLines), humanize.Comma(sum.RawLines)))
	fill(b, width, "  ", fmt.Sprintf("%s in four shapes, %s lost", count(uint64(sum.Audits), "audit"), humanize.Comma(sum.LostAudits)))
	b.WriteString("\n")
}

// printStories lists what has happened, in the order of the manual.
func printStories(b *bytes.Buffer, sum *simulate.Summary) {
	fmt.Fprintf(b, "%-20s %9s %9s %9s\n", "STORY", "TIMES", "REQUESTS", "ACTS")
	names := slices.DeleteFunc(simulate.Stories(), func(name string) bool { return sum.Stories[name] == simulate.StoryCount{} })
	for _, name := range names {
		n := sum.Stories[name]
		fmt.Fprintf(b, "%-20s %9s %9s %9s\n", name, humanize.Comma(n.Times), humanize.Comma(n.Requests), humanize.Comma(n.Acts))
	}
	b.WriteString("\n")
}

// worldCommand is a run over the world in dir, in pieces of a line each.
func worldCommand(dir string, world *simulate.Config) []string {
	path := func(name string) string { return quoted(filepath.Join(dir, name)) }
	sources := "--s3-logs " + path(simulate.LogsDir) + " --audits " + path(simulate.AuditsDir)
	if world.CloudTrail {
		sources += " --cloudtrail " + path(simulate.TrailDir)
	}
	return []string{
		strings.Join([]string{program(), "run --once --data", path("data"), "--model", world.Model}, " "),
		sources,
		"--service-role " + quoted(world.ServiceRole),
		"--own-role " + quoted(world.OwnRole),
	}
}
