package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/simulate"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	// A path with all that a shell could take for something else.
	dir := filepath.Join(t.TempDir(), "it's a $world")
	got := earwitness(t, "simulate", "--out", dir, "--days", "2", "--requests", "1000", "--seed", "5", "--model", "export",
		"--start", "2026-05-04", "--lost-audits", "5%", "--lost-lines", "0.25", "--audit-skew", "-5s", "--service-role", "arn:aws:sts::111122223333:assumed-role/Another")
	got.want(t, 0, "2026-05-04 to 2026-05-05, storage model export,", "\nintruder  ")
	settings, err := simulate.ReadSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	type chosen struct {
		Seed                   uint64
		Days                   int
		LostAudits, LostLines  float64
		Skew, Start, ServiceIs string
	}
	c := settings.Config
	if diff := cmp.Diff(chosen{5, 2, 0.05, 0.25, "-5s", "2026-05-04", "arn:aws:sts::111122223333:assumed-role/Another"},
		chosen{c.Seed, c.Days, c.LostAudits, c.LostLines, c.AuditSkew.String(), (*midnight)(&c.Start).String(), c.ServiceRole}); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}

	_, command, found := strings.Cut(got.out, "Read and judge it:\n")
	if !found {
		t.Fatalf("no command is printed:\n%s", got.out)
	}
	ran := shell(t, command)
	if ran.code != 0 && ran.code != exitDeadLetters {
		t.Fatalf("the printed command ends with %d: %s", ran.code, ran.err)
	}
	if n := len(trailOf(t, filepath.Join(dir, "data"))); n < 1000/2 {
		t.Errorf("the run over the world has %d records", n)
	}
	earwitness(t, "simulate", "--out", dir).want(t, 1, "give a folder that is empty or missing")
}

func TestSimulateMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ flags, want string }{
		{"", "--out is missing"},
		{"--out w --lost-audits 101%", `"101%" for "--lost-audits" flag: a share from 0 to 1 is wanted, as in 1% or 0.01`},
		{"--out w --lost-audits many", "a share from 0 to 1 is wanted"},
		{"--out w --ugly-lines NaN", "a share from 0 to 1 is wanted"},
		{"--out w --start today", "a day is wanted, as in 2026-03-02"},
		{"--out w --audit-skew 5", "missing unit in duration"},
		{"--out w --model both", "check model: both is not export or direct"},
		{"--out w --days 0 --bucket A", "check bucket: A is not the name of a bucket"},
	} {
		earwitness(t, append([]string{"simulate"}, strings.Fields(test.flags)...)...).want(t, 2, test.want)
	}
}

func TestShareIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0": 0, "1": 1, "100%": 1, "0.1%": 0.001, "0.005": 0.005, "33%": 0.33} {
		var s share
		if err := s.Set(text); err != nil || float64(s) != want {
			t.Errorf("%s is read as %v, %v", text, float64(s), err)
		}
		again := share(-1)
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%s is written as %s, and read as %v, %v", text, s.String(), float64(again), err)
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "plain/path-1.x", "it's", "a b", "$HOME", "`x`", "~", "*", "!x", "a\nb", "--", "é", "\"", "\\", "#x", "{a,b}", "=x"} {
		got := shell(t, "printf %s. "+quoted(text))
		if got.out != text+"." {
			t.Errorf("a shell takes %s for %s, want %s", quoted(text), strconv.Quote(got.out), strconv.Quote(text))
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 accesses": count(0, "access"), "1 access": count(1, "access"), "1,234 records": count(1234, "record"), "1 record": count(1, "record"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
