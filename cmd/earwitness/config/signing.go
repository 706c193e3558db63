package config

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"earwitness/sinks/worm"
)

// LoadKey fetches the signing key that the configuration names.
func (w WORM) LoadKey() (*worm.Key, error) {
	if path := w.Key.File(); path != "" {
		return worm.LoadKey(path)
	}
	text, err := w.Key.Load()
	if err != nil {
		return nil, err
	}
	key, err := worm.ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("read signing key of %s: %w", w.Key, err)
	}
	return key, nil
}

// Known are the verifiers of all keys whose signatures the archive takes: the
// line of the key in force and those that are configured.
func (w WORM) Known(line string) (note.Verifiers, error) {
	lines := []string{line}
	for _, v := range w.Verifiers {
		path := v.File()
		if path == "" {
			lines = append(lines, string(v))
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read verifier: %w", err)
		}
		lines = append(lines, string(text))
	}
	known, err := worm.ParseVerifiers(strings.Join(lines, "\n"))
	if err != nil {
		return nil, fmt.Errorf("read verifiers of the archive: %w", err)
	}
	return known, nil
}

// KnownIn is Known with the line of the key in force in a file.
func (w WORM) KnownIn(path string) (note.Verifiers, error) {
	line, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read verifier: %w", err)
	}
	return w.Known(string(line))
}
