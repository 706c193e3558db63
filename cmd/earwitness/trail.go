package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/index"
	"earwitness/sinks/index/trail"
)

type trailFlags struct {
	place                          config.Flags
	recording, person, ip, verdict string
	since, until                   string
	requests, json                 bool
}

func trailCommand() *cobra.Command {
	var flags trailFlags
	cmd := &cobra.Command{
		Use:     "trail",
		GroupID: groupAsk,
		Short:   "Show who accessed recordings",
		Long: `Show who accessed recordings: an access a line, in the order of time. What may
still change is marked by ? behind the verdict. Filters are joined: an access
has to answer all that are given.

With --json each record is one document on one line, in the form of
docs/formats/record.md: without filters every current record of both kinds,
accesses and requests; with filters the accesses that answer them, each
followed by all its requests.

Reads the embedded index, also while another process writes it.`,
		Example: `  # all of it
  earwitness trail

  # who listened to this recording, with each request?
  earwitness trail --recording 0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7 --requests

  # what did the storage give out last March that nobody can explain?
  earwitness trail --verdict unattributed --since 2026-03-01 --until 2026-03-31

  # for programs
  earwitness trail --json | jq -r '.event.id'`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return showTrail(cmd, &flags) },
	}
	set := cmd.Flags()
	flags.place.RegisterPlace(set)
	set.StringVar(&flags.recording, "recording", "", "only of the recording `ID`, or of the object bucket/key")
	set.StringVar(&flags.person, "person", "", "only by the person `X`: an id, a name, an address for mail, or a principal")
	set.StringVar(&flags.ip, "ip", "", "only from the address `X`")
	set.StringVar(&flags.verdict, "verdict", "", "only with the verdict `X`: "+strings.Join(verdictNames(), ", "))
	set.StringVar(&flags.since, "since", "", "only from the time `T` on, UTC: 2026-03-01, 2026-03-01T10:00 or RFC 3339")
	set.StringVar(&flags.until, "until", "", "only up to the time `T`; a day is taken to its end")
	set.BoolVar(&flags.requests, "requests", false, "show the requests of each access below it")
	set.BoolVar(&flags.json, "json", false, "one JSON document a line, for programs")
	return cmd
}

func showTrail(cmd *cobra.Command, flags *trailFlags) error {
	query, err := flags.query(cmd)
	if err != nil {
		return err
	}
	settings, err := config.Load(flags.place)
	if err != nil {
		return err
	}
	reader, err := openIndex(cmd.Context(), settings)
	if err != nil {
		return err
	}
	defer reader.Close() //nolint:errcheck // it was only read
	if flags.json {
		return printJSON(cmd.Context(), cmd.OutOrStdout(), reader, query, flags.filtered())
	}
	n, err := trail.Table(cmd.OutOrStdout(), width(cmd.OutOrStdout()), reader.Query(cmd.Context(), query))
	if err == nil && n == 0 {
		_, err = fmt.Fprintln(cmd.ErrOrStderr(), "no access found")
	}
	return err
}

func openIndex(ctx context.Context, settings *config.Config) (*index.Reader, error) {
	if settings.Shared() {
		return nil, errors.New("open index: there is none where processes share brokers (bus.brokers); search Elasticsearch, its aliases begin with " +
			string(settings.Elastic.Prefix) + ", or name the data folder of a single process")
	}
	reader, err := index.OpenReader(ctx, string(settings.Index.Path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open index %s: there is none yet; \"earwitness run --once --data %s\" with --s3-logs and --audits makes one, or name another folder with --data",
			settings.Index.Path, settings.Data)
	}
	return reader, err
}

// printJSON without filters gives every record, also should one be without
// its access.
func printJSON(ctx context.Context, out io.Writer, reader *index.Reader, query index.Query, filtered bool) error {
	if filtered {
		query.Requests = true
		return trail.JSON(out, reader.Query(ctx, query))
	}
	lines := trail.NewJSONWriter(out)
	if err := reader.All(ctx, lines.Write); err != nil {
		return err
	}
	return lines.Flush()
}

func (f *trailFlags) filtered() bool {
	return f.recording != "" || f.person != "" || f.ip != "" || f.verdict != "" || f.since != "" || f.until != ""
}

func (f *trailFlags) query(cmd *cobra.Command) (index.Query, error) {
	q := index.Query{RecordingID: evidence.LowerUUID(f.recording), Person: f.person, IP: f.ip, Requests: f.requests}
	if _, err := netip.ParseAddr(f.ip); f.ip != "" && err != nil {
		return q, usageErrorf(cmd, "--ip: %q is no address; write one as in 203.0.113.7 or 2001:db8::1", f.ip)
	}
	if f.verdict != "" {
		if q.Verdict = verdictNamed(f.verdict); q.Verdict == access.Verdict_VERDICT_UNKNOWN {
			return q, usageErrorf(cmd, "--verdict: %q is no verdict; allowed are %s", f.verdict, strings.Join(verdictNames(), ", "))
		}
	}
	var err error
	if q.Since, _, err = parseTime(f.since); err != nil {
		return q, usageErrorf(cmd, "--since: %w", err)
	}
	var span time.Duration
	if q.Until, span, err = parseTime(f.until); err != nil {
		return q, usageErrorf(cmd, "--until: %w", err)
	}
	if span > 0 {
		q.Until = q.Until.Add(span - time.Millisecond)
	}
	if !q.Since.IsZero() && !q.Until.IsZero() && q.Until.Before(q.Since) {
		return q, usageErrorf(cmd, "--until lies before --since")
	}
	return q, nil
}

func verdictNames() []string {
	var names []string
	for v := access.Verdict_VERDICT_UNKNOWN + 1; v.Name() != ""; v++ {
		names = append(names, v.Name())
	}
	return names
}

func verdictNamed(name string) access.Verdict {
	for v := access.Verdict_VERDICT_UNKNOWN + 1; v.Name() != ""; v++ {
		if v.Name() == name {
			return v
		}
	}
	return access.Verdict_VERDICT_UNKNOWN
}

// parseTime reads a time and how long it lasts: a day, a minute, a second.
func parseTime(text string) (at time.Time, span time.Duration, err error) {
	if text == "" {
		return time.Time{}, 0, nil
	}
	for _, form := range []struct {
		layout string
		span   time.Duration
	}{
		{time.DateOnly, 24 * time.Hour},
		{"2006-01-02T15:04", time.Minute},
		{"2006-01-02 15:04", time.Minute},
		{"2006-01-02T15:04:05", time.Second},
		{time.DateTime, time.Second},
		{time.RFC3339, time.Second},
	} {
		if at, err := time.Parse(form.layout, text); err == nil {
			return at, form.span, nil
		}
	}
	return time.Time{}, 0, fmt.Errorf("%q is no time; write 2026-03-01, 2026-03-01T10:00 or 2026-03-01T10:00:00+01:00", text)
}

// width of the terminal that out is; 0 when it is none.
func width(out io.Writer) int {
	f, ok := out.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
