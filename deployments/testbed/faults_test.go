//go:build unix

package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFaultsOfTheMachine come with what to do, whoever has met them.
func TestFaultsOfTheMachine(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	tests := []struct {
		name, advice string
		err          error
	}{
		{"disk full for us", "a disk is full: make room for 3 GB in " + c.dir, fmt.Errorf("write x: %w", syscall.ENOSPC)},
		{"disk full for a server", "a disk is full", startOf(t, "echo 'java.io.IOException: No space left on device'; exit 1")},
		{"port taken", "another program has taken a port", startOf(t, "echo 'java.net.BindException: Address already in use'; exit 1")},
		{"something else", "", errors.New("something else")},
	}
	for _, test := range tests {
		got := c.advise(test.err)
		if !errors.Is(got, test.err) || !strings.Contains(got.Error(), test.advice) {
			t.Errorf("%s: no %q in: %v", test.name, test.advice, got)
		}
		if test.advice == "" && got.Error() != test.err.Error() {
			t.Errorf("%s: advice in: %v", test.name, got)
		}
	}
}

// startOf gives the error of a server that does not start.
func startOf(t *testing.T, script string) error {
	t.Helper()
	err := newNode("server", shell(t, script), func(context.Context) error { return errors.New("no answer") }).Start(t.Context())
	if err == nil {
		t.Fatal("it started")
	}
	return err
}

// TestFetchOnAFullDisk has a Maven that finds none left.
func TestFetchOnAFullDisk(t *testing.T) {
	programs := t.TempDir()
	t.Setenv("PATH", programs)
	script := "#!/bin/sh\necho 'Could not transfer artifact: No space left on device'\nexit 1\n"
	if err := os.WriteFile(filepath.Join(programs, "mvn"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	c := newCache(t)
	p, err := newPlace(t.Context(), c, "kafka")
	if err != nil {
		t.Fatal(err)
	}
	_, err = startKafka(t.Context(), p, KafkaConfig{})
	for _, part := range []string{"start kafka " + KafkaVersion, "fetch kafka", "by \"mvn ", "settings.xml", "a disk is full", c.dir, "exit status 1"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
}
