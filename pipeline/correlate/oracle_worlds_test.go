package correlate_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// expectedWorld is an expected.json.
type expectedWorld struct {
	Model    string           `json:"model"`
	Service  []string         `json:"service"`
	Self     []string         `json:"self"`
	Requests []expectedRecord `json:"requests"`
	Accesses []expectedRecord `json:"accesses"`
}

// expectedRecord is what two implementations agreed upon about a record.
type expectedRecord struct {
	ID         string   `json:"id"`
	Verdict    string   `json:"verdict"`
	Confidence string   `json:"confidence"`
	Person     string   `json:"person"`
	Access     string   `json:"access"`
	Flags      []string `json:"flags"`
	Class      string   `json:"cls"`
	Audit      string   `json:"audit"`
	Requests   int64    `json:"n"`
	Taken      string   `json:"taken"`
	Bytes      int64    `json:"bytes"`
}

// storedWorlds are the two worlds with their answers.
func storedWorlds() []string {
	return []string{filepath.Join("testdata", "worlds", "1"), filepath.Join("testdata", "worlds", "2")}
}

// readExpected reads dir's answer and the rules that it stands under.
func readExpected(t *testing.T, dir string) (expectedWorld, correlate.Rules) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want expectedWorld
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	rules := correlate.DefaultRules()
	rules.ServiceRoles, rules.OwnRoles = want.Service, want.Self
	if want.Model == "direct" {
		rules.Model = access.Model_MODEL_DIRECT
	}
	return want, rules
}

// storedWorld is dir as a world in which all is covered.
func storedWorld(t *testing.T, dir string) (world, expectedWorld) {
	t.Helper()
	want, rules := readExpected(t, dir)
	w := world{
		Name: dir, Rules: rules, Sources: []string{"audits", "s3log"},
		Coverage: map[string]time.Time{
			"audits": time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
			"s3log":  time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
		},
	}
	w.Evidence = append(readStoredLogs(t, dir), readStoredAudits(t, dir)...)
	return w, want
}

// summarize turns records into the form of expected.json, by id.
func summarize(records []*access.Record, kind access.Kind) map[string]expectedRecord {
	byID := make(map[string]expectedRecord)
	for _, r := range records {
		if r.Kind != kind {
			continue
		}
		s := expectedRecord{
			ID: hex.EncodeToString(r.Id), Verdict: r.Verdict.Name(), Confidence: r.Confidence.Name(),
			Person: r.GetPerson().GetId(), Flags: access.FlagNames(r.Flags), Class: r.Class.Name(),
		}
		if kind == access.Kind_KIND_REQUEST {
			s.Access = hex.EncodeToString(r.AccessId)
		} else {
			s.Audit = r.GetAct().GetAuditId()
			s.Requests, s.Taken, s.Bytes = r.Requests, r.Taken.Name(), r.Bytes
		}
		byID[s.ID] = s
	}
	return byID
}

func expectedByID(records []expectedRecord) map[string]expectedRecord {
	byID := make(map[string]expectedRecord)
	for _, r := range records {
		if len(r.Flags) == 0 {
			r.Flags = nil
		}
		byID[r.ID] = r
	}
	return byID
}

// TestOracleStoredWorlds holds the oracle against the answers of an
// implementation by others.
func TestOracleStoredWorlds(t *testing.T) {
	for _, dir := range storedWorlds() {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			w, want := storedWorld(t, dir)
			got := oracle(w.Rules, w.Sources, w.Evidence, w.Coverage)
			for _, r := range got {
				if r.State != access.State_STATE_FINAL {
					t.Errorf("record %x is %s", r.Id, r.State.Name())
				}
			}
			if diff := cmp.Diff(expectedByID(want.Requests), summarize(got, access.Kind_KIND_REQUEST)); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(expectedByID(want.Accesses), summarize(got, access.Kind_KIND_ACCESS)); diff != "" {
				t.Errorf("accesses (-want +got):\n%s", diff)
			}
		})
	}
}

// piece wraps a fact with its kind, place and bytes.
func piece(kind evidence.Kind, uri string, offset int, raw []byte) *evidence.Evidence {
	sum := sha(raw)
	id := evidence.PieceID(kind, sum)
	return &evidence.Evidence{
		Id: id[:], Kind: kind, Grade: evidence.Grade_GRADE_EXACT, Raw: raw,
		Origin: &evidence.Origin{Uri: uri, Offset: int64(offset), Length: int64(len(raw)), Sha256: sum[:]},
	}
}
