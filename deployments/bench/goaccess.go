package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// goAccessPanels are those that GoAccess can leave out; one has to stay. What
// it counts is not what is compared.
var goAccessPanels = [...]string{
	"REQUESTS", "REQUESTS_STATIC", "NOT_FOUND", "HOSTS", "OS", "BROWSERS", "VISIT_TIMES", "VIRTUAL_HOSTS", "REFERRERS",
	"REFERRING_SITES", "KEYPHRASES", "STATUS_CODES", "REMOTE_USER", "CACHE_STATUS", "GEO_LOCATION", "MIME_TYPE", "TLS_TYPE",
}

// runGoAccess gives how many lines it reads in a second of CPU time, with its
// own format for S3: as it comes, or with as little to count as it can be
// told.
func runGoAccess(ctx context.Context, b *bench, log string, least bool) (float64, error) {
	program, err := exec.LookPath("goaccess")
	if err != nil {
		return 0, errors.New("not on the PATH (apt-get install goaccess)")
	}
	report := b.path("goaccess.json")
	// Without num-tests it gives up where the first ten lines don't fit: of
	// some stories' lines it can read none.
	args := []string{log, "--no-global-config", "--log-format=AWSS3", "--num-tests=0", "--no-progress", "--no-parsing-spinner", "-o", report}
	if least {
		args = append(args, "--no-query-string")
		for _, panel := range goAccessPanels {
			args = append(args, "--ignore-panel="+panel)
		}
	}
	_, cost, err := execute(ctx, nil, program, args...)
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return 0, err
	}
	var told struct {
		General struct {
			Total  int64 `json:"total_requests"`
			Failed int64 `json:"failed_requests"`
		} `json:"general"`
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return 0, fmt.Errorf("read report of GoAccess: %w", err)
	}
	if told.General.Failed > told.General.Total/10 {
		return 0, fmt.Errorf("GoAccess could not read %d of %d lines", told.General.Failed, told.General.Total)
	}
	return perSecond(told.General.Total, cost.CPU), nil
}
