package correlate

import (
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// PersonRule turns what CloudTrail says of a caller into a Genesys user
// (section 6.3).
type PersonRule struct {
	// SourceIdentity reads the source identity, else the session name is read.
	SourceIdentity bool
	// Prefix and Suffix stand around what means the user.
	Prefix, Suffix string
	// Users translate it into the id of a user; empty: it is the id.
	Users map[string]string
	// Enforced: the trust policy of the role sees to it that nobody can take
	// another's name.
	Enforced bool
}

// user gives the user that a name means; empty for none.
func (p *PersonRule) user(name string) string {
	name, found := strings.CutPrefix(name, p.Prefix)
	if !found {
		return ""
	}
	if name, found = strings.CutSuffix(name, p.Suffix); !found {
		return ""
	}
	if len(p.Users) > 0 {
		name = p.Users[name]
	}
	return evidence.LowerUUID(name)
}

// named is the person that CloudTrail names for a request of principal p, by
// the first rule that knows one; empty for none.
func (r *Rules) named(fact *evidence.StorageRequest, p principal) (person string, enforced bool) {
	if fact.Trail == nil || p.class != access.PrincipalClass_PRINCIPAL_CLASS_SERVICE {
		return "", false
	}
	caller := fact.Trail.Caller
	for i := range r.People {
		rule := &r.People[i]
		name := caller.GetSourceIdentity()
		if !rule.SourceIdentity {
			_, name = evidence.SplitRoleSession(caller.GetArn())
		}
		if name == "" {
			continue
		}
		if person = rule.user(name); person != "" {
			return person, rule.Enforced
		}
	}
	return "", false
}

// isNamed says whether the act is by the person that CloudTrail names.
func (g *group) isNamed(a *act) bool {
	return a.actor == access.ActorKind_ACTOR_KIND_USER && a.person == g.person
}

// judgeNamed is 6.3: the person of x is known, and of the acts only theirs
// can be the one.
func (s *state) judgeNamed(x *session, j judgement) judgement {
	j.confidence = access.Confidence_CONFIDENCE_EXACT
	if x.loose > 0 {
		j.confidence = access.Confidence_CONFIDENCE_STRONG
	}
	if j.failedOnly {
		j.flags |= access.FlagActFailed
	}
	s.eachRanked(x, func(a *act) bool {
		switch {
		case !x.group.isNamed(a):
			j.flags |= access.FlagContested
		case j.chosen == nil:
			j.chosen = a
		}
		return true
	})
	return j
}

// namedPerson is the person that CloudTrail names for the requests of g; nil
// for nobody.
func (g *group) namedPerson() *access.Person {
	if g.person == "" {
		return nil
	}
	return &access.Person{Id: g.person, Kind: access.ActorKind_ACTOR_KIND_USER}
}
