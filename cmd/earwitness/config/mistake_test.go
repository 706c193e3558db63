package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	topKeys      = "data, memory, model, roles, networks, people, windows, keys, sources, enrich, bus, elastic, worm, index, http, log"
	durationHelp = "write a whole number with its unit: s, m, h or d, as in 10m or 1h30m"
	patternHelp  = `allowed are * ? [a-z] and \ before a letter, none of which crosses a /`
	secretHelp   = "a secret must not stand in the configuration; put it elsewhere and write env:NAME for an environment variable or file:PATH for a file"
)

// each mistake is the only one of its text; want is the whole report.
func mistakes() []struct{ name, text, want string } {
	return []struct{ name, text, want string }{
		{"unknown key", "modell: export\n", "e.yaml:1:1: unknown key \"modell\"; allowed are " + topKeys + "\n   1 | modell: export\n     | ^"},
		{"unknown nested key", "log:\n  levle: info\n", "e.yaml:2:3: log: unknown key \"levle\"; allowed are level, format\n   2 |   levle: info\n     |   ^"},
		{"misspelled key", "bus:\n  broker: [a:9092]\n", "e.yaml:2:3: bus: unknown key \"broker\"; allowed are brokers, partitions, group, replication, min-insync-replicas, retention, session-timeout, tls, sasl\n   2 |   broker: [a:9092]\n     |   ^"},
		{"unknown model", "model: both\n", "e.yaml:1:8: model: \"both\" is no model; allowed are export, direct\n   1 | model: both\n     |        ^"},
		{"no unit", "windows:\n  session-gap: 10\n", "e.yaml:2:16: windows.session-gap: 10 has no unit; " + durationHelp + "\n   2 |   session-gap: 10\n     |                ^"},
		{"zero without unit", "windows:\n  skew: 0\n", "e.yaml:2:9: windows.skew: 0 has no unit; " + durationHelp + "\n   2 |   skew: 0\n     |         ^"},
		{"wrong unit", "windows:\n  before: 300ms\n", "e.yaml:2:11: windows.before: \"300ms\" is not a duration; " + durationHelp + "\n   2 |   before: 300ms\n     |           ^"},
		{"units out of order", "windows: {after: 1s1m}\n", "e.yaml:1:18: windows.after: \"1s1m\" is not a duration; " + durationHelp + "\n   1 | windows: {after: 1s1m}\n     |                  ^"},
		{"negative", "windows: {after: -1m}\n", "e.yaml:1:18: windows.after: \"-1m\" is not a duration; " + durationHelp + "\n   1 | windows: {after: -1m}\n     |                  ^"},
		{"out of range", "windows: {skew: 2h}\n", "e.yaml:1:17: windows.skew: 2h is out of range; allowed is 0s to 1h\n   1 | windows: {skew: 2h}\n     |                 ^"},
		{"horizon", "windows: {horizon: 2d, before: 1d, session-gap: 1d}\n", "e.yaml:1:20: windows.horizon: 2d is too short: it must be longer than a day and the longest of session-gap, before and after (2d)\n   1 | windows: {horizon: 2d, before: 1d, session-gap: 1d}\n     |                    ^"},
		{"size without unit", "worm: {segment-bytes: 1000000}\n", "e.yaml:1:23: worm.segment-bytes: 1000000 has no unit; write a whole number with its unit: KiB, MiB or GiB, as in 64MiB\n   1 | worm: {segment-bytes: 1000000}\n     |                       ^"},
		{"size of the other kind", "worm: {segment-bytes: 64MB}\n", "e.yaml:1:23: worm.segment-bytes: \"64MB\" is not a size; write a whole number with its unit: KiB, MiB or GiB, as in 64MiB\n   1 | worm: {segment-bytes: 64MB}\n     |                       ^"},
		{"size out of range", "worm: {segment-bytes: 1GiB}\n", "e.yaml:1:23: worm.segment-bytes: 1GiB is out of range; allowed is 1MiB to 512MiB\n   1 | worm: {segment-bytes: 1GiB}\n     |                       ^"},
		{"text for a number", "bus:\n  partitions: \"8\"\n", "e.yaml:2:15: bus.partitions: a text stands here; a whole number is wanted\n   2 |   partitions: \"8\"\n     |               ^"},
		{"fraction", "bus:\n  partitions: 8.5\n", "e.yaml:2:15: bus.partitions: a number stands here; a whole number is wanted\n   2 |   partitions: 8.5\n     |               ^"},
		{"number for a text", "data: 7\n", "e.yaml:1:7: data: a number stands here; a text is wanted: put it in quotes if it is meant so\n   1 | data: 7\n     |       ^"},
		{"text for a list", "roles:\n  service: arn:aws:x\n", "e.yaml:2:12: roles.service: a text stands here; a list is wanted, as in [a, b]\n   2 |   service: arn:aws:x\n     |            ^"},
		{"list for a mapping", "log: [info]\n", "e.yaml:1:6: log: a list stands here; keys are wanted: level, format\n   1 | log: [info]\n     |      ^"},
		{"mapping for a text", "data:\n  path: x\n", "e.yaml:2:3: data: a mapping stands here; a single value is wanted\n   2 |   path: x\n     |   ^"},
		{"no value", "index:\n  path:\n", "e.yaml:2:8: index.path: there is no value; leave the key out for the default\n   2 |   path:\n     |        ^"},
		{"role pattern", "roles:\n  own:\n    - \"arn:aws:iam::1:role/[\"\n", "e.yaml:3:7: roles.own[0]: role pattern \"arn:aws:iam::1:role/[\": syntax error in pattern; " + patternHelp + "\n   3 |     - \"arn:aws:iam::1:role/[\"\n     |       ^"},
		{"two stars", "roles: {service: [\"arn:**\"]}\n", "e.yaml:1:19: roles.service[0]: role pattern \"arn:**\": ** is not more than *; " + patternHelp + "\n   1 | roles: {service: [\"arn:**\"]}\n     |                   ^"},
		{"bare address", "networks: {service: [203.0.113.7]}\n", "e.yaml:1:22: networks.service[0]: \"203.0.113.7\" is no network; write an address and the length of its prefix, as in 203.0.113.0/24 or 2001:db8::/32\n   1 | networks: {service: [203.0.113.7]}\n     |                      ^"},
		{"bits behind", "networks: {service: [203.0.113.7/24]}\n", "e.yaml:1:22: networks.service[0]: 203.0.113.7/24 has bits behind its prefix; the network is 203.0.113.0/24\n   1 | networks: {service: [203.0.113.7/24]}\n     |                      ^"},
		{"placeholder", "keys:\n  - name: calls\n    template: \"calls/{rec}\"\n", "e.yaml:3:15: keys[0].template: template \"calls/{rec}\": unknown placeholder {rec}; allowed are {org} {conversation} {recording} {ext} {yyyy} {mm} {dd} {hh} {any}\n   3 |     template: \"calls/{rec}\"\n     |               ^"},
		{"key without template", "keys:\n  - name: calls\n", "e.yaml:2:5: keys[0]: template is missing\n   2 |   - name: calls\n     |     ^"},
		{"built-in name", "keys: [{name: genesys-export, template: \"{recording}\"}]\n", "e.yaml:1:15: keys[0].name: the name genesys-export is taken; names are unique, and genesys-export and guide-recordings are built in\n   1 | keys: [{name: genesys-export, template: \"{recording}\"}]\n     |               ^"},
		{"kind of object", "keys: [{name: a, template: \"{recording}\", kind: audio}]\n", "e.yaml:1:49: keys[0].kind: \"audio\" is no kind of object; allowed are media, metadata, other\n   1 | keys: [{name: a, template: \"{recording}\", kind: audio}]\n     |                                                 ^"},
		{"type of source", "sources: [{name: a, type: s3, path: x}]\n", "e.yaml:1:27: sources[0].type: \"s3\" is no type of source; allowed are s3-access-log, genesys-audit, cloudtrail, genesys, genesys-webhook\n   1 | sources: [{name: a, type: s3, path: x}]\n     |                           ^"},
		{"name of a source", "sources: [{name: a/b, type: genesys-audit, path: x}]\n", "e.yaml:1:18: sources[0].name: \"a/b\" is no name; allowed are letters, digits, and - _ . behind the first, 64 at most\n   1 | sources: [{name: a/b, type: genesys-audit, path: x}]\n     |                  ^"},
		{"two sources of a name", "sources:\n- {name: a, type: genesys-audit, path: x}\n- {name: a, type: genesys-audit, path: y}\n", "e.yaml:3:10: sources[1].name: the name a is taken; each source has a name of its own, by which its positions are kept\n   3 | - {name: a, type: genesys-audit, path: y}\n     |          ^"},
		{"buckets of another source", "sources: [{name: a, type: genesys-audit, path: x, buckets: [b]}]\n", "e.yaml:1:60: sources[0].buckets: only a source of type cloudtrail has it; of others every bucket is read\n   1 | sources: [{name: a, type: genesys-audit, path: x, buckets: [b]}]\n     |                                                            ^"},
		{"digests of another source", "sources: [{name: a, type: genesys-audit, path: x, digest-keys: k}]\n", "e.yaml:1:64: sources[0].digest-keys: only a source of type cloudtrail has digests\n   1 | sources: [{name: a, type: genesys-audit, path: x, digest-keys: k}]\n     |                                                                ^"},
		{"bucket pattern", "sources: [{name: a, type: cloudtrail, path: x, buckets: [a/b]}]\n", "e.yaml:1:58: sources[0].buckets[0]: a pattern over the names of buckets is wanted, without / and spaces, as in voice-*\n   1 | sources: [{name: a, type: cloudtrail, path: x, buckets: [a/b]}]\n     |                                                          ^"},
		{"place of a name", "people: [{from: role, pattern: \"{user}\"}]\n", "e.yaml:1:17: people[0].from: \"role\" is no place of a name; allowed are source-identity, session-name\n   1 | people: [{from: role, pattern: \"{user}\"}]\n     |                 ^"},
		{"pattern of a name", "people: [{from: session-name, pattern: gc}]\n", "e.yaml:1:40: people[0].pattern: \"gc\" is no such pattern; write {user} once, and the text around it, as in gc-{user}\n   1 | people: [{from: session-name, pattern: gc}]\n     |                                        ^"},
		{"a name twice", "people: [{from: session-name, pattern: \"{user}\", users: [{name: a, id: x}, {name: a, id: y}]}]\n", "e.yaml:1:83: people[0].users[1].name: the name a is taken; each name means one user\n   1 | people: [{from: session-name, pattern: \"{user}\", users: [{name: a, id: x}, {name: a, id: y}]}]\n     |                                                                                   ^"},
		{"too late", "sources: [{name: a, type: genesys-audit, path: x, lateness: 9d}]\n", "e.yaml:1:61: sources[0].lateness: 9d is not shorter than windows.horizon (9d): what comes so late would find nothing to belong to\n   1 | sources: [{name: a, type: genesys-audit, path: x, lateness: 9d}]\n     |                                                             ^"},
		{"literal secret", "worm:\n  key: hunter2, or so\n", "e.yaml:2:8: worm.key: " + secretHelp + "\n   2 |   key: ***\n     |        ^"},
		{"signing key as verifier", "worm: {verifiers: [PRIVATE+KEY+a+b+c]}\n", "e.yaml:1:20: worm.verifiers[0]: this is a signing key; the verifier line is wanted, or file:PATH of a file that holds it\n   1 | worm: {verifiers: [***\n     |                    ^"},
		{"retention of nothing", "index: {retention: 0s}\n", "e.yaml:1:20: index.retention: 0s would keep nothing; to keep everything write forever\n   1 | index: {retention: 0s}\n     |                    ^"},
		{"key twice", "data: a\ndata: b\n", "e.yaml:2:1: mapping key \"data\" stands here a second time\n   2 | data: b\n     | ^"},
		{"tab", "log:\n\tlevel: info\n", "e.yaml:2:1: a tab; indent with spaces\n   2 |  level: info\n     | ^"},
		{"open list", "roles: {aws: [AmazonS3\n", "e.yaml:1:14: sequence end token ']' not found\n   1 | roles: {aws: [AmazonS3\n     |              ^"},
		{"anchor", "data: &d x\n", "e.yaml:1:7: data: an anchor stands here; anchors, aliases and tags are not allowed\n   1 | data: &d x\n     |       ^"},
		{"two documents", "data: a\n---\ndata: b\n", "e.yaml:3:5: a second document; one file holds one configuration\n   3 | data: b\n     |     ^"},
		{"no mapping", "export\n", "e.yaml:1:1: a text stands here; keys are wanted: " + topKeys + "\n   1 | export\n     | ^"},
		{"no text", "data: a\x00b\n", "e.yaml: the file is not text: it holds a zero byte"},
	}
}

