package config

import (
	"errors"
	"fmt"
	"strings"

	"earwitness/pipeline/evidence"
)

// check finds what no setting shows by itself.
func (c *Config) check(d *document) {
	c.checkKeys(d)
	c.checkSources(d)
	c.checkPeople(d)
	c.checkEnrich(d)
	c.checkBus(d)
	c.checkShared(d)
	c.checkElastic(d)
	c.checkArchive(d)
	c.checkHTTP(d)
	if least := day + max(c.Windows.SessionGap, c.Windows.Before, c.Windows.After); c.Windows.Horizon <= least {
		d.mistake("windows.horizon", "%s is too short: it must be longer than a day and the longest of session-gap, before and after (%s)",
			c.Windows.Horizon, least)
	}
}

func (c *Config) checkKeys(d *document) {
	seen := map[Name]bool{evidence.PatternExport: true, evidence.PatternGuide: true}
	for i, key := range c.Keys {
		if key.Name == "" || key.Template == "" {
			continue // reported as missing
		}
		field := fmt.Sprintf("keys[%d]", i)
		if seen[key.Name] {
			d.mistake(field+".name", "the name %s is taken; names are unique, and %s and %s are built in",
				key.Name, evidence.PatternExport, evidence.PatternGuide)
		}
		seen[key.Name] = true
		// A name of its own for each, so that only the template is judged.
		_, err := evidence.CompileKeyPatterns([]evidence.KeyPattern{{Name: "checked", Template: string(key.Template)}})
		if err != nil {
			d.mistake(field+".template", "%s", strings.TrimPrefix(innermost(err), `compile key pattern "checked": `))
		}
	}
}

func innermost(err error) string {
	var list interface{ Unwrap() []error }
	if errors.As(err, &list) && len(list.Unwrap()) > 0 {
		err = list.Unwrap()[0]
	}
	return err.Error()
}

func (c *Config) checkSources(d *document) {
	seen := map[Name]bool{}
	for i, source := range c.Sources {
		field := fmt.Sprintf("sources[%d]", i)
		if source.Name != "" && seen[source.Name] {
			d.mistake(field+".name", "the name %s is taken; each source has a name of its own, by which its positions are kept", source.Name)
		}
		seen[source.Name] = true
		if source.Type != CloudTrail && source.DigestKeys != "" {
			d.mistake(field+".digest-keys", "only a source of type cloudtrail has digests")
		}
		if source.Type != CloudTrail && len(source.Buckets) > 0 {
			d.mistake(field+".buckets", "only a source of type cloudtrail has it; of others every bucket is read")
		}
		c.checkKind(d, &c.Sources[i], field)
		c.checkListing(d, &c.Sources[i], field)
		c.checkQueue(d, &c.Sources[i], field)
		if source.Lateness != nil && *source.Lateness >= c.Windows.Horizon {
			d.mistake(field+".lateness", "%s is not shorter than windows.horizon (%s): what comes so late would find nothing to belong to",
				source.Lateness, c.Windows.Horizon)
		}
	}
}

// checkKind holds what is given of a source against its type.
func (c *Config) checkKind(d *document, source *Source, field string) {
	switch {
	case source.Type.ReadsFiles() && source.Path == "" && !d.has(field+".queue"):
		d.mistake(field, "path is missing")
	case !source.Type.ReadsFiles() && source.Path != "":
		d.mistake(field+".path", "a source of type %s reads no files; leave this key out", source.Type)
	}
	for _, section := range []struct {
		name  string
		of    SourceType
		what  string
		check func(*document, *Source, string)
	}{
		{"genesys", GenesysCloud, "name the region, client-id and client-secret of the organisation below it", c.checkGenesys},
		{"webhook", GenesysWebhook, "name below it where to listen, and the secret", c.checkWebhook},
	} {
		has := d.has(field + "." + section.name)
		switch {
		case source.Type == section.of && !has:
			d.mistake(field, "%s is missing; %s", section.name, section.what)
		case source.Type == section.of:
			section.check(d, source, field)
		case has:
			d.mistake(field+"."+section.name, "it is for sources of type %s; leave this key out", section.of)
		}
	}
}
