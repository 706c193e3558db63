package simulate_test

import (
	"encoding/hex"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/s3log"
	"earwitness/sources/simulate"
)

// told is a request as the log tells it, and its truth.
type told struct {
	*evidence.StorageRequest
	*fact
}

// stories gives the requests of each story, each once.
func (m *made) stories(t *testing.T) map[string][]told {
	t.Helper()
	pieces, _ := m.read(t, simulate.LogsDir, s3log.New(s3log.Config{}))
	all := map[string][]told{}
	for _, e := range pieces {
		r := e.GetRequest()
		f := m.request[hex.EncodeToString(r.GetIdentity())]
		if f == nil || f.seen > 0 {
			continue
		}
		f.seen++
		all[f.Story] = append(all[f.Story], told{r, f})
	}
	return all
}

func cleanConfig(model string) simulate.Config {
	cfg := smallConfig()
	cfg.Model, cfg.UglyLines, cfg.LostLines, cfg.LostAudits = model, 0, 0, 0
	return cfg
}

func TestLinkIsHandedOn(t *testing.T) {
	t.Parallel()
	for _, model := range []string{simulate.ModelDirect, simulate.ModelExport} {
		grants := map[string]map[string]bool{} // addresses by grant
		for _, r := range makeWorld(t, cleanConfig(model)).stories(t)["link-shared"] {
			grant := string(r.Grant)
			if grant == "" || r.SigningTimeMs == 0 {
				t.Fatalf("%s: a request without a link: %+v", model, r.fact)
			}
			if grants[grant] == nil {
				grants[grant] = map[string]bool{}
			}
			grants[grant][r.RemoteIp] = true
			if outside := r.Actor == "somebody outside"; outside && r.Person != "" {
				t.Errorf("%s: the holder of a link is person %s", model, r.Person)
			}
		}
		if len(grants) != 3 {
			t.Errorf("%s: %d links in 3 days", model, len(grants))
		}
		for grant, addresses := range grants {
			if len(addresses) != 2 {
				t.Errorf("%s: link %x was used from %v", model, grant, addresses)
			}
		}
	}
}

func TestIntruderTakesDozens(t *testing.T) {
	t.Parallel()
	whole := map[string]bool{}
	for _, r := range makeWorld(t, cleanConfig(simulate.ModelDirect)).stories(t)["intruder"] {
		if r.Principal != "direct" || r.Person != "" || r.Audit != "" || !strings.Contains(r.Requester, ":user/") {
			t.Errorf("%s by %s: %+v", r.Requester, r.Principal, r.fact)
		}
		if h := time.UnixMilli(r.TimeMs).UTC().Hour(); h > 4 {
			t.Errorf("the intruder comes at %d o'clock", h)
		}
		if r.Status == 200 && r.BytesSent == r.ObjectSize {
			whole[r.RecordingId] = true
		}
	}
	if len(whole) < 15 {
		t.Errorf("the intruder took %d recordings", len(whole))
	}
}

func TestContestedHasTwoPeople(t *testing.T) {
	t.Parallel()
	people := map[string]map[string]bool{}
	for _, r := range makeWorld(t, cleanConfig(simulate.ModelDirect)).stories(t)["contested"] {
		if people[r.RecordingId] == nil {
			people[r.RecordingId] = map[string]bool{}
		}
		people[r.RecordingId][r.Person] = true
	}
	if len(people) == 0 {
		t.Fatal("nobody contests")
	}
	for rec, who := range people {
		if len(who) != 2 || who[""] {
			t.Errorf("recording %s was opened by %v", rec, who)
		}
	}
}

func TestPlayersOfTheExportModelLeaveTheBucketAlone(t *testing.T) {
	t.Parallel()
	m := makeWorld(t, cleanConfig(simulate.ModelExport))
	for _, name := range []string{"own-call", "quality-review", "evaluation", "download", "contested", "failed-then-success", "delete"} {
		if c := m.Stories[name]; c.Requests != 0 || c.Acts == 0 {
			t.Errorf("story %s left %+v", name, c)
		}
	}
}

func TestMultiObjectDeleteSharesItsID(t *testing.T) {
	t.Parallel()
	ids := map[string]map[string]int{}
	for _, r := range makeWorld(t, cleanConfig(simulate.ModelDirect)).stories(t)["multi-object-delete"] {
		id := r.RequestId + " " + r.HostId
		if ids[id] == nil {
			ids[id] = map[string]int{}
		}
		ids[id][r.fact.Operation]++
	}
	if len(ids) == 0 {
		t.Fatal("nothing was deleted")
	}
	for id, ops := range ids {
		if ops["REST.POST.MULTI_OBJECT_DELETE"] != 1 || ops["BATCH.DELETE.OBJECT"] < 2 || len(ops) != 2 {
			t.Errorf("request %s has %v", id, ops)
		}
	}
}

func TestAddressesAreForDocumentation(t *testing.T) {
	t.Parallel()
	var nets []netip.Prefix
	for _, n := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		nets = append(nets, netip.MustParsePrefix(n))
	}
	for name, requests := range makeWorld(t, cleanConfig(simulate.ModelDirect)).stories(t) {
		for _, r := range requests {
			if r.RemoteIp == "" {
				continue
			}
			at, err := netip.ParseAddr(r.RemoteIp)
			ok := false
			for _, n := range nets {
				ok = ok || n.Contains(at)
			}
			if err != nil || !ok {
				t.Errorf("story %s comes from %s", name, r.RemoteIp)
			}
		}
	}
}

func TestManualNamesAllStories(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range simulate.Stories() {
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			t.Errorf("docs/simulator.md does not tell of %s", name)
		}
	}
}
