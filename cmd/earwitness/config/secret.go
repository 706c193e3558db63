package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Secret says where a secret is: env:NAME or file:PATH. It never holds one,
// so it can be printed.
type Secret string

const (
	inEnv  = "env:"
	inFile = "file:"
)

func (s *Secret) read(text string) error {
	const form = "write env:NAME for an environment variable or file:PATH for a file"
	for _, where := range []string{inEnv, inFile} {
		rest, found := strings.CutPrefix(text, where)
		switch {
		case !found:
		case rest == "":
			return fmt.Errorf("%s names nothing; %s", where, form)
		default:
			*s = Secret(text)
			return nil
		}
	}
	return fmt.Errorf("a secret must not stand in the configuration; put it elsewhere and %s", form)
}

// File is the path of the secret's file; empty when it is not in one.
func (s Secret) File() string {
	path, found := strings.CutPrefix(string(s), inFile)
	if !found {
		return ""
	}
	return path
}

// Load fetches the secret, without the line end behind it.
func (s Secret) Load() (string, error) {
	if path := s.File(); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	name, found := strings.CutPrefix(string(s), inEnv)
	if !found {
		return "", errors.New("read secret: none is configured; write env:NAME or file:PATH")
	}
	text, set := os.LookupEnv(name)
	if !set {
		return "", fmt.Errorf("read secret: the environment variable %s is not set", name)
	}
	return text, nil
}

// loadFor is Load with the setting in its error. A secret that is empty is
// none: somebody forgot to fill it in.
func (s Secret) loadFor(setting string) (string, error) {
	text, err := s.Load()
	if err == nil && text == "" {
		err = fmt.Errorf("read secret: %s is empty", s)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", setting, err)
	}
	return text, nil
}
