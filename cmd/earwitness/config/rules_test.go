package config

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
)

func TestDefaultRulesAreThoseOfTheFold(t *testing.T) {
	if diff := cmp.Diff(correlate.DefaultRules(), Default().Rules()); diff != "" {
		t.Errorf("rules (-fold +configuration):\n%s", diff)
	}
}

func TestRules(t *testing.T) {
	config := loadText(t, Flags{}, `
model: direct
roles: {service: [a, b], own: [c], aws: [d]}
networks: {service: [203.0.113.0/24]}
windows: {session-gap: 1m, before: 2m, after: 3m, skew: 4s, horizon: 5d}
`)
	want := correlate.Rules{
		Model: access.Model_MODEL_DIRECT, ServiceRoles: []string{"a", "b"}, OwnRoles: []string{"c"}, AWSRequesters: []string{"d"},
		SessionGap: time.Minute, Before: 2 * time.Minute, After: 3 * time.Minute, Skew: 4 * time.Second, Horizon: 5 * 24 * time.Hour,
		ServiceNetworks: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
	}
	got := config.Rules()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}
