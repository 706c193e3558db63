package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"earwitness/sinks/worm"
)

func TestKeysInit(t *testing.T) {
	out := filepath.Join(t.TempDir(), "signing.key")
	got := earwitness(t, "keys", "init", "--out", out, "--name", "archive.example.org")
	got.want(t, 0, "archive.example.org+", "signing.pub")
	key, err := worm.LoadKey(out)
	if err != nil || key.Line+"\n" != got.out {
		t.Errorf("the key has line %v, %v; printed was %q", key, err, got.out)
	}
	if _, err := worm.LoadVerifiers(strings.TrimSuffix(out, ".key") + ".pub"); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v, %v", info.Mode(), err)
	}
	before, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	earwitness(t, "keys", "init", "--out", out).want(t, 1, "is there already")
	if after, err := os.ReadFile(out); err != nil || string(after) != string(before) {
		t.Errorf("the key was overwritten: %v", err)
	}
	other := filepath.Join(filepath.Dir(out), "signing")
	earwitness(t, "keys", "init", "--out", other).want(t, 1, "signing.pub is there already")
	if _, err := os.Stat(other); err == nil {
		t.Error("a key was written without its verifier line")
	}
	earwitness(t, "keys", "init", "--out", filepath.Join(t.TempDir(), "k"), "--name", "a b").want(t, 2, "must not be empty nor have")
}

func TestConfigCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "e.yaml")
	if err := os.WriteFile(file, []byte("windows:\n  skew: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "config", "check", "--config", file).want(t, 2, "earwitness: "+file+":2:9: windows.skew: 5 has no unit", "   2 |   skew: 5")
	earwitness(t, "config", "check", "--model", "both").want(t, 2, `--model: "both" is no model`)

	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := earwitness(t, "config", "check", "--data", "d", "--audits", "/nowhere/at/all", "--own-role", "arn:*")
	got.want(t, 0, "source audits: stat /nowhere/at/all: no such file", "key: file:"+filepath.Join(here, "d", "worm.key"), "lateness: 1h", "session-gap: 10m", "- arn:*")
	if err := os.WriteFile(file, []byte(got.out), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, "config", "check", "--config", file).want(t, 0, "lateness: 1h")
}

func TestKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "e.yaml")
	if err := os.WriteFile(file, []byte("keys: [{name: archive, template: \"**/archive/{conversation}/{recording}.{ext}\"}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	export := "p/0b6f3f44-98f0-4a7e-8d70-15c3cf34f1b7/year=2026/month=11/day=02/hour=1/conversation_id=1c6f3f44-98f0-4a7e-8d70-15c3cf34f1b7/2D6F3F44-98F0-4A7E-8D70-15C3CF34F1B7.opus"
	earwitness(t, "key", export).want(t, 0,
		"pattern       genesys-export", "kind          media", "organization  0b6f3f44", "conversation  1c6f3f44", "recording     2d6f3f44",
		"subject       recording:2d6f3f44-98f0-4a7e-8d70-15c3cf34f1b7")
	earwitness(t, "key", "a/archive/C-1/R-2.wav", "--config", file).want(t, 0, "pattern       archive", "subject       recording:R-2", "organization  -")
	earwitness(t, "key", "a/archive/C-1/R-2.wav").want(t, 1, "none of the patterns does (genesys-export, guide-recordings)", "object bucket/a/archive/C-1/R-2.wav")
	earwitness(t, "key").want(t, 2, "one is wanted: the object key")
}

func TestVersion(t *testing.T) {
	earwitness(t, "version").want(t, 0, "earwitness ", " go1.")
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"},
		{Key: "vcs.time", Value: "2026-11-23T00:00:00Z"},
		{Key: "vcs.modified", Value: "true"},
		{Key: "GOOS", Value: "linux"},
		{Key: "GOARCH", Value: "arm64"},
	}}
	if got, want := describeBuild(info, true), "earwitness v1.2.3 commit abc with changes of 2026-11-23T00:00:00Z, go1.26.0 linux/arm64"; got != want {
		t.Errorf("build is %q, want %q", got, want)
	}
	if got := fmt.Sprint(describeBuild(nil, false)); got != "earwitness of an unknown build" {
		t.Errorf("build is %q", got)
	}
}
