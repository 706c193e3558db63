package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/access"
)

// TestOracleOrder holds the oracle itself to the rule that it serves: order
// and repetition of evidence mean nothing.
func TestOracleOrder(t *testing.T) {
	for seed := range uint64(100) {
		checkWorld(t, randomWorld(seed), func(_ *testing.T, w world) []*access.Record {
			rng := rand.New(rand.NewPCG(seed, 1))
			mixed := append(slices.Clone(w.Evidence), w.Evidence[:len(w.Evidence)/3]...)
			rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			return oracle(w.Rules, w.Sources, mixed, w.Coverage)
		})
	}
}

// tally counts what the records of a world show.
func tally(counts map[string]int, records []*access.Record) {
	for _, r := range records {
		counts["kind "+r.Kind.Name()]++
		counts["state "+r.State.Name()]++
		counts[r.Kind.Name()+" verdict "+r.Verdict.Name()]++
		counts[r.Kind.Name()+" confidence "+r.Confidence.Name()]++
		counts[r.Kind.Name()+" class "+r.Class.Name()]++
		counts["principal "+r.PrincipalClass.Name()]++
		if r.Kind == access.Kind_KIND_ACCESS {
			counts["taken "+r.Taken.Name()]++
			counts[fmt.Sprintf("sessions %d", min(r.Sessions, 3))]++
		}
		if r.GetRequest().GetTrail() != nil {
			counts["trail "+r.Evidence[0].Kind.Name()]++
		}
		if len(r.MovedFromMs) > 0 {
			counts["moved"]++
		}
		if len(r.KeyUses) > 0 {
			counts["key uses"]++
		}
		if len(r.GetRecording().GetAgents()) > 0 && len(r.GetRecording().GetQueues()) > 0 {
			counts["recording"]++
		}
		if strings.HasSuffix(r.GetPerson().GetEmail(), "@example.org") {
			counts["named by metadata"]++
		}
		if r.Kind == access.Kind_KIND_REQUEST && r.Person != nil && r.Person.Name == "" {
			counts["named by the trail"]++
		}
		for _, flag := range access.FlagNames(r.Flags) {
			counts[r.Kind.Name()+" flag "+flag]++
		}
	}
}

// TestRandomWorldsAreMean keeps the generator honest: a thousand worlds show
// every word that a record can say, many times, and are the same every time.
func TestRandomWorldsAreMean(t *testing.T) {
	worlds := uint64(1000)
	if testing.Short() {
		worlds = 200
	}
	counts := make(map[string]int)
	for seed := range worlds {
		w := randomWorld(seed)
		if len(w.Evidence) < 10 || len(w.Evidence) > 120 {
			t.Errorf("%s has %d pieces", w.Name, len(w.Evidence))
		}
		tally(counts, oracle(w.Rules, w.Sources, w.Evidence, w.Coverage))
	}
	var rare []string
	for _, kind := range []string{"request", "access"} {
		for _, verdict := range []string{"attributed", "service", "unattributed", "direct", "anonymous", "system", "open"} {
			rare = append(rare, kind+" verdict "+verdict)
		}
		for _, word := range []string{
			"confidence weak", "confidence strong", "confidence exact", "class read",
			"class write", "class delete", "class probe", "class change", "class other", "flag act-failed",
			"flag address-mismatch", "flag contested", "flag distant", "flag link-shared", "flag overwrite",
			"flag preflight", "flag unexpected",
		} {
			rare = append(rare, kind+" "+word)
		}
	}
	rare = append(rare, "trail access-log", "trail cloudtrail", "moved", "key uses", "named by the trail",
		"recording", "named by metadata")
	rare = append(rare, "access verdict audit-only", "access flag copied", "access flag storage-missing", "taken none",
		"taken partial", "taken likely-full", "taken full", "state pending", "state final", "sessions 2", "sessions 3",
		"principal anonymous", "principal aws", "principal self", "principal service", "principal direct")
	for _, word := range rare {
		if counts[word] < int(worlds)/20 {
			t.Errorf("%s was seen %d times in %d worlds", word, counts[word], worlds)
		}
	}
	if diff := cmp.Diff(randomWorld(7).Evidence, randomWorld(7).Evidence, protocmp.Transform()); diff != "" {
		t.Errorf("a seed gives two worlds:\n%s", diff)
	}
}
