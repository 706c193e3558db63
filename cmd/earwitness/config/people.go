package config

import (
	"errors"
	"fmt"
	"strings"

	"earwitness/pipeline/correlate"
)

// Person turns what CloudTrail says of a caller into a Genesys user.
type Person struct {
	From    PersonFrom    `yaml:"from" required:"true"`
	Pattern PersonPattern `yaml:"pattern" required:"true"`
	// Enforced by the trust policy of the role.
	Enforced bool         `yaml:"enforced,omitempty"`
	Users    []PersonUser `yaml:"users,omitempty"`
}

// PersonUser is a user by the name that AWS knows.
type PersonUser struct {
	Name Text `yaml:"name" required:"true"`
	ID   Text `yaml:"id" required:"true"`
}

// PersonFrom is where the name stands.
type PersonFrom string

// The places.
const (
	SourceIdentity PersonFrom = "source-identity"
	SessionName    PersonFrom = "session-name"
)

func (f *PersonFrom) read(text string) error {
	return choose(f, text, "place of a name", SourceIdentity, SessionName)
}

// PersonPattern is text around {user}.
type PersonPattern string

const userPlaceholder = "{user}"

func (p *PersonPattern) read(text string) error {
	if strings.Count(text, userPlaceholder) != 1 || strings.ContainsAny(strings.Replace(text, userPlaceholder, "", 1), "{} \t\n/") {
		return fmt.Errorf("%q is no such pattern; write %s once, and the text around it, as in gc-%s", text, userPlaceholder, userPlaceholder)
	}
	*p = PersonPattern(text)
	return nil
}

// BucketPattern is one of path.Match over the names of buckets.
type BucketPattern string

func (p *BucketPattern) read(text string) error {
	var pattern RolePattern
	if err := pattern.read(text); err != nil {
		return err
	}
	if strings.ContainsAny(text, "/ ") {
		return errors.New("a pattern over the names of buckets is wanted, without / and spaces, as in voice-*")
	}
	*p = BucketPattern(text)
	return nil
}

// people are the rules of attribution's.
func (c *Config) people() []correlate.PersonRule {
	var rules []correlate.PersonRule
	for _, p := range c.People {
		rule := correlate.PersonRule{SourceIdentity: p.From == SourceIdentity, Enforced: p.Enforced}
		rule.Prefix, rule.Suffix, _ = strings.Cut(string(p.Pattern), userPlaceholder)
		for _, u := range p.Users {
			if rule.Users == nil {
				rule.Users = make(map[string]string, len(p.Users))
			}
			rule.Users[string(u.Name)] = string(u.ID)
		}
		rules = append(rules, rule)
	}
	return rules
}

// appendPeople adds to a fingerprint, where there is something to add: what
// was judged before there were people stays judged.
func (c *Config) appendPeople(buf []byte) []byte {
	for _, p := range c.People {
		buf = appendText(buf, "person")
		buf = appendText(buf, string(p.From))
		buf = appendText(buf, string(p.Pattern))
		buf = appendText(buf, fmt.Sprint(p.Enforced))
		var users []Text
		for _, u := range p.Users {
			users = append(users, u.Name+"\n"+u.ID)
		}
		buf = appendSet(buf, users)
	}
	return buf
}

func (c *Config) checkPeople(d *document) {
	for i, p := range c.People {
		seen := map[Text]bool{}
		for j, u := range p.Users {
			if u.Name != "" && seen[u.Name] {
				d.mistake(fmt.Sprintf("people[%d].users[%d].name", i, j), "the name %s is taken; each name means one user", u.Name)
			}
			seen[u.Name] = true
		}
	}
}
