package worm

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key is a signing key and what checks its signatures.
type Key struct {
	note.Signer
	// Line is the verifier line, to be kept away from the store. It is no
	// secret.
	Line string

	secret string
}

// GenerateKey makes an Ed25519 key with a name, which stands in every
// signature: no spaces, no plus sign.
func GenerateKey(name string) (*Key, error) {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n") {
		return nil, fmt.Errorf("make signing key: the name %q must not be empty nor have a plus sign or a space", name)
	}
	secret, line, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return &Key{Signer: signer, Line: line, secret: secret}, nil
}

// Verifiers that know the key's own signatures alone.
func (k *Key) Verifiers() (note.Verifiers, error) { return ParseVerifiers(k.Line) }

// Save writes the key to path, mode 0600, and the verifier line to
// verifierPath, mode 0644; fs.ErrExist when one of them is there.
func (k *Key) Save(path, verifierPath string) error {
	if err := writeNew(path, 0o600, k.secret+"\n"+k.Line+"\n"); err != nil {
		return fmt.Errorf("write signing key: %w", err)
	}
	return k.SaveVerifier(verifierPath)
}

// SaveVerifier writes the verifier line alone, mode 0644; fs.ErrExist when
// the file is there.
func (k *Key) SaveVerifier(path string) error {
	if err := writeNew(path, 0o644, k.Line+"\n"); err != nil {
		return fmt.Errorf("write verifier line: %w", err)
	}
	return nil
}

// writeNew writes a file that is whole or not there, whenever it is cut off.
func writeNew(path string, mode fs.FileMode, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	// A link does not replace what is there.
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// LoadKey reads a key that Save wrote: the secret line, then the verifier
// line.
func LoadKey(path string) (*Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("read signing key %s: %w", path, err)
	}
	return key, nil
}

// ParseKey reads the text of a file that Save wrote. Its errors do not quote
// the secret.
func ParseKey(text string) (*Key, error) {
	lines := nonEmptyLines(text)
	if len(lines) != 2 {
		return nil, fmt.Errorf("it has %d lines, not the secret and the verifier line", len(lines))
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		// The error of the note package does not quote the secret.
		return nil, fmt.Errorf("read its secret: %w", err)
	}
	verifier, err := note.NewVerifier(lines[1])
	if err != nil {
		return nil, fmt.Errorf("read its verifier line: %w", err)
	}
	if verifier.Name() != signer.Name() || verifier.KeyHash() != signer.KeyHash() {
		return nil, errors.New("the verifier line belongs to another key")
	}
	return &Key{Signer: signer, Line: lines[1], secret: lines[0]}, nil
}

// LoadVerifiers takes a verifier line, or the path of a file with one or
// more, one for each key that was ever used.
func LoadVerifiers(lineOrPath string) (note.Verifiers, error) {
	if _, err := note.NewVerifier(strings.TrimSpace(lineOrPath)); err == nil {
		return ParseVerifiers(lineOrPath)
	}
	text, err := os.ReadFile(lineOrPath)
	if err != nil {
		return nil, fmt.Errorf("read verifier: %q is neither a verifier line nor a file: %w", lineOrPath, err)
	}
	known, err := ParseVerifiers(string(text))
	if err != nil {
		return nil, fmt.Errorf("read verifier file %s: %w", lineOrPath, err)
	}
	return known, nil
}

// ParseVerifiers reads verifier lines; empty lines and those that begin with
// # are left out.
func ParseVerifiers(text string) (note.Verifiers, error) {
	var list []note.Verifier
	for _, line := range nonEmptyLines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "PRIVATE+KEY+") {
			return nil, errors.New("this is a signing key, which should be kept secret; the verifier line is wanted")
		}
		verifier, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("parse verifier line %q: %w", line, err)
		}
		list = append(list, verifier)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no verifier line")
	}
	return note.VerifierList(list...), nil
}

func nonEmptyLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
