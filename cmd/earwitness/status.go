package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/monitor"
)

type statusFlags struct {
	place   config.Flags
	address string
	json    bool
}

func statusCommand() *cobra.Command {
	var flags statusFlags
	cmd := &cobra.Command{
		Use:     "status",
		GroupID: groupRun,
		Short:   "Show what a running process does, and what it waits for",
		Long: `Ask a running process what it does, and show it as one table: how far each
source is read, and how far each stage is in each partition of its topic; how
much it has not got yet, and for how long; what it waits for, since when; how
often it has tried again, and how much went to the dead letters. Of sources
position, end and lag are bytes, of stages they are messages.

The process has to listen: "earwitness run --http ` + string(config.StatusAddress) + `", or
http.listen in the configuration. It is asked at --address, else at http.listen
of --config, else at ` + string(config.StatusAddress) + `. What else it tells there stands in
docs/operations/metrics.md.

Exit codes: 0 it answers, ready or not; 1 it does not, 2 wrong usage.`,
		Example: `  earwitness run --s3-logs ./logs --audits ./audits --http ` + string(config.StatusAddress) + `
  earwitness status

  earwitness status --config earwitness.yaml
  earwitness status --address 10.0.0.7:9850 --json | jq '.engine.stages'`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return showStatus(cmd, &flags) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.place.File, "config", "", "configuration `FILE` of the process, for its http.listen")
	set.StringVar(&flags.address, "address", "", "ask at `HOST:PORT`")
	set.BoolVar(&flags.json, "json", false, "one JSON document, for programs")
	return cmd
}

func showStatus(cmd *cobra.Command, flags *statusFlags) error {
	address, err := flags.where(cmd)
	if err != nil {
		return err
	}
	text, err := askStatus(cmd.Context(), address)
	if err != nil {
		return fmt.Errorf("ask %s for its status: %w", address, err)
	}
	if flags.json {
		_, err := cmd.OutOrStdout().Write(text)
		return err
	}
	var report monitor.Report
	if err := json.Unmarshal(text, &report); err != nil || report.Began.IsZero() {
		return fmt.Errorf("ask %s for its status: %w; is it another version, or another program?", address, errors.Join(errNoStatus, err))
	}
	var b bytes.Buffer
	printStatus(&b, address, &report, time.Now())
	_, err = b.WriteTo(cmd.OutOrStdout())
	return err
}

var errNoStatus = errors.New("the answer is no status")

// where says whom to ask.
func (f *statusFlags) where(cmd *cobra.Command) (string, error) {
	if f.address != "" {
		address, err := config.ParseListenAddress(f.address)
		if err != nil {
			return "", usageErrorf(cmd, "--address: %w", err)
		}
		return address.Reached(), nil
	}
	if f.place.File == "" {
		return config.StatusAddress.Reached(), nil
	}
	settings, err := config.Load(f.place)
	if err != nil {
		return "", err
	}
	switch listen := settings.HTTP.Listen; {
	case listen == "":
		return "", usageErrorf(cmd, "http.listen is not set in %s: a process with it tells its status nowhere, unless it was given --http; name that by --address", f.place.File)
	case listen.Free():
		return "", usageErrorf(cmd, "http.listen of %s is any port that is free: its log names the address; give that by --address", f.place.File)
	default:
		return listen.Reached(), nil
	}
}

const (
	askFor     = 10 * time.Second
	statusMost = 64 << 20
)

// askStatus gives the answer as it came.
func askStatus(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/status", nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("nothing listens there: %w; does it run, and with --http %s or http.listen?", err, address)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("no answer for %s: %w", askFor, err)
	case err != nil:
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s; is it another program?", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, statusMost))
}
