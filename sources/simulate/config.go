package simulate

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The storage models.
const (
	// ModelExport: the contact centre keeps the recordings and exports
	// copies, so that playing one never touches the bucket.
	ModelExport = "export"
	// ModelDirect: the contact centre reads and writes the bucket itself.
	ModelDirect = "direct"
)

// Config says which world to make. Shares are from 0 to 1.
type Config struct {
	// Seed of all that is drawn.
	Seed uint64 `json:"seed"`
	// Start is the first day, at midnight UTC.
	Start time.Time `json:"start"`
	// Days that the world lasts.
	Days int `json:"days"`
	// Requests to the bucket, approximately. In a tiny world the stories that
	// every world has make more of them.
	Requests int64 `json:"requests"`
	// Recordings made each day; 0 is one for each 40 requests.
	Recordings int64 `json:"recordings_per_day"`
	// Model is ModelExport or ModelDirect.
	Model string `json:"model"`
	// Bucket, Region and Account of the recordings.
	Bucket  string `json:"bucket"`
	Region  string `json:"region"`
	Account string `json:"account"`
	// ServiceRole is the ARN of the contact centre's role without the name of
	// a session. OwnRole is a pattern for the roles of whoever runs
	// Earwitness; * stands for what the simulator may choose.
	ServiceRole string `json:"service_role"`
	OwnRole     string `json:"own_role"`
	// Agents that the contact centre has; supervisors and others come on top.
	Agents int `json:"agents"`
	// LateMax is the longest that a line takes to be delivered. Most take
	// less than two hours, the share LateLines any time up to it.
	LateMax   time.Duration `json:"late_max_ns"`
	LateLines float64       `json:"late_lines"`
	// LostLines never come, DuplicateLines come twice, UglyLines are those
	// that break parsers: some can still be read, some can't.
	LostLines      float64 `json:"lost_lines"`
	DuplicateLines float64 `json:"duplicate_lines"`
	UglyLines      float64 `json:"ugly_lines"`
	// LostAudits never come; DuplicateAudits come by a second way too.
	LostAudits      float64 `json:"lost_audits"`
	DuplicateAudits float64 `json:"duplicate_audits"`
	// AuditSkew is how far the clock of the audits is ahead of the storage's;
	// below 0 it is behind.
	AuditSkew time.Duration `json:"audit_skew_ns"`
	// GzipFiles is the share of log files that are gzip.
	GzipFiles float64 `json:"gzip_files"`
	// FileLines is the most lines that a log file holds.
	FileLines int `json:"file_lines"`
	// CloudTrail tells of the requests too, completely, in TrailDir.
	CloudTrail bool `json:"cloud_trail,omitempty"`
}

// DefaultConfig is a week of a small contact centre.
func DefaultConfig() Config {
	return Config{
		Seed:            1,
		Start:           time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC),
		Days:            7,
		Requests:        50_000,
		Model:           ModelDirect,
		Bucket:          "acme-voice-recordings",
		Region:          "eu-central-1",
		Account:         "111122223333",
		ServiceRole:     "arn:aws:sts::111122223333:assumed-role/ContactCentreExport",
		OwnRole:         "arn:aws:sts::111122223333:assumed-role/earwitness-*",
		Agents:          60,
		LateMax:         72 * time.Hour,
		LateLines:       0.01,
		LostLines:       0.001,
		DuplicateLines:  0.005,
		UglyLines:       0.005,
		LostAudits:      0.01,
		DuplicateAudits: 0.1,
		GzipFiles:       0.2,
		FileLines:       5_000,
	}
}

// The bounds of a Config that keep memory and open buffers small.
const (
	maxDays   = 3660
	maxLate   = 14 * 24 * time.Hour
	maxAgents = 20_000
	maxSkew   = 24 * time.Hour
)

var (
	accountForm = regexp.MustCompile(`^\d{12}$`)
	bucketForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	regionForm  = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)
	roleForm    = regexp.MustCompile(`^arn:aws[a-z-]*:sts::\d{12}:assumed-role/[A-Za-z0-9_+=,.@*-]+$`)
)

// Validate says all that is wrong, each with what is allowed.
func (c *Config) Validate() error {
	var errs []error
	want := func(ok bool, field string, value any, allowed string) {
		if !ok {
			errs = append(errs, fmt.Errorf("check %s: %v is not %s", field, value, allowed))
		}
	}
	share := func(field string, value float64) {
		want(value >= 0 && value <= 1, field, value, "a share from 0 to 1")
	}
	want(c.Start.Equal(c.Start.UTC().Truncate(24*time.Hour)) && c.Start.Year() >= 1990 && c.Start.Year() <= 9000,
		"start", c.Start, "a midnight in UTC")
	want(c.Days >= 1 && c.Days <= maxDays, "days", c.Days, fmt.Sprintf("from 1 to %d", maxDays))
	want(c.Requests >= 1, "requests", c.Requests, "1 or more")
	want(c.Recordings >= 0, "recordings", c.Recordings, "0 or more")
	want(c.Model == ModelExport || c.Model == ModelDirect, "model", c.Model, ModelExport+" or "+ModelDirect)
	want(bucketForm.MatchString(c.Bucket), "bucket", c.Bucket, "the name of a bucket")
	want(regionForm.MatchString(c.Region), "region", c.Region, "the name of a region")
	want(accountForm.MatchString(c.Account), "account", c.Account, "12 digits")
	want(roleForm.MatchString(c.ServiceRole) && !strings.Contains(c.ServiceRole, "*"),
		"service role", c.ServiceRole, "arn:aws:sts::ACCOUNT:assumed-role/ROLE")
	want(roleForm.MatchString(c.OwnRole), "own role", c.OwnRole, "arn:aws:sts::ACCOUNT:assumed-role/ROLE, * allowed")
	want(c.Agents >= 4 && c.Agents <= maxAgents, "agents", c.Agents, fmt.Sprintf("from 4 to %d", maxAgents))
	want(c.LateMax >= 0 && c.LateMax <= maxLate, "late max", c.LateMax, "from 0 to "+maxLate.String())
	want(c.AuditSkew >= -maxSkew && c.AuditSkew <= maxSkew, "audit skew", c.AuditSkew, "within a day")
	want(c.FileLines >= 1, "file lines", c.FileLines, "1 or more")
	share("late lines", c.LateLines)
	share("lost lines", c.LostLines)
	share("duplicate lines", c.DuplicateLines)
	share("ugly lines", c.UglyLines)
	share("lost audits", c.LostAudits)
	share("duplicate audits", c.DuplicateAudits)
	share("gzip files", c.GzipFiles)
	return errors.Join(errs...)
}
