package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/pflag"

	"earwitness/sinks/worm/bucket"
)

// Flags are the settings that can be given without a file.
type Flags struct {
	// File is the configuration file; empty for none.
	File string
	// Data and Model replace what the file says.
	Data, Model string
	// S3Logs, Audits and CloudTrail add sources, ServiceRoles and OwnRoles patterns, to
	// those of the file.
	S3Logs, Audits, CloudTrail []string
	ServiceRoles, OwnRoles     []string
	// HTTP replaces http.listen.
	HTTP string
}

// RegisterPlace adds the flags that say where the data is.
func (f *Flags) RegisterPlace(set *pflag.FlagSet) {
	set.StringVar(&f.File, "config", "", "configuration `FILE` (docs/configuration.md); none: the defaults")
	set.StringVar(&f.Data, "data", "", "data folder `DIR` (default ./earwitness-data, or what the file says)")
}

// Register adds all flags.
func (f *Flags) Register(set *pflag.FlagSet) {
	f.RegisterPlace(set)
	set.StringArrayVar(&f.S3Logs, "s3-logs", nil, "`PATH` of S3 access logs: a file, a folder, or s3://BUCKET/PREFIX (repeatable)")
	set.StringArrayVar(&f.Audits, "audits", nil, "`PATH` of Genesys audits: a file, a folder, or s3://BUCKET/PREFIX (repeatable)")
	set.StringArrayVar(&f.CloudTrail, "cloudtrail", nil, "`PATH` of CloudTrail log files: a file, a folder, or s3://BUCKET/PREFIX (repeatable)")
	set.StringVar(&f.HTTP, "http", "", "tell metrics, health and status at `HOST:PORT`, as in 127.0.0.1:9850 (default: nowhere, or what the file says)")
	set.StringVar(&f.Model, "model", "", "storage model, `export|direct` (default export)")
	set.StringArrayVar(&f.ServiceRoles, "service-role", nil, "`PATTERN` over the ARNs of the contact centre's roles (repeatable)")
	set.StringArrayVar(&f.OwnRoles, "own-role", nil, "`PATTERN` over the ARNs of our own roles (repeatable)")
}

// lay lays the flags over config.
func (f *Flags) lay(config *Config, d *document) {
	if f.Data != "" {
		readFlag(d, "--data", f.Data, &config.Data)
	}
	if f.Model != "" {
		readFlag(d, "--model", f.Model, &config.Model)
	}
	if f.HTTP != "" {
		readFlag(d, "--http", f.HTTP, &config.HTTP.Listen)
	}
	for _, text := range f.ServiceRoles {
		var pattern RolePattern
		readFlag(d, "--service-role", text, &pattern)
		config.Roles.Service = append(config.Roles.Service, pattern)
	}
	for _, text := range f.OwnRoles {
		var pattern RolePattern
		readFlag(d, "--own-role", text, &pattern)
		config.Roles.Own = append(config.Roles.Own, pattern)
	}
	quickSources(config, d, "s3-logs", S3AccessLog, f.S3Logs)
	quickSources(config, d, "audits", GenesysAudit, f.Audits)
	quickSources(config, d, "cloudtrail", CloudTrail, f.CloudTrail)
}

func readFlag(d *document, flag, text string, into readable) {
	if err := into.read(text); err != nil {
		d.mistakes = append(d.mistakes, Mistake{Field: flag, Message: err.Error()})
	}
}

// quickSources adds a source for each path, named after the flag: s3-logs,
// s3-logs-2 and so on. Positions are kept by these names.
func quickSources(config *Config, d *document, flag string, kind SourceType, paths []string) {
	for i, text := range paths {
		source := Source{Name: Name(flag), Type: kind}
		if i > 0 {
			source.Name = Name(fmt.Sprintf("%s-%d", flag, i+1))
		}
		if bucket.IsURL(text) {
			if err := source.readObjects(text); err != nil {
				d.mistakes = append(d.mistakes, Mistake{Field: "--" + flag, Message: err.Error()})
			}
		} else {
			readFlag(d, "--"+flag, text, &source.Path)
		}
		for j, other := range config.Sources {
			if other.Name == source.Name {
				d.mistake(fmt.Sprintf("sources[%d].name", j), "the name %s is that of the source of --%s; name this one otherwise", other.Name, flag)
			}
		}
		config.Sources = append(config.Sources, source)
	}
}

// unwrapPath leaves the path out of an error that is reported beside it.
func unwrapPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return errors.New(strings.TrimSpace(at.Op + ": " + at.Err.Error()))
	}
	return err
}
