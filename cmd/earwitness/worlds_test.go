package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// worldsDir has worlds with the answers that an implementation of the rules
// gave which shares nothing with this one.
var worldsDir = filepath.Join("..", "..", "pipeline", "correlate", "testdata", "worlds")

// answer is expected.json of a world.
type answer struct {
	Model    string
	Service  []string
	Self     []string
	Requests []judgement
	Accesses []judgement
}

// judgement is what the rules demand of a record. Of requests Access is
// wanted, of accesses what follows it.
type judgement struct {
	ID, Verdict, Confidence, Person, Cls string
	Flags                                []string
	Access                               string
	Audit, Taken                         string
	N, Bytes                             int64
}

// published is what of a document is compared.
type published struct {
	Event struct{ ID string }
	// Earwitness holds the most of it.
	Earwitness struct {
		Kind, State, Class, Verdict, Confidence, Taken string
		Flags                                          []string
		Person, Access                                 struct{ ID string }
		Requests, Bytes                                int64
	}
	Genesys struct{ Audit struct{ ID string } }
}

func readAnswer(t *testing.T, world string) *answer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(worldsDir, world, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	a := new(answer)
	if err := json.Unmarshal(text, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// flags of a run under the settings of the world.
func (a *answer) flags(data string) []string {
	flags := []string{"run", "--once", "--data", data, "--model", a.Model}
	for _, role := range a.Service {
		flags = append(flags, "--service-role", role)
	}
	for _, role := range a.Self {
		flags = append(flags, "--own-role", role)
	}
	return flags
}

// trailOf gives all documents of a data folder, a line each.
func trailOf(t *testing.T, data string, more ...string) []string {
	t.Helper()
	got := earwitness(t, append([]string{"trail", "--json", "--data", data}, more...)...)
	got.want(t, 0)
	return slices.Collect(strings.Lines(got.out))
}

// check compares the trail of a data folder with the answer, record by
// record: none too many, none missing, none twice, all final.
func (a *answer) check(t *testing.T, data string) {
	t.Helper()
	got := map[string]map[string]judgement{"request": {}, "access": {}}
	for _, line := range trailOf(t, data) {
		var d published
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		kind := got[d.Earwitness.Kind]
		if _, twice := kind[d.Event.ID]; twice || kind == nil {
			t.Errorf("%s %s comes twice, or is of no kind", d.Earwitness.Kind, d.Event.ID)
			continue
		}
		if d.Earwitness.State != "final" {
			t.Errorf("%s %s is %s, and everything is covered", d.Earwitness.Kind, d.Event.ID, d.Earwitness.State)
		}
		kind[d.Event.ID] = d.judgement()
	}
	for kind, want := range map[string][]judgement{"request": a.Requests, "access": a.Accesses} {
		if len(want) == 0 {
			t.Fatalf("the answer has no %s", kind)
		}
		if diff := cmp.Diff(byID(want), got[kind], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s records (-want +got):\n%s", kind, diff)
		}
	}
}

func (d *published) judgement() judgement {
	e := &d.Earwitness
	j := judgement{ID: d.Event.ID, Verdict: e.Verdict, Confidence: e.Confidence, Person: e.Person.ID, Cls: e.Class}
	// beyond-horizon hangs on when something was read.
	j.Flags = slices.DeleteFunc(e.Flags, func(flag string) bool { return flag == "beyond-horizon" })
	slices.Sort(j.Flags)
	if e.Kind == "request" {
		j.Access = e.Access.ID
	} else {
		j.Audit, j.Taken, j.N, j.Bytes = d.Genesys.Audit.ID, e.Taken, e.Requests, e.Bytes
	}
	return j
}

func byID(all []judgement) map[string]judgement {
	m := make(map[string]judgement, len(all))
	for _, j := range all {
		slices.Sort(j.Flags)
		m[j.ID] = j
	}
	return m
}

func TestWorldsEqualTheirAnswers(t *testing.T) {
	t.Parallel()
	for _, world := range []string{"1", "2"} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			a, data := readAnswer(t, world), t.TempDir()
			dir := filepath.Join(worldsDir, world)
			got := earwitness(t, append(a.flags(data), "--s3-logs", filepath.Join(dir, "logs"), "--audits", filepath.Join(dir, "audits"))...)
			got.want(t, 0, "Look further:", fmt.Sprintf("%d accesses, ", len(a.Accesses)), fmt.Sprintf("by %d storage requests", len(a.Requests)))
			a.check(t, data)
			earwitness(t, "verify", "--store", filepath.Join(data, "worm"), "--key", filepath.Join(data, "worm.pub")).want(t, 0, "holds: ")
		})
	}
}
