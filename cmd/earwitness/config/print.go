package config

import (
	"fmt"

	"github.com/goccy/go-yaml"
)

// YAML is the whole configuration as a file could hold it, with every default
// in its place. Secrets are not in it: a Config knows only where they are.
func (c *Config) YAML() ([]byte, error) {
	text, err := yaml.MarshalWithOptions(c, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return text, nil
}
