package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/genesys/fakecloud"
)

// knowLogged lets a cloud know the recordings that are in a world's logs.
func knowLogged(t *testing.T, cloud *fakecloud.Cloud, world string) {
	t.Helper()
	inKey := regexp.MustCompile(`conversation_id(?:=|%3D|%253D)([0-9a-fA-F-]{36})(?:/|%2F|%252F)([0-9a-fA-F-]{36})`)
	logs, err := filepath.Glob(filepath.Join(worldsDir, world, "logs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inKey.FindAllStringSubmatch(string(text), -1) {
			cloud.AddRecording(fakecloud.Recording{Conversation: strings.ToLower(m[1]), ID: strings.ToLower(m[2])})
		}
	}
}

// lookUp has a world's metadata looked up too.
func (w *askedWorld) lookUp(t *testing.T, settings string) {
	t.Helper()
	text, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file, append(text, "\nenrich: "+settings+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// described is what of a record comes by lookups.
type described struct {
	User    struct{ ID, Name, Email string }
	Genesys struct {
		Recording struct{ ID, Media, State string }
	}
	Earwitness struct {
		Person struct{ Kind string }
	}
}

// countDescribed counts the records of recordings, those that say what they
// are, and the people with and without an address.
func countDescribed(t *testing.T, lines []string) (recordings, media, people, addresses int) {
	t.Helper()
	for _, line := range lines {
		var d described
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		if d.Genesys.Recording.ID != "" {
			recordings++
		}
		if d.Genesys.Recording.Media == "audio" && d.Genesys.Recording.State == "AVAILABLE" {
			media++
		}
		if d.Earwitness.Person.Kind != "user" {
			continue
		}
		if people++; strings.HasSuffix(d.User.Email, "@looked-up.example") {
			addresses++
		}
	}
	return recordings, media, people, addresses
}

// lookups counts the calls for metadata.
func lookups(cloud *fakecloud.Cloud) (n int, most int) {
	calls := make(map[string]int)
	for _, call := range cloud.Calls() {
		if strings.Contains(call.Path, "recordingmetadata") || strings.HasPrefix(call.Path, "/api/v2/users/") {
			n++
			calls[call.Path]++
			most = max(most, calls[call.Path])
		}
	}
	return n, most
}

// TestLookedUp: records have the metadata when a run ends, nothing is judged
// otherwise for it, nothing is asked for twice, and a rebuild needs nobody.
func TestLookedUp(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "1", fakecloud.Config{})
	knowLogged(t, cloud.Cloud, "1")
	for _, u := range cloud.Users() {
		u.Email = u.ID + "@looked-up.example"
		cloud.AddUser(u)
	}
	w := newAskedWorld(t, "1", cloud.URL)
	w.lookUp(t, "{from: [recordings, users, queues]}")
	earwitness(t, w.flags()...).want(t, 0)
	w.a.check(t, w.data())
	first := trailOf(t, w.data())
	recordings, media, people, addresses := countDescribed(t, first)
	if media == 0 || media < recordings*9/10 || addresses != people || people == 0 {
		t.Errorf("of %d records of recordings %d say what they are; of %d by people %d have an address", recordings, media, people, addresses)
	}
	asked, most := lookups(cloud.Cloud)
	if asked == 0 || most > 1 {
		t.Errorf("%d lookups, one of them %d times", asked, most)
	}
	t.Logf("%d records of recordings, %d with metadata; %d lookups", recordings, media, asked)

	earwitness(t, w.flags()...).want(t, 0, "0 records")
	if again, _ := lookups(cloud.Cloud); again != asked {
		t.Errorf("a second run asks %d times more", again-asked)
	}
	if diff := cmp.Diff(first, trailOf(t, w.data())); diff != "" {
		t.Errorf("a second run changes records (-before +after):\n%s", diff)
	}
	calls := len(cloud.Calls())
	earwitness(t, rebuildArgs(w.flags())...).want(t, 0, "Judged ", "Epoch 2.")
	if len(cloud.Calls()) != calls {
		t.Error("a rebuild asks the contact centre")
	}
	if diff := cmp.Diff(withoutArrival(t, first), withoutArrival(t, trailOf(t, w.data()))); diff != "" {
		t.Errorf("a rebuild gives other records (-before +after):\n%.3000s", diff)
	}
	earwitness(t, w.flags()...).want(t, 0)
	if again, _ := lookups(cloud.Cloud); again != asked {
		t.Errorf("a run after a rebuild asks %d times more", again-asked)
	}
	earwitness(t, "verify", "--store", filepath.Join(w.data(), "worm"), "--key", filepath.Join(w.data(), "worm.pub")).want(t, 0)
	wantNoContradiction(t, w.data())
}

// TestLookedUpLater: what a run could not look up in time the next one does.
func TestLookedUpLater(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "1", fakecloud.Config{})
	knowLogged(t, cloud.Cloud, "1")
	cloud.Inject(fakecloud.Fault{Path: "recordingmetadata", Times: 1_000_000, Trouble: fakecloud.ServerError})
	w := newAskedWorld(t, "1", cloud.URL)
	w.lookUp(t, "{from: [recordings], wait: 1s}")
	earwitness(t, w.flags()...).want(t, 0, "not all that is to be looked up is answered")
	w.a.check(t, w.data())
	if _, media, _, _ := countDescribed(t, trailOf(t, w.data())); media > 0 {
		t.Errorf("%d records have metadata that nobody gave", media)
	}
	cloud.ClearFaults()
	text, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file, []byte(strings.Replace(string(text), "wait: 1s", "wait: 2m", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	earwitness(t, w.flags()...).want(t, 0)
	w.a.check(t, w.data())
	recordings, media, _, _ := countDescribed(t, trailOf(t, w.data()))
	if media < recordings*9/10 {
		t.Errorf("of %d records of recordings %d say what they are", recordings, media)
	}
}
