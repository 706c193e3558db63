package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"

	"earwitness/pipeline/evidence"
)

// KeyPatterns are the user's patterns, and the built-in ones behind them.
func (c *Config) KeyPatterns() (*evidence.KeyPatterns, error) {
	var user []evidence.KeyPattern
	for _, key := range c.Keys {
		user = append(user, evidence.KeyPattern{Name: string(key.Name), Template: string(key.Template), Kind: string(key.Kind)})
	}
	return evidence.CompileKeyPatterns(user)
}

// SourceNames in the order of bytes.
func (c *Config) SourceNames() []string {
	var names []string
	for _, source := range c.Sources {
		names = append(names, string(source.Name))
	}
	slices.Sort(names)
	return names
}

// domainRules is the version of the form that Fingerprint hashes.
const domainRules = "earwitness/rules/1"

// Fingerprint is the SHA-256 of all settings that change what is judged: the
// model, roles, networks, windows, key patterns and people. Settings that judge alike
// have one fingerprint, in whatever order lists without an order stand. What
// is built in is not in it: it changes with the program.
func (c *Config) Fingerprint() [sha256.Size]byte {
	buf := appendText(nil, domainRules)
	buf = appendText(buf, string(c.Model))
	buf = appendSet(buf, c.Roles.Service)
	buf = appendSet(buf, c.Roles.Own)
	buf = appendSet(buf, c.Roles.AWS)
	var networks []string
	for _, n := range c.Networks.Service {
		networks = append(networks, netip.Prefix(n).String())
	}
	buf = appendSet(buf, networks)
	w := c.Windows
	for _, d := range []Duration{w.SessionGap, w.Before, w.After, w.Skew, w.Horizon} {
		buf = binary.AppendUvarint(buf, uint64(d/second))
	}
	buf = binary.AppendUvarint(buf, uint64(len(c.Keys)))
	for _, key := range c.Keys {
		buf = appendText(buf, string(key.Name))
		buf = appendText(buf, string(key.Template))
		buf = appendText(buf, cmp.Or(string(key.Kind), "by-end"))
	}
	return sha256.Sum256(c.appendPeople(buf))
}

func appendText(buf []byte, text string) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(text)))
	return append(buf, text...)
}

func appendSet[T ~string](buf []byte, list []T) []byte {
	set := slices.Compact(slices.Sorted(slices.Values(list)))
	buf = binary.AppendUvarint(buf, uint64(len(set)))
	for _, item := range set {
		buf = appendText(buf, string(item))
	}
	return buf
}
