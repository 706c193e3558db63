package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Path of a file or folder. In the file, one that is relative is taken from
// the file's own folder.
type Path string

func (p *Path) read(text string) error {
	if text == "" || strings.ContainsRune(text, 0) {
		return errors.New("a path is wanted; leave the key out for the default")
	}
	*p = Path(text)
	return nil
}

// Name tells things of one kind apart; it also names files.
type Name string

func (n *Name) read(text string) error {
	bad := strings.IndexFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	})
	if text == "" || len(text) > 64 || bad >= 0 || text[0] == '.' {
		return fmt.Errorf("%q is no name; allowed are letters, digits, and - _ . behind the first, 64 at most", text)
	}
	*n = Name(text)
	return nil
}

// Template of object keys, see evidence.CompileKeyPatterns.
type Template string

func (t *Template) read(text string) error {
	if text == "" {
		return errors.New("a template is wanted, as in **/calls/{recording}.{ext}")
	}
	*t = Template(text)
	return nil
}

// RolePattern is a pattern of path.Match over the ARN of a requester.
type RolePattern string

func (p *RolePattern) read(text string) error {
	const form = "allowed are * ? [a-z] and \\ before a letter, none of which crosses a /"
	if text == "" {
		return errors.New("a pattern over the ARN of a requester is wanted, as in arn:aws:sts::*:assumed-role/ContactCentre*")
	}
	if strings.Contains(text, "**") {
		return fmt.Errorf("role pattern %q: ** is not more than *; %s", text, form)
	}
	if _, err := path.Match(text, ""); err != nil {
		return fmt.Errorf("role pattern %q: %w; %s", text, err, form)
	}
	*p = RolePattern(text)
	return nil
}

// Requester as an access log names it.
type Requester string

func (r *Requester) read(text string) error {
	if text == "" || text == "-" {
		return errors.New("a requester is wanted, as in AmazonS3; an absent one is anonymous and can't be listed")
	}
	*r = Requester(text)
	return nil
}

// Network is a range of addresses.
type Network netip.Prefix

func (n *Network) read(text string) error {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%q is no network; write an address and the length of its prefix, as in 203.0.113.0/24 or 2001:db8::/32", text)
	}
	if masked := prefix.Masked(); masked != prefix {
		return fmt.Errorf("%s has bits behind its prefix; the network is %s", text, masked)
	}
	if prefix.Addr().Is4In6() {
		return fmt.Errorf("%s is an IPv4 network in the form of IPv6; write it as IPv4", text)
	}
	*n = Network(prefix)
	return nil
}

// Prefix is n for the standard library.
func (n Network) Prefix() netip.Prefix { return netip.Prefix(n) }

// MarshalText writes the form that the file has.
func (n Network) MarshalText() ([]byte, error) { return netip.Prefix(n).MarshalText() }

// Verifier is a verifier line, or file:PATH of a file with some.
type Verifier string

func (v *Verifier) read(text string) error {
	if strings.HasPrefix(text, "file:") && len(text) > len("file:") {
		*v = Verifier(text)
		return nil
	}
	if strings.HasPrefix(text, "PRIVATE+KEY+") {
		return errors.New("this is a signing key; the verifier line is wanted, or file:PATH of a file that holds it")
	}
	if _, err := note.NewVerifier(text); err != nil {
		return errors.New("this is neither a verifier line nor file:PATH of a file that holds one (earwitness keys init prints such a line)")
	}
	*v = Verifier(text)
	return nil
}
