package config

import (
	"fmt"
	"slices"
	"strings"
)

func (c *Config) checkElastic(d *document) {
	e := &c.Elastic
	if !e.Enabled() {
		if key := d.firstIn("elastic", "urls"); key != "" {
			d.mistake(key, "it is for Elasticsearch, and elastic.urls names none; name its nodes, or leave this key out")
		}
		return
	}
	c.checkNodes(d)
	switch {
	case e.APIKey != "" && (e.User != "" || e.Password != ""):
		d.mistake("elastic.api-key", "a user or a password is given too; give either elastic.api-key, or elastic.user and elastic.password")
	case e.User != "" && e.Password == "":
		d.mistake("elastic.user", "the password is missing; name it by elastic.password, as env:NAME or file:PATH")
	case e.Password != "" && e.User == "":
		d.mistake("elastic.password", "the user is missing; name it by elastic.user")
	}
	if e.BufferBytes < e.BulkBytes {
		d.mistake(either(d, "elastic.buffer-bytes", "elastic.bulk-bytes"), "a buffer of %s does not hold one request of %s; "+
			"elastic.buffer-bytes is at least elastic.bulk-bytes", e.BufferBytes, e.BulkBytes)
	}
}

// checkNodes holds the URLs against each other, and against what is sent
// there.
func (c *Config) checkNodes(d *document) {
	e := &c.Elastic
	seen := map[string]int{}
	for i, node := range e.URLs {
		field := fmt.Sprintf("elastic.urls[%d]", i)
		if first, twice := seen[node.canonical()]; twice {
			d.mistake(field, "%s stands here a second time: it is elastic.urls[%d]; name each node once", node, first)
			continue
		}
		seen[node.canonical()] = i
		if node.inClear() && (e.User != "" || e.APIKey != "") {
			d.mistake(field, "credentials would go over the network to %s as they are; write https://, and name its CA by elastic.ca or its certificate by elastic.fingerprint", node)
		}
	}
	encrypted := slices.ContainsFunc(e.URLs, func(u ServerURL) bool { return strings.HasPrefix(string(u), "https:") })
	for key, given := range map[string]bool{"elastic.ca": e.CA != "", "elastic.fingerprint": e.Fingerprint != ""} {
		if given && !encrypted {
			d.mistake(key, "it is for https://, and no node of elastic.urls is spoken to that way; write https:// there, or leave this key out")
		}
	}
}
