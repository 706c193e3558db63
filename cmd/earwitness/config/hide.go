package config

import (
	"regexp"
	"strings"
)

// hider finds what must not be shown wherever it stands: signing keys, and
// the values of keys whose names promise secrets.
type hider struct {
	key, name *regexp.Regexp
}

func newHider() hider {
	return hider{
		key:  regexp.MustCompile(`PRIVATE\+KEY\+[^\s"']*`),
		name: regexp.MustCompile(`(?i)(?:\b|[-_])(?:key|password|passphrase|secret|token)["']?\s*:\s*["']?`),
	}
}

// hide leaves what stands before a secret where it is, and shows nothing
// behind it: a secret may hold spaces and commas.
func (h hider) hide(line string) string {
	for _, at := range h.name.FindAllStringIndex(line, -1) {
		value := line[at[1]:]
		if value != "" && !strings.HasPrefix(value, inEnv) && !strings.HasPrefix(value, inFile) {
			line = line[:at[1]] + "***"
			break
		}
	}
	return h.key.ReplaceAllString(line, "***")
}