func TestAllMistakesAreReportedInOrder(t *testing.T) {
	text := "log: {level: loud}\nmodel: both\nwindows: {skew: 1, before: 2}\n"
	_, err := parse(Flags{File: "e.yaml", Model: "neither"}, "", []byte(text))
	var mistaken *Error
	if !errors.As(err, &mistaken) {
		t.Fatalf("parse gives %v, want an *Error", err)
	}
	var fields []string
	for _, m := range mistaken.Mistakes {
		fields = append(fields, m.Field)
	}
	if diff := cmp.Diff([]string{"--model", "log.level", "model", "windows.skew", "windows.before"}, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestFileTooLong(t *testing.T) {
	_, err := parse(Flags{File: "e.yaml"}, "", []byte(strings.Repeat("# nothing\n", maxFile/10+1)))
	if err == nil || err.Error() != "e.yaml: the file has 262150 bytes; at most 262144 are read" {
		t.Errorf("parse gives %v", err)
	}
}

func TestFileTooDeep(t *testing.T) {
	for _, text := range []string{
		"data: " + strings.Repeat("[", 100_000), strings.Repeat("{a: ", 50_000), strings.Repeat("- ", 100_000), strings.Repeat("? ", 100_000),
	} {
		_, err := parse(Flags{File: "e.yaml"}, "", []byte(text))
		if err == nil || err.Error() != "e.yaml: lists and mappings lie more than 500 deep in each other; four are enough for all keys" {
			t.Errorf("%s… gives %v", text[:10], err)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	for _, line := range []string{
		"worm: {key: hunter2, with more, segment-age: 0}",
		"worm: {segment-age: 0, key: hunter2}",
		"unknown: {sasl-password: 'hunter2 and more'}",
		`unknown: {"password": hunter2}`,
		"unknown: {key: file:x, token: hunter2}",
		"unknown: PRIVATE+KEY+hunter2",
		"bus: {brokers: [me:hunter2@kafka:9092]}",
		"bus: {brokers: ['sasl://me:hunter2 and@more@kafka:9092']}",
		"elastic: {urls: [https://me:hunter2@es:9200]}",
		"elastic: {urls: [https://me:a/b hunter2@es:9200]}",
		"elastic: {urls: ['https://es:9200?key=1 hunter2']}",
		"elastic: {urls: [x], user: me, password: hunter2}",
		"worm: {s3: {url: s3://me:hunter2@trail/x}}",
		"worm: {s3: {url: s3://trail/x?secret=hunter2}}",
		"worm: {s3: {url: s3://trail/x, endpoint: 'https://me:hunter2@s3'}}",
	} {
		_, err := parse(Flags{File: "e.yaml"}, "", []byte(line+"\n"))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: parse gives %v", line, err)
		}
	}
}

// What only looks like a secret is shown: the line is there to be mended.
func TestWhatIsNoSecretIsShown(t *testing.T) {
	for _, line := range []string{
		`roles: {own: ["arn:aws:sts::111122223333:assumed-role/Own/me@example.org", "["]}`,
		`worm: {s3: {kms-key: alias/trail, mode: none}}`,
		`elastic: {urls: [https://es:9200], password: env:ES, user: 7}`,
	} {
		_, err := parse(Flags{File: "e.yaml"}, "", []byte(line+"\n"))
		if err == nil || !strings.Contains(err.Error(), "   1 | "+line+"\n") {
			t.Errorf("%s: parse gives %v", line, err)
		}
	}
}
