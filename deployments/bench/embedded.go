package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// embeddedRun is what came of reading the world with all that is embedded.
type embeddedRun struct {
	data    string
	records int64
	took    time.Duration
	cost    spent
}

// exitDeadLetters is how a run ends that could not read some lines: a world
// has such lines.
const exitDeadLetters = 3

func (b *bench) theEmbedded(ctx context.Context) (embeddedRun, error) {
	return b.embedded.get(func() (embeddedRun, error) {
		w, err := b.theWorld(ctx)
		if err != nil {
			return embeddedRun{}, err
		}
		r := embeddedRun{data: b.path("embedded")}
		b.say("reading the world, embedded")
		r.records, r.took, r.cost, err = b.runOnce(ctx, "embedded", append([]string{"--data", r.data}, w.sources()...))
		return r, err
	})
}

// runOnce lets earwitness take in what there is; the time is the one it tells,
// which ends when every sink has every record.
func (b *bench) runOnce(ctx context.Context, name string, args []string) (records int64, took time.Duration, cost spent, err error) {
	args = append([]string{"run", "--once"}, args...)
	if b.profiles != "" {
		args = append(args, "--cpuprofile", filepath.Join(b.profiles, name+".pprof"))
	}
	out, cost, err := execute(ctx, nil, b.program, args...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == exitDeadLetters {
		err = nil
	}
	if err != nil {
		return 0, 0, cost, err
	}
	records, took, err = readSummary(string(out))
	return records, took, cost, err
}

// readSummary takes "Read 53,589 records in 2.1s (…" apart.
func readSummary(text string) (records int64, took time.Duration, err error) {
	match := regexp.MustCompile(`Read ([\d,]+) records? in (\S+) \(`).FindStringSubmatch(text)
	if match == nil {
		return 0, 0, fmt.Errorf("the run does not say what it read: %q", firstLine(text))
	}
	if records, err = strconv.ParseInt(strings.ReplaceAll(match[1], ",", ""), 10, 64); err != nil {
		return 0, 0, err
	}
	took, err = time.ParseDuration(match[2])
	return records, took, err
}

func measureEmbedded(ctx context.Context, b *bench) (figure, error) {
	r, err := b.theEmbedded(ctx)
	if err != nil {
		return figure{}, err
	}
	speed := perSecond(r.records, r.took)
	return figure{
		figure: fmt.Sprintf("%s evidence/s (%s pieces in %s), %s CPU (%.0f us a piece), %s peak", thousands(speed), thousands(float64(r.records)),
			seconds(r.took), seconds(r.cost.CPU), float64(r.cost.CPU.Microseconds())/float64(r.records), mebibytes(r.cost.Peak)),
		beside:  "-",
		reached: reached(speed >= 100e3) + ", " + reached(r.cost.Peak < 512<<20),
	}, nil
}
