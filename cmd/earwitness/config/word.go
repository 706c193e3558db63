package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Text is a name that another system has given, and judges.
type Text string

func (t *Text) read(text string) error {
	if text == "" || len(text) > 2048 || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
		return errors.New("a text is wanted, in one line, without spaces at its ends; leave the key out for the default")
	}
	*t = Text(text)
	return nil
}

// IndexPrefix is what the names of indices, templates and aliases begin with.
type IndexPrefix string

func (p *IndexPrefix) read(text string) error {
	if !regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,99}$`).MatchString(text) {
		return fmt.Errorf("%q can't begin the name of an index; allowed are a lower-case letter, then lower-case letters, digits, and - _ . up to 100", text)
	}
	*p = IndexPrefix(text)
	return nil
}

// Fingerprint is the SHA-256 of a certificate, in hex, with colons or not.
type Fingerprint string

func (f *Fingerprint) read(text string) error {
	if !regexp.MustCompile(`^[0-9a-fA-F]{64}$`).MatchString(strings.ReplaceAll(text, ":", "")) {
		return fmt.Errorf("%q is no fingerprint; write the 64 hex digits of a certificate's SHA-256", text)
	}
	*f = Fingerprint(text)
	return nil
}

// Account of AWS.
type Account string

func (a *Account) read(text string) error {
	if !regexp.MustCompile(`^[0-9]{12}$`).MatchString(text) {
		return fmt.Errorf("%q is no account; write its 12 digits, in quotes", text)
	}
	*a = Account(text)
	return nil
}

// RoleARN is a role that is assumed.
type RoleARN string

func (r *RoleARN) read(text string) error {
	if !regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]*:role/\S+$`).MatchString(text) {
		return fmt.Errorf("%q is no ARN of a role; write it as in arn:aws:iam::111122223333:role/archive", text)
	}
	*r = RoleARN(text)
	return nil
}

// Wait is a short time: milliseconds, or seconds.
type Wait time.Duration

const waitForm = "write a whole number with its unit: ms or s, as in 250ms"

func (w *Wait) read(text string) error {
	match := regexp.MustCompile(`^([0-9]{1,6})(ms|s)$`).FindStringSubmatch(text)
	if match == nil {
		return fmt.Errorf("%q is no such time; %s", text, waitForm)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is no such time; %s", text, waitForm)
	}
	*w = Wait(d)
	return nil
}

// String is the form that the file has.
func (w Wait) String() string {
	if d := w.Std(); d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprintf("%dms", w.Std()/time.Millisecond)
}

// Std is w for the standard library.
func (w Wait) Std() time.Duration { return time.Duration(w) }

// MarshalText writes the form that the file has.
func (w Wait) MarshalText() ([]byte, error) { return []byte(w.String()), nil }
