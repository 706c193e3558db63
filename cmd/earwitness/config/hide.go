package config

import (
	"regexp"
	"strings"
)

// hider finds what must not be shown wherever it stands: signing keys, the
// values of keys whose names promise secrets, and the parts of URLs where
// credentials stand.
type hider struct {
	key, name, user, query *regexp.Regexp
}

func newHider() hider {
	return hider{
		key:  regexp.MustCompile(`PRIVATE\+KEY\+[^\s"']*`),
		name: regexp.MustCompile(`(?i)(?:\b|[-_])(?:key|password|passphrase|secret|token)["']?\s*:\s*["']?`),
		// Behind a scheme whatever stands before the last @: rather too much
		// than a piece of a password. Without one, what a colon cuts in two.
		user:  regexp.MustCompile(`://.*@|[^\s"'\[{,:@/]+:[^\s"'@/]+@`),
		query: regexp.MustCompile(`(://[^\s"'?#]*[?#]).+`),
	}
}

// hide leaves what stands before a secret where it is, and shows nothing
// behind it: a secret may hold spaces and commas.
func (h hider) hide(line string) string {
	for _, at := range h.name.FindAllStringIndex(line, -1) {
		value := line[at[1]:]
		if strings.HasSuffix(strings.ToLower(line[:at[0]]), "kms") {
			continue // its name is no secret
		}
		if value != "" && !strings.HasPrefix(value, inEnv) && !strings.HasPrefix(value, inFile) {
			line = line[:at[1]] + "***"
			break
		}
	}
	line = h.user.ReplaceAllStringFunc(line, func(found string) string {
		if strings.HasPrefix(found, "://") {
			return "://***@"
		}
		return "***@"
	})
	line = h.query.ReplaceAllString(line, "$1***")
	return h.key.ReplaceAllString(line, "***")
}
