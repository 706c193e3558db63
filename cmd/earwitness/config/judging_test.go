package config

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/evidence"
)

func TestFingerprintFollowsWhatIsJudged(t *testing.T) {
	base := Default()
	for name, change := range map[string]func(*Config){
		"model":       func(c *Config) { c.Model = ModelDirect },
		"service":     func(c *Config) { c.Roles.Service = []RolePattern{"a"} },
		"own":         func(c *Config) { c.Roles.Own = []RolePattern{"a"} },
		"aws":         func(c *Config) { c.Roles.AWS = nil },
		"networks":    func(c *Config) { c.Networks.Service = []Network{network(t, "10.0.0.0/8")} },
		"session gap": func(c *Config) { c.Windows.SessionGap += second },
		"before":      func(c *Config) { c.Windows.Before += second },
		"after":       func(c *Config) { c.Windows.After += second },
		"skew":        func(c *Config) { c.Windows.Skew += second },
		"horizon":     func(c *Config) { c.Windows.Horizon += second },
		"people":      func(c *Config) { c.People = []Person{{From: SessionName, Pattern: "{user}"}} },
		"keys":        func(c *Config) { c.Keys = []Key{{Name: "a", Template: "{recording}"}} },
	} {
		c := Default()
		change(c)
		if c.Fingerprint() == base.Fingerprint() {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	c := Default()
	c.Data, c.Bus.Partitions, c.Index.Retention = "x", 3, Retention(day)
	c.Sources = []Source{{Name: "a", Type: S3AccessLog, Path: "x"}}
	if c.Fingerprint() != base.Fingerprint() {
		t.Error("what does not judge changes the fingerprint")
	}
}

func TestFingerprintKnowsWhichListsHaveAnOrder(t *testing.T) {
	a, b := Default(), Default()
	a.Roles.Service, b.Roles.Service = []RolePattern{"x", "y"}, []RolePattern{"y", "x", "y"}
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the order of role patterns changes the fingerprint")
	}
	a.Keys = []Key{{Name: "a", Template: "{recording}"}, {Name: "b", Template: "{conversation}"}}
	b.Keys = []Key{a.Keys[1], a.Keys[0]}
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("the order of key patterns does not change the fingerprint")
	}
}

func TestKeyPatterns(t *testing.T) {
	c := loadText(t, Flags{}, "keys: [{name: calls, template: \"**/calls/{recording}.{ext}\", kind: other}]\n")
	patterns, err := c.KeyPatterns()
	if err != nil {
		t.Fatal(err)
	}
	facts, ok := patterns.Match("a/b/calls/R-7.bin")
	if !ok || facts.RecordingID != "R-7" || facts.Kind != evidence.ObjectKind_OBJECT_KIND_OTHER || facts.Pattern != "calls" {
		t.Errorf("the key names %+v, %t", facts, ok)
	}
}

func network(t *testing.T, text string) Network {
	t.Helper()
	var n Network
	if err := n.read(text); err != nil {
		t.Fatal(err)
	}
	return n
}

// Where records travel and lie changes no verdict, so nothing is judged again
// because of it.
func TestFingerprintIgnoresWhereThingsLie(t *testing.T) {
	alone := loadText(t, Flags{}, "")
	shared := cluster(t)
	shared.Roles, shared.Keys = alone.Roles, alone.Keys
	if shared.Fingerprint() != alone.Fingerprint() {
		t.Error("brokers, Elasticsearch and a bucket change the fingerprint")
	}
	if diff := cmp.Diff(alone.Rules(), shared.Rules()); diff != "" {
		t.Errorf("rules (-alone +shared):\n%s", diff)
	}
	known := alone.Fingerprint()
	if got := hex.EncodeToString(known[:]); got != "dbda287189edbff0ec28250557374dd3ede48d5c544c71cd4ac9e01c88de06cd" {
		t.Errorf("the fingerprint of all defaults is %s: every installation would judge anew", got)
	}
}
