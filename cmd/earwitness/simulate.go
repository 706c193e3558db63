package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"earwitness/sources/simulate"
)

func simulateCommand() *cobra.Command {
	var out string
	world := simulate.DefaultConfig()
	cmd := &cobra.Command{
		Use:     "simulate",
		GroupID: groupRun,
		Short:   "Make a little world whose truth is known",
		Long: `Make a small contact centre with a seed, and write what AWS and Genesys Cloud
would have written about it: access logs (late, twice, out of order, some lost,
some ugly) and audits in each of their shapes. Who really did what is written
apart, so that an answer can be measured against it. People, companies and
secrets are invented.

The same settings give the same bytes. With another share of what is lost,
late or ugly the world stays the same. Shares are written as 1% or 0.01.

Everything is described in docs/simulator.md.`,
		Example: `  earwitness simulate --out ./world

  # a bigger one, with bad audits
  earwitness simulate --out ./world --seed 7 --days 30 --requests 1000000 \
    --lost-audits 5% --audit-skew 5s`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "out"); err != nil {
				return err
			}
			if err := world.Validate(); err != nil {
				return usageErrorf(cmd, "%w", err)
			}
			sum, err := makeWorld(cmd.Context(), cmd.ErrOrStderr(), out, &world)
			if err != nil {
				return err
			}
			return printSimulated(cmd.OutOrStdout(), out, &world, &sum)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write to the folder `DIR`, which is empty or missing")
	registerWorld(cmd.Flags(), &world)
	return cmd
}

// registerWorld adds a flag for each setting of a world; what stands in it is
// the default.
func registerWorld(set *pflag.FlagSet, world *simulate.Config) {
	set.Uint64Var(&world.Seed, "seed", world.Seed, "draw everything from the number `N`")
	set.Var((*midnight)(&world.Start), "start", "first day, `YYYY-MM-DD`")
	set.IntVar(&world.Days, "days", world.Days, "the world lasts `N` days")
	set.Int64Var(&world.Requests, "requests", world.Requests, "about `N` requests to the bucket")
	set.Int64Var(&world.Recordings, "recordings", world.Recordings, "`N` recordings are made each day; 0: one for each 40 requests")
	set.StringVar(&world.Model, "model", world.Model, "storage model, `export|direct`")
	set.IntVar(&world.Agents, "agents", world.Agents, "the contact centre has `N` agents")
	set.StringVar(&world.Bucket, "bucket", world.Bucket, "`NAME` of the bucket")
	set.StringVar(&world.Region, "region", world.Region, "`NAME` of its region")
	set.StringVar(&world.Account, "account", world.Account, "`ID` of the account")
	set.StringVar(&world.ServiceRole, "service-role", world.ServiceRole, "`ARN` of the contact centre's role")
	set.StringVar(&world.OwnRole, "own-role", world.OwnRole, "`PATTERN` over the ARNs of our own roles")
	set.DurationVar(&world.LateMax, "late-max", world.LateMax, "the longest that a line takes to be delivered, `TIME`")
	set.DurationVar(&world.AuditSkew, "audit-skew", world.AuditSkew, "the clock of the audits is ahead by `TIME`; -5s: behind")
	set.BoolVar(&world.CloudTrail, "trail", world.CloudTrail, "CloudTrail tells of the requests too")
	set.IntVar(&world.FileLines, "file-lines", world.FileLines, "the most lines in a log file, `N`")
	for _, s := range []struct {
		value       *float64
		name, usage string
	}{
		{&world.LateLines, "late-lines", "of lines that take any time up to --late-max"},
		{&world.LostLines, "lost-lines", "of lines that never come"},
		{&world.DuplicateLines, "duplicate-lines", "of lines that come twice"},
		{&world.UglyLines, "ugly-lines", "of lines that break parsers"},
		{&world.LostAudits, "lost-audits", "of audits that never come"},
		{&world.DuplicateAudits, "duplicate-audits", "of audits that come by a second way too"},
		{&world.GzipFiles, "gzip-files", "of log files that are gzip"},
	} {
		set.Var((*share)(s.value), s.name, "`SHARE` "+s.usage)
	}
}

// makeWorld makes it, with a progress bar on a terminal.
func makeWorld(ctx context.Context, errOut io.Writer, dir string, world *simulate.Config) (simulate.Summary, error) {
	bar := newBar(errOut)
	defer bar.end()
	return simulate.Generate(ctx, dir, *world, func(done, total int64) {
		bar.draw("simulating "+humanize.Comma(done)+" requests", float64(done)/float64(max(total, 1)))
	})
}

// share is a part of 1, written as 0.01 or 1%.
type share float64

func (s *share) String() string {
	return strconv.FormatFloat(float64(*s)*100, 'g', 6, 64) + "%"
}

func (s *share) Set(text string) error {
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(digits, 64)
	if percent {
		n /= 100
	}
	if err != nil || !(n >= 0 && n <= 1) {
		return errors.New("a share from 0 to 1 is wanted, as in 1% or 0.01")
	}
	*s = share(n)
	return nil
}

func (s *share) Type() string { return "share" }

// midnight is the beginning of a day in UTC.
type midnight time.Time

func (m *midnight) String() string {
	if time.Time(*m).IsZero() {
		return ""
	}
	return time.Time(*m).Format(time.DateOnly)
}

func (m *midnight) Set(text string) error {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return errors.New("a day is wanted, as in 2026-03-02")
	}
	*m = midnight(at)
	return nil
}

func (m *midnight) Type() string { return "date" }

func printSimulated(out io.Writer, dir string, world *simulate.Config, sum *simulate.Summary) error {
	var b bytes.Buffer
	printWorld(&b, columns(out), world, sum)
	printStories(&b, sum)
	fmt.Fprintf(&b, "Read and judge it:\n  %s\n", strings.Join(worldCommand(dir, world), " \\\n    "))
	_, err := out.Write(b.Bytes())
	return err
}
