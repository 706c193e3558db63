package correlate

import (
	"fmt"
	"net/netip"
	"path"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// Validate says which role pattern path.Match could never take, and which
// windows make no sense.
func (r Rules) Validate() error {
	for _, pattern := range append(append([]string(nil), r.ServiceRoles...), r.OwnRoles...) {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("read role pattern %q: %w (allowed: * ? [a-z], none of which crosses a /)", pattern, err)
		}
	}
	if r.Model != access.Model_MODEL_EXPORT && r.Model != access.Model_MODEL_DIRECT {
		return fmt.Errorf("read model: it must be export or direct")
	}
	for name, d := range map[string]int64{
		"session gap": int64(r.SessionGap), "before": int64(r.Before), "after": int64(r.After),
		"skew": int64(r.Skew), "horizon": int64(r.Horizon),
	} {
		if d < 0 {
			return fmt.Errorf("read window %s: it must not be negative", name)
		}
	}
	return nil
}

// principal is what a requester is under the rules.
type principal struct {
	class access.PrincipalClass
	// id is the principal of section 5: for the contact centre the ARN
	// without session name, else the whole requester.
	id      string
	session string
}

// principals classifies requesters and remembers the answers: there are few
// of them, and each comes a million times.
type principals struct {
	rules *Rules
	known map[string]principal
}

// maxKnownPrincipals bounds the memory of answers against made-up session
// names; beyond it the memory starts anew.
const maxKnownPrincipals = 1 << 16

func (p *principals) of(requester string) principal {
	if known, ok := p.known[requester]; ok {
		return known
	}
	if p.known == nil || len(p.known) >= maxKnownPrincipals {
		p.known = make(map[string]principal)
	}
	answer := p.rules.classify(requester)
	p.known[strings.Clone(requester)] = answer
	return answer
}

func (r *Rules) classify(requester string) principal {
	requester = strings.Clone(requester)
	role, session := evidence.SplitRoleSession(requester)
	answer := principal{class: access.PrincipalClass_PRINCIPAL_CLASS_DIRECT, id: requester, session: session}
	switch {
	case absent(requester):
		return principal{class: access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS}
	case contains(r.AWSRequesters, requester):
		answer.class = access.PrincipalClass_PRINCIPAL_CLASS_AWS
	case matchesRole(r.OwnRoles, requester, role):
		answer.class = access.PrincipalClass_PRINCIPAL_CLASS_SELF
	case matchesRole(r.ServiceRoles, requester, role):
		answer.class, answer.id = access.PrincipalClass_PRINCIPAL_CLASS_SERVICE, role
	}
	return answer
}

// IsOwn says whether a requester is one of our own.
func (r *Rules) IsOwn(requester string) bool {
	return r.classify(requester).class == access.PrincipalClass_PRINCIPAL_CLASS_SELF
}

// matchesRole tries each pattern on the whole ARN, and one that has no
// segment for the session name on the ARN without it.
func matchesRole(patterns []string, requester, role string) bool {
	for _, pattern := range patterns {
		name := requester
		if strings.Count(pattern, "/") < strings.Count(requester, "/") {
			name = role
		}
		if ok, err := path.Match(pattern, name); err == nil && ok {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

// absent follows the rules' preamble: empty and - are no value.
func absent(s string) bool { return s == "" || s == "-" }

// parseAddress gives the address in one form; IPv4-mapped as IPv4; the zero
// Addr where there is none.
func parseAddress(s string) netip.Addr {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// foreign says whether networks are known and addr lies outside of them.
func (r *Rules) foreign(addr netip.Addr) bool {
	if len(r.ServiceNetworks) == 0 || !addr.IsValid() {
		return false
	}
	for _, network := range r.ServiceNetworks {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}
