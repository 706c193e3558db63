package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGenesysDefaults(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := parse(Flags{File: "e.yaml"}, dir, []byte(organisation+"client-secret: file:secret, recheck: 0s}}]"))
	if err != nil {
		t.Fatal(err)
	}
	source := config.Sources[0]
	g := source.Genesys
	if *source.Lateness != hour || g.Backfill != 7*day || g.Interval != day || g.Overlap != hour || *g.Recheck != 0 || g.Every != 5*minute {
		t.Errorf("the durations are %s, %+v", source.Lateness, g)
	}
	if diff := cmp.Diff([]Text{"Quality"}, g.Services); diff != "" || len(g.Entities) != 8 {
		t.Errorf("services (-want +got):\n%s%d entities", diff, len(g.Entities))
	}
	client, err := g.ClientConfig(slog.New(slog.DiscardHandler))
	if err != nil || client.Endpoint != "https://api.mypurecloud.de" {
		t.Fatalf("the client is %+v, %v", client, err)
	}
	if secret, err := client.Secret(); err != nil || secret != "hunter2" {
		t.Errorf("the secret is %q, %v", secret, err)
	}
	text, err := config.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter2") {
		t.Errorf("the secret is printed:\n%s", text)
	}
	again, err := parse(Flags{File: "e.yaml"}, "", text)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	again.file = config.file
	if diff := cmp.Diff(config.Sources, again.Sources); diff != "" {
		t.Errorf("what is printed means something else (-before +after):\n%s", diff)
	}
}

// An API that is left out stays so.
func TestGenesysWithoutOneAPI(t *testing.T) {
	config, err := parse(Flags{File: "e.yaml"}, "", []byte(organisation+"client-secret: env:S, services: []}}]"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := config.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(Flags{File: "e.yaml"}, "", text)
	if err != nil || len(again.Sources[0].Genesys.Services) != 0 {
		t.Errorf("%v, %v of:\n%s", again, err, text)
	}
}
