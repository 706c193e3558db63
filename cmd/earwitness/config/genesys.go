package config

import (
	"fmt"
	"log/slog"
	"strings"

	"earwitness/sources/genesys/cloud"
)

// Genesys is an organisation of Genesys Cloud whose audits are asked for.
type Genesys struct {
	// Region and Endpoint: one of them is given.
	Region       GenesysRegion `yaml:"region,omitempty"`
	Endpoint     ServerURL     `yaml:"endpoint,omitempty"`
	ClientID     Text          `yaml:"client-id" required:"true"`
	ClientSecret Secret        `yaml:"client-secret" required:"true"`
	// Services of the platform's audits, and Entities of the quality audits.
	// Never nil once loaded; empty: that API is not asked.
	Services []Text `yaml:"services"`
	Entities []Text `yaml:"entities"`

	Backfill Duration `yaml:"backfill" min:"1h" max:"366d"`
	Interval Duration `yaml:"interval" min:"1h" max:"30d"`
	Overlap  Duration `yaml:"overlap" min:"1m" max:"7d"`
	// Recheck is never nil once loaded.
	Recheck *Duration `yaml:"recheck" min:"0s" max:"30d"`
	Every   Duration  `yaml:"every" min:"10s" max:"1d"`
	// Rate is the most calls a minute; 0: as many as the API allows.
	Rate int `yaml:"rate,omitempty" min:"0" max:"100000"`
}

// GenesysRegion is an AWS region that Genesys Cloud is in.
type GenesysRegion string

func (r *GenesysRegion) read(text string) error {
	if _, err := cloud.Endpoint(text); err != nil {
		return err
	}
	*r = GenesysRegion(text)
	return nil
}

// derive fills in what is not given.
func (g *Genesys) derive() {
	if g.Services == nil {
		g.Services = []Text{"Quality"}
	}
	if g.Entities == nil {
		g.Entities = []Text{
			"Recording", "ScreenRecording", "SnippetRecording", "Annotation", "Evaluation", "Calibration", "Survey", "ScreenMonitoring",
		}
	}
	for _, d := range []struct {
		to       *Duration
		fallback Duration
	}{{&g.Backfill, 7 * day}, {&g.Interval, day}, {&g.Overlap, hour}, {&g.Every, 5 * minute}} {
		if *d.to == 0 {
			*d.to = d.fallback
		}
	}
	if g.Recheck == nil {
		recheck := 2 * day
		g.Recheck = &recheck
	}
}

// ClientConfig is what the user has decided of the API's client. The secret
// is loaded once, to see that it is there, and again with each token.
func (g *Genesys) ClientConfig(log *slog.Logger) (cloud.Config, error) {
	endpoint := string(g.Endpoint)
	if g.Region != "" {
		var err error
		if endpoint, err = cloud.Endpoint(string(g.Region)); err != nil {
			return cloud.Config{}, err
		}
	}
	load := func() (string, error) { return g.ClientSecret.loadFor("genesys.client-secret") }
	if _, err := load(); err != nil {
		return cloud.Config{}, err
	}
	return cloud.Config{Endpoint: endpoint, ClientID: string(g.ClientID), Secret: load, MostPerMinute: g.Rate, Logger: log}, nil
}

func (c *Config) checkGenesys(d *document, source *Source, field string) {
	g := &source.Genesys
	field += ".genesys"
	switch {
	case g.Region == "" && g.Endpoint == "":
		d.mistake(field, "region is missing; name the AWS region that the organisation is in, or a gateway by endpoint")
	case g.Region != "" && g.Endpoint != "":
		d.mistake(field+".endpoint", "a region is given too; give either region, or endpoint")
	case g.Endpoint.inClear():
		d.mistake(field+".endpoint", "the client's secret would go over the network to %s as it is; write https://", g.Endpoint)
	}
	if len(g.Services) == 0 && len(g.Entities) == 0 {
		d.mistake(field+".services", "neither services nor entities are given, so that there is nothing to ask for; leave out one of the keys for its default")
	}
	for _, list := range []struct {
		key   string
		names []Text
	}{{"services", g.Services}, {"entities", g.Entities}} {
		seen := map[Text]bool{}
		for i, name := range list.names {
			at := fmt.Sprintf("%s.%s[%d]", field, list.key, i)
			if strings.ContainsAny(string(name), "/ ") {
				d.mistake(at, "%q is no name of the kind; write it as Genesys does, as in Quality or Recording", name)
			}
			if seen[name] {
				d.mistake(at, "%s stands here a second time", name)
			}
			seen[name] = true
		}
	}
	if source.Lateness != nil && g.Overlap < *source.Lateness {
		d.mistake(field+".overlap", "%s is shorter than the source's lateness (%s): what comes later than the overlap would not be asked for again in time",
			g.Overlap, source.Lateness)
	}
}
