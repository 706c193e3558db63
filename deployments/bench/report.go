package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
)

// figure is what a row came to.
type figure struct {
	// figure is ours, beside what it is compared with in the same run.
	figure, beside string
	// reached tells of each goal whether it is; empty where nothing was
	// measured.
	reached string
}

// writeHead writes where the table comes from, and its first lines.
func writeHead(out io.Writer, m machine) error {
	_, err := fmt.Fprintf(out, `Measured %s: %s, %d cores, %s, Linux %s, %s, version %s. The last column: load average before the row, and cores that other work used during it.

| row | what | figure | beside it in the same run | goal | reached | load |
|---|---|---|---|---|---|---|
`, m.at.Format("2006-01-02 15:04 UTC"), m.processor, m.cores, humanize.IBytes(uint64(m.memory)), m.kernel, m.goVersion, m.revision)
	return err
}

func writeRow(out io.Writer, r row, f figure, load string) error {
	_, err := fmt.Fprintf(out, "| `%s` | %s | %s | %s | %s | %s | %s |\n", r.name, r.what, f.figure, f.beside, r.goal, f.reached, load)
	return err
}

// rate is so many a second, in a form for people.
func rate(n int64, d time.Duration) string { return thousands(perSecond(n, d)) }

func perSecond(n int64, d time.Duration) float64 {
	return float64(n) / max(d.Seconds(), 1e-9)
}

func thousands(f float64) string {
	switch {
	case f >= 1e6:
		return fmt.Sprintf("%.2f M", f/1e6)
	case f >= 1e4:
		return fmt.Sprintf("%.0f k", f/1e3)
	case f >= 1e3:
		return fmt.Sprintf("%.1f k", f/1e3)
	}
	return fmt.Sprintf("%.0f", f)
}

func mebibytes(n int64) string {
	return fmt.Sprintf("%s MiB", humanize.Comma((n+1<<19)>>20))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// reached says of a goal whether it was.
func reached(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// percentile of durations, which it sorts.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(float64(len(all))*p))]
}

// median of an odd number of figures.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}
