package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Load gives the configuration that flags name: their file, if any, with the
// other flags laid over it and the defaults below. What is wrong with it is
// an *Error.
func Load(flags Flags) (*Config, error) {
	var text []byte
	base := ""
	if flags.File != "" {
		var err error
		if text, err = readFile(flags.File); err != nil {
			return nil, err
		}
		base = filepath.Dir(flags.File)
	}
	return parse(flags, base, text)
}

// readFile reads no more than it takes to see that a file is too long.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Mistakes: []Mistake{{File: path, Message: fmt.Sprintf("read configuration: %v", unwrapPath(err))}}}
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, &Error{Mistakes: []Mistake{{File: path, Message: fmt.Sprintf("read configuration: %v", unwrapPath(err))}}}
	}
	return text, nil
}

// parse makes a Config of a file's text; relative paths in it are taken from
// base.
func parse(flags Flags, base string, text []byte) (*Config, error) {
	config, d := Default(), newDocument(flags.File, text)
	d.decode(text, config)
	config.file = flags.File
	config.rebase(base)
	flags.lay(config, d)
	config.derive()
	if len(d.mistakes) == 0 {
		config.check(d)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return config, nil
}

// rebase takes relative paths from base instead of the working directory.
func (c *Config) rebase(base string) {
	if base == "" {
		return
	}
	paths := []*Path{
		&c.Data, &c.WORM.Directory, &c.Index.Path,
		&c.Bus.TLS.CA, &c.Bus.TLS.Certificate, &c.Elastic.CA, &c.WORM.S3.CA,
	}
	for i := range c.Sources {
		paths = append(paths, &c.Sources[i].Webhook.Certificate, &c.Sources[i].DigestKeys, &c.Sources[i].S3.CA, &c.Sources[i].Queue.CA)
		if c.Sources[i].OnDisk() {
			paths = append(paths, &c.Sources[i].Path)
		}
	}
	for _, p := range paths {
		*p = Path(rebased(base, string(*p)))
	}
	secrets := []*Secret{&c.WORM.Key, &c.Bus.TLS.Key, &c.Bus.SASL.Password, &c.Elastic.Password, &c.Elastic.APIKey}
	for i := range c.Sources {
		secrets = append(secrets, &c.Sources[i].Genesys.ClientSecret, &c.Sources[i].Webhook.Secret, &c.Sources[i].Webhook.Key)
	}
	for _, s := range secrets {
		if file := s.File(); file != "" {
			*s = Secret(inFile + rebased(base, file))
		}
	}
	for i, v := range c.WORM.Verifiers {
		if file := v.File(); file != "" {
			c.WORM.Verifiers[i] = Verifier(inFile + rebased(base, file))
		}
	}
}

func rebased(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// derive fills in what hangs on other settings.
func (c *Config) derive() {
	if c.Shared() {
		c.deriveShared()
	} else {
		c.deriveAlone()
	}
	for i := range c.Sources {
		if c.Sources[i].Lateness == nil {
			lateness := defaultLateness(c.Sources[i].Type)
			c.Sources[i].Lateness = &lateness
		}
		if _, _, is := c.Sources[i].Objects(); is {
			c.Sources[i].S3.derive()
		}
		if c.Sources[i].Queued() {
			c.Sources[i].deriveQueue()
		}
		if c.Sources[i].Type == GenesysCloud {
			c.Sources[i].Genesys.derive()
		}
		if c.Sources[i].Type == GenesysWebhook {
			c.Sources[i].Webhook.derive()
		}
	}
	c.deriveEnrich()
}

// deriveAlone gives a process that shares nothing its own key, index and
// archive, in the data folder.
func (c *Config) deriveAlone() {
	if c.WORM.Directory == "" && !c.WORM.S3.Enabled() {
		c.WORM.Directory = Path(c.inData("worm"))
	}
	if c.WORM.Key == "" {
		c.WORM.Key = Secret(inFile + c.inData("worm.key"))
	}
	if c.Index.Path == "" {
		c.Index.Path = Path(c.inData("index", "trail.db"))
	}
}

// How much longer than the horizon a topic keeps its records, where nothing
// is said, and at least: so long a consumer may be down before its state
// can't be computed again.
const (
	beyondHorizon      = 5 * day
	leastBeyondHorizon = 2 * day
)

func (c *Config) deriveShared() {
	if c.Bus.Retention == 0 {
		c.Bus.Retention = c.Windows.Horizon + beyondHorizon
	}
	on := c.Bus.TLS.on()
	c.Bus.TLS.Enabled = &on
}
