package config

import (
	"log/slog"

	"earwitness/sinks/elastic"
)

// Elastic is Elasticsearch.
type Elastic struct {
	// URLs of nodes. None: no Elasticsearch.
	URLs        []ServerURL `yaml:"urls"`
	User        Text        `yaml:"user,omitempty"`
	Password    Secret      `yaml:"password,omitempty"`
	APIKey      Secret      `yaml:"api-key,omitempty"`
	CA          Path        `yaml:"ca,omitempty"`
	Fingerprint Fingerprint `yaml:"fingerprint,omitempty"`
	Prefix      IndexPrefix `yaml:"prefix"`
	// Setup says that a run makes the templates, and not only checks them.
	Setup bool `yaml:"setup"`

	BulkBytes      Size     `yaml:"bulk-bytes" min:"64KiB" max:"64MiB"`
	BulkWait       Wait     `yaml:"bulk-wait" min:"10ms" max:"60s"`
	Requests       int      `yaml:"requests" min:"1" max:"64"`
	BufferBytes    Size     `yaml:"buffer-bytes" min:"1MiB" max:"4GiB"`
	RequestTimeout Duration `yaml:"request-timeout" min:"1s" max:"10m"`
	Compress       bool     `yaml:"compress"`
}

// Enabled says that there is an Elasticsearch to write to.
func (e *Elastic) Enabled() bool { return len(e.URLs) > 0 }

// SinkConfig is what the user has decided of the sink; positions, dead
// letters and the like are its owner's. It loads the secrets and the CA; what
// it can't load is named by its setting.
func (e *Elastic) SinkConfig(log *slog.Logger) (elastic.Config, error) {
	sink := elastic.Config{
		URLs: plain(e.URLs), Username: string(e.User), Fingerprint: string(e.Fingerprint),
		Prefix: string(e.Prefix), OnlyCheckTemplates: !e.Setup,
		BulkBytes: int(e.BulkBytes), BulkWait: e.BulkWait.Std(), Requests: e.Requests, InFlightBytes: int64(e.BufferBytes),
		RequestTimeout: e.RequestTimeout.Std(), Compress: e.Compress, Logger: log,
	}
	var err error
	if e.Password != "" {
		if sink.Password, err = e.Password.loadFor("elastic.password"); err != nil {
			return elastic.Config{}, err
		}
	}
	if e.APIKey != "" {
		if sink.APIKey, err = e.APIKey.loadFor("elastic.api-key"); err != nil {
			return elastic.Config{}, err
		}
	}
	if e.CA != "" {
		if sink.CA, err = loadCA("elastic.ca", e.CA); err != nil {
			return elastic.Config{}, err
		}
	}
	return sink, nil
}
