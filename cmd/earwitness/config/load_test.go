package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func loadText(t *testing.T, flags Flags, text string) *Config {
	t.Helper()
	flags.File = filepath.Join(t.TempDir(), "e.yaml")
	if err := os.WriteFile(flags.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := Load(flags)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func equalConfigs() cmp.Options {
	return cmp.Options{cmpopts.EquateComparable(Network{}), cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Config{})}
}

func TestNoFileIsValid(t *testing.T) {
	got, err := Load(Flags{})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.WORM.Directory, want.WORM.Key = "earwitness-data/worm", "file:earwitness-data/worm.key"
	want.Index.Path = "earwitness-data/index/trail.db"
	if diff := cmp.Diff(want, got, equalConfigs()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if key, verifier, own := got.OwnKey(); !own || key != "earwitness-data/worm.key" || verifier != "earwitness-data/worm.pub" {
		t.Errorf("OwnKey is %s, %s, %t", key, verifier, own)
	}
}

func TestEmptyFilesAreValid(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing yet\n", "---\n"} {
		if got := loadText(t, Flags{}, text); got.Model != ModelExport {
			t.Errorf("%q gives model %s", text, got.Model)
		}
	}
}

func TestRelativePathsAreTakenFromTheFile(t *testing.T) {
	flags := Flags{S3Logs: []string{"here"}}
	got := loadText(t, flags, `
sources: [{name: a, type: genesys-audit, path: audits}, {name: b, type: s3-access-log, path: /logs}]
worm: {key: "file:signing.key", verifiers: ["file:old.pub"], directory: archive}
`)
	base := filepath.Dir(filepath.Dir(string(got.Index.Path)))
	base = filepath.Dir(base)
	paths := []string{
		string(got.Data), string(got.Sources[0].Path), string(got.Sources[1].Path), string(got.Sources[2].Path),
		got.WORM.Key.File(), got.WORM.Verifiers[0].File(), string(got.WORM.Directory),
	}
	want := []string{
		filepath.Join(base, "earwitness-data"), filepath.Join(base, "audits"), "/logs", "here",
		filepath.Join(base, "signing.key"), filepath.Join(base, "old.pub"), filepath.Join(base, "archive"),
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if _, _, own := got.OwnKey(); own {
		t.Error("a configured key counts as one of our own making")
	}
}

func TestFlagsLieOverTheFile(t *testing.T) {
	flags := Flags{
		Data: "elsewhere", Model: "direct", S3Logs: []string{"l1", "l2", "l3"}, Audits: []string{"a1", "a2"},
		ServiceRoles: []string{"arn:aws:sts::*:assumed-role/Two"}, OwnRoles: []string{"arn:aws:sts::*:assumed-role/Own"},
	}
	got := loadText(t, flags, `
data: here
model: export
roles: {service: ["arn:aws:sts::*:assumed-role/One"]}
sources: [{name: s3, type: s3-access-log, path: /logs, lateness: 2d}]
`)
	longLate, late, soon := 2*day, 24*hour, hour
	want := Default()
	want.Data, want.Model = "elsewhere", ModelDirect
	want.Roles.Service = []RolePattern{"arn:aws:sts::*:assumed-role/One", "arn:aws:sts::*:assumed-role/Two"}
	want.Roles.Own = []RolePattern{"arn:aws:sts::*:assumed-role/Own"}
	want.Sources = []Source{
		{Name: "s3", Type: S3AccessLog, Path: "/logs", Lateness: &longLate},
		{Name: "s3-logs", Type: S3AccessLog, Path: "l1", Lateness: &late},
		{Name: "s3-logs-2", Type: S3AccessLog, Path: "l2", Lateness: &late},
		{Name: "s3-logs-3", Type: S3AccessLog, Path: "l3", Lateness: &late},
		{Name: "audits", Type: GenesysAudit, Path: "a1", Lateness: &soon},
		{Name: "audits-2", Type: GenesysAudit, Path: "a2", Lateness: &soon},
	}
	want.WORM.Directory, want.WORM.Key = "elsewhere/worm", "file:elsewhere/worm.key"
	want.Index.Path = "elsewhere/index/trail.db"
	if diff := cmp.Diff(want, got, equalConfigs()); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"audits", "audits-2", "s3", "s3-logs", "s3-logs-2", "s3-logs-3"}, got.SourceNames()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestFlagMistakes(t *testing.T) {
	for _, test := range []struct {
		flags Flags
		text  string
		want  string
	}{
		{Flags{Model: "both"}, "", `--model: "both" is no model; allowed are export, direct`},
		{Flags{ServiceRoles: []string{"["}}, "", `--service-role: role pattern "[": syntax error in pattern; ` + patternHelp},
		{Flags{OwnRoles: []string{""}}, "", "--own-role: a pattern over the ARN of a requester is wanted, as in arn:aws:sts::*:assumed-role/ContactCentre*"},
		{Flags{S3Logs: []string{""}}, "", "--s3-logs: a path is wanted; leave the key out for the default"},
		{
			Flags{File: "e.yaml", Audits: []string{"x"}},
			"sources: [{name: audits, type: genesys-audit, path: y}]\n",
			"e.yaml:1:18: sources[0].name: the name audits is that of the source of --audits; name this one otherwise\n" +
				"   1 | sources: [{name: audits, type: genesys-audit, path: y}]\n     |                  ^",
		},
	} {
		_, err := parse(test.flags, "", []byte(test.text))
		if err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestFileThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := Load(Flags{File: path})
	if want := path + ": read configuration: open: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("Load gives %v, want %s", err, want)
	}
}

func TestYAMLRoundTrip(t *testing.T) {
	flags := Flags{S3Logs: []string{"/logs"}, ServiceRoles: []string{"arn:*"}}
	want := loadText(t, flags, `
keys: [{name: calls, template: "**/calls/{recording}.{ext}", kind: media}, {name: "7", template: "{recording}"}]
networks: {service: [203.0.113.0/24, "2001:db8::/32"]}
windows: {session-gap: 1h30m}
index: {retention: 400d}
worm: {compression: none, key: "env:KEY"}
`)
	text, err := want.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(Flags{File: "printed.yaml"}, "", text)
	if err != nil {
		t.Fatalf("the printed configuration has mistakes:\n%v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got, equalConfigs()); diff != "" {
		t.Errorf("read back (-want +got):\n%s\n%s", diff, text)
	}
}

// A key that is spelled out, as the printed configuration does, is still the
// data folder's own.
func TestOwnKeySpelledOut(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "worm: {key: \"file:earwitness-data/worm.key\"}\n": true,
		"worm: {key: \"file:worm.key\"}\n": false, "worm: {key: \"env:KEY\"}\n": false,
	} {
		if _, _, own := loadText(t, Flags{}, text).OwnKey(); own != want {
			t.Errorf("%q: own key is %t", text, own)
		}
	}
}
