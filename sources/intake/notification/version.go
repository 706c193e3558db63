package notification

import (
	"fmt"
	"strings"
)

// The major versions that are read. A new minor one only adds fields, and a
// new major one may mean something else by those that are known: "Event message
// structure" advises to compare the former for equality. The direct form has
// been at 2 since 2.0 (2.1 to 2.3 by the kind of event, from 2.4 on the same
// for all); the detail by EventBridge says its own since 1.0, and nothing
// before.
const (
	recordMajor = "2"
	detailMajor = "1"
)

// of tells whether a version is of a major one. Servers other than AWS may
// leave it out.
func of(version, major string) bool {
	got, _, _ := strings.Cut(version, ".")
	return version == "" || got == major
}

func another(what, version, major string) *Error {
	return &Error{Cause: CauseUnknown, What: fmt.Sprintf("%s is of version %q, and only %s.x is known here: look for a newer earwitness", what, version, major)}
}
