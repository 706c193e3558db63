package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"earwitness/pipeline/amazon"
	"earwitness/sinks/worm/bucket"
)

// Listing is how the bucket of a source is reached and listed. Credentials
// come from where the AWS tools look for them.
type Listing struct {
	Region    Text      `yaml:"region,omitempty"`
	Endpoint  ServerURL `yaml:"endpoint,omitempty"`
	PathStyle bool      `yaml:"path-style"`
	CA        Path      `yaml:"ca,omitempty"`
	Checksums Checksums `yaml:"checksums,omitempty"`

	Profile    Text    `yaml:"profile,omitempty"`
	RoleARN    RoleARN `yaml:"role-arn,omitempty"`
	ExternalID Text    `yaml:"external-id,omitempty"`
	Owner      Account `yaml:"owner,omitempty"`

	Every    Duration `yaml:"every,omitempty" min:"10s" max:"1d"`
	PastDays int      `yaml:"past-days,omitempty" min:"1" max:"366"`
	Parallel int      `yaml:"parallel,omitempty" min:"1" max:"256"`
	Timeout  Duration `yaml:"timeout,omitempty" min:"1s" max:"10m"`
	Attempts int      `yaml:"attempts,omitempty" min:"1" max:"10"`
}

// derive fills in what is not given.
func (l *Listing) derive() {
	if l.Checksums == "" {
		l.Checksums = ChecksumsAuto
	}
	if l.Every == 0 {
		l.Every = 5 * minute
	}
	if l.Timeout == 0 {
		l.Timeout = minute
	}
	for _, n := range []struct {
		to       *int
		fallback int
	}{{&l.PastDays, 10}, {&l.Parallel, 16}, {&l.Attempts, 3}} {
		if *n.to == 0 {
			*n.to = n.fallback
		}
	}
}

// Objects says that a source's path is s3://BUCKET/PREFIX, and gives both. The
// prefix is what keys begin with, as it is.
func (s *Source) Objects() (name, prefix string, is bool) {
	if !bucket.IsURL(string(s.Path)) {
		return "", "", false
	}
	name, prefix, _ = strings.Cut(string(s.Path)[len("s3://"):], "/")
	return name, prefix, true
}

// OnDisk says that a source reads a file or a folder.
func (s *Source) OnDisk() bool {
	return s.Type.ReadsFiles() && !bucket.IsURL(string(s.Path)) && !s.Queued()
}

// Access is what the user has decided of how the bucket is reached.
func (l *Listing) Access(log *slog.Logger) (amazon.Access, error) {
	if l.CA != "" {
		if _, err := loadCA("s3.ca", l.CA); err != nil {
			return amazon.Access{}, err
		}
	}
	return amazon.Access{
		Endpoint: string(l.Endpoint), Region: string(l.Region), PathStyle: l.PathStyle, CAFile: string(l.CA),
		Checksums: amazon.Checksums(l.Checksums), Profile: string(l.Profile), RoleARN: string(l.RoleARN),
		ExternalID: string(l.ExternalID), Timeout: l.Timeout.Std(), Attempts: l.Attempts, Logger: log,
	}, nil
}

// readObjects takes s3://BUCKET/PREFIX with the parameters of a store's
// address, as a flag has it.
func (s *Source) readObjects(text string) error {
	address, parameters, _ := strings.Cut(text, "?")
	name, prefix, _ := strings.Cut(address[len("s3://"):], "/")
	located, err := bucket.ParseURL("s3://" + name + "?" + parameters)
	if err != nil {
		return fmt.Errorf("%w; write s3://BUCKET/PREFIX", errors.Unwrap(err))
	}
	s.Path = Path("s3://" + name + "/" + prefix)
	s.S3 = Listing{
		Region: Text(located.Region), Endpoint: ServerURL(located.Endpoint), PathStyle: located.PathStyle, CA: Path(located.CAFile),
		Checksums: Checksums(located.Checksums), Profile: Text(located.Profile), RoleARN: RoleARN(located.RoleARN),
		ExternalID: Text(located.ExternalID), Owner: Account(located.Owner),
	}
	return nil
}

func (c *Config) checkListing(d *document, source *Source, field string) {
	l, field := &source.S3, field+".s3"
	if _, _, is := source.Objects(); !is {
		if d.has(field) {
			d.mistake(field, "it is for sources whose path begins with s3://; leave this key out")
		}
		return
	}
	address, parameters, more := strings.Cut(string(source.Path), "?")
	path := strings.TrimSuffix(field, ".s3") + ".path"
	switch _, err := bucket.ParseURL("s3://" + bucketOf(address)); {
	case strings.Contains(bucketOf(address), "@"):
		d.mistake(path, "credentials do not belong here: they come from the environment, a profile or a role; write s3://BUCKET/PREFIX")
		return
	case more && parameters != "":
		d.mistake(path, "nothing may stand behind ?: parameters are keys below s3; write s3://BUCKET/PREFIX")
	case err != nil:
		d.mistake(path, "%v; write s3://BUCKET/PREFIX", errors.Unwrap(err))
	}
	if l.ExternalID != "" && l.RoleARN == "" {
		d.mistake(field+".external-id", "it is for a role, and none is named; name it by role-arn, or leave this key out")
	}
	if l.CA != "" && strings.HasPrefix(string(l.Endpoint), "http:") {
		d.mistake(field+".ca", "it is for https://, and endpoint begins with http://; write https:// there, or leave this key out")
	}
	if past := Duration(l.PastDays) * day; source.Lateness != nil && past < *source.Lateness {
		d.mistake(field+".past-days", "%d days are shorter than the source's lateness (%s): what comes so late would not be listed any more",
			l.PastDays, source.Lateness)
	}
}

func bucketOf(address string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	return name
}
