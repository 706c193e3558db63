package config

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// YAML is the whole configuration as a file could hold it, with every default
// in its place and every path absolute, so that it means the same anywhere.
// What is not in force is left out; warnings stand above it as comments.
// Secrets are not in it: a Config knows only where they are.
func (c *Config) YAML() ([]byte, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	whole := *c
	whole.Sources, whole.WORM.Verifiers = slices.Clone(c.Sources), slices.Clone(c.WORM.Verifiers)
	whole.rebase(here)
	whole.leaveOut()
	node, err := yaml.ValueToNode(&whole, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	ast.Walk(quoter{}, node)
	var head bytes.Buffer
	for _, warning := range c.Warnings() {
		fmt.Fprintf(&head, "# warning: %s\n", warning)
	}
	head.WriteString(node.String())
	head.WriteByte('\n')
	return head.Bytes(), nil
}

// quoter quotes what the library forgets: a question mark that begins a text
// would begin the key of a mapping.
type quoter struct{}

// Visit is of ast.Visitor.
func (q quoter) Visit(node ast.Node) ast.Visitor {
	if text, ok := node.(*ast.StringNode); ok && strings.HasPrefix(text.Value, "?") {
		text.Token.Type = token.DoubleQuoteType
	}
	return q
}

// leaveOut empties what is not in force.
func (c *Config) leaveOut() {
	if c.Shared() {
		c.Index = Index{}
	} else {
		c.Bus = Bus{Partitions: c.Bus.Partitions}
	}
	if !c.Enrich.Enabled() {
		c.Enrich = Enrich{}
	}
	if !c.Elastic.Enabled() {
		c.Elastic = Elastic{}
	}
	if !c.WORM.S3.Enabled() {
		c.WORM.S3 = S3{}
	}
	if !c.HTTP.Enabled() {
		c.HTTP = HTTP{}
	}
}
