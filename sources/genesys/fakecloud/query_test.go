package fakecloud_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earwitness/sources/genesys/fakecloud"
)

const (
	platformQuery = "/api/v2/audits/query"
	qualityQuery  = "/api/v2/quality/conversations/audits/query"
	// today reaches from midnight to the hour behind noon.
	today = `"interval":"2026-08-02T00:00:00Z/2026-08-02T13:00:00Z"`
)

// query makes one and waits for it.
func (c *caller) query(path, body string) string {
	c.t.Helper()
	made := c.call(http.MethodPost, path, body)
	if made.status != http.StatusAccepted || made.field("state") != "Queued" {
		c.t.Fatalf("make query: %d %s", made.status, made.text)
	}
	id := made.field("id")
	if got := c.call(http.MethodGet, path+"/"+id+"/results", ""); got.status != http.StatusNotFound {
		c.t.Errorf("results before it has succeeded: %d", got.status)
	}
	for _, want := range []string{"Running", "Succeeded", "Succeeded"} {
		if got := c.call(http.MethodGet, path+"/"+id, ""); got.status != http.StatusOK || got.field("state") != want {
			c.t.Fatalf("status: %d %s, want %s", got.status, got.text, want)
		}
	}
	return path + "/" + id + "/results"
}

// ids of the audits in a list.
func ids(t *testing.T, list any) []string {
	t.Helper()
	items, isList := list.([]any)
	if !isList {
		t.Fatalf("no list: %v", list)
	}
	var all []string
	for _, item := range items {
		audit, _ := item.(map[string]any)
		id, _ := audit["id"].(string)
		all = append(all, id)
	}
	return all
}

func TestPages(t *testing.T) {
	for _, path := range []string{platformQuery, qualityQuery} {
		c := newCaller(t, fakecloud.Config{})
		c.fill(60)
		results := c.query(path, `{`+today+`,"filters":[{"property":"EntityType","value":"Recording"}],"sort":[{"name":"Timestamp","sortOrder":"ascending"}]}`)
		var all []string
		cursor := ""
		for page := 0; page == 0 || cursor != ""; page++ {
			got := c.call(http.MethodGet, results+"?cursor="+url.QueryEscape(cursor), "")
			if got.status != http.StatusOK {
				t.Fatalf("page %d: %d %s", page, got.status, got.text)
			}
			if page == 0 && got.field("pageSize") != "25" {
				t.Errorf("the page size is %s", got.field("pageSize"))
			}
			all = append(all, ids(t, got.body["entities"])...)
			cursor, _ = got.body["cursor"].(string)
		}
		if len(all) != 60 || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != 60 {
			t.Errorf("%s gives %v", path, all)
		}
		c.refused(c.call(http.MethodGet, results+"?cursor=bm9uc2Vuc2U=", ""), http.StatusBadRequest, "invalid.query.param.value")
		c.refused(c.call(http.MethodGet, results+"?pageSize=501", ""), http.StatusBadRequest, "invalid.query.param.value")
		c.refused(c.call(http.MethodGet, results+"?expand=client", ""), http.StatusBadRequest, "invalid.query.param.value")
		other := platformQuery
		if path == platformQuery {
			other = qualityQuery
		}
		c.refused(c.call(http.MethodGet, strings.Replace(results, path, other, 1), ""), http.StatusNotFound, "not.found")
	}
}

func TestQualityQueryWantsFilters(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	c.refused(c.call(http.MethodPost, qualityQuery, `{`+today+`}`), http.StatusBadRequest, "constraint.validation")
	c.refused(c.call(http.MethodPost, qualityQuery, `{`+today+`,"serviceName":"Quality"}`), http.StatusBadRequest, "bad.request")
}

func TestNamesAreExpanded(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	c.fill(1)
	results := c.query(platformQuery, `{`+today+`}`)
	if got := c.call(http.MethodGet, results, ""); strings.Contains(got.text, "Ada") || !strings.Contains(got.text, `"eventDate"`) {
		t.Errorf("a page that is not expanded: %s", got.text)
	}
	if got := c.call(http.MethodGet, results+"?expand=user", ""); !strings.Contains(got.text, "Ada") {
		t.Errorf("a page that is expanded: %s", got.text)
	}
}

func TestDownloads(t *testing.T) {
	c := newCaller(t, fakecloud.Config{RedirectAbove: 30, DownloadTTL: time.Minute})
	c.fill(1200)
	results := c.query(platformQuery, `{`+today+`,"sort":[{"name":"Timestamp","sortOrder":"ascending"}]}`)
	var all []string
	cursor := ""
	for page := 0; page == 0 || cursor != ""; page++ {
		got := c.call(http.MethodGet, results+"?expand=user&allowRedirect=true&cursor="+url.QueryEscape(cursor), "")
		target, _ := got.body["downloadUrl"].(string)
		if got.status != http.StatusFound || target == "" || got.body["entities"] != nil || got.header.Get("Location") != target {
			t.Fatalf("a set that is too large: %d %s", got.status, got.text)
		}
		if refused := c.call(http.MethodGet, target, ""); refused.status != http.StatusBadRequest || !strings.Contains(refused.text, "Only one auth mechanism") {
			t.Errorf("with a token: %d %s", refused.status, refused.text)
		}
		bare := c.request(http.MethodGet, target, "")
		bare.Header.Del("Authorization")
		file := c.send(bare)
		if strings.Contains(file.text, "Ada") || strings.Contains(file.text, "eventDate") {
			t.Errorf("the file is expanded or of the other shape: %.300s", file.text)
		}
		var list any
		if err := json.Unmarshal([]byte(file.text), &list); err != nil {
			t.Fatalf("%v: %.300s", err, file.text)
		}
		all = append(all, ids(t, list)...)
		cursor, _ = got.body["cursor"].(string)
		if page == 0 {
			c.pass(2 * time.Minute)
			late := c.request(http.MethodGet, target, "")
			late.Header.Del("Authorization")
			if got := c.send(late); got.status != http.StatusForbidden {
				t.Errorf("when the URL has run out: %d", got.status)
			}
		}
	}
	if len(all) != 1200 || !slices.IsSorted(all) {
		t.Errorf("%d audits came", len(all))
	}
	if got := c.call(http.MethodGet, results+"?pageSize=500", ""); got.status != http.StatusOK || len(ids(t, got.body["entities"])) != 500 {
		t.Errorf("without allowRedirect: %d", got.status)
	}
}

func TestTooLargePage(t *testing.T) {
	c := newCaller(t, fakecloud.Config{MaxPage: 100})
	c.fill(10)
	results := c.query(platformQuery, `{`+today+`}`)
	c.refused(c.call(http.MethodGet, results+"?pageSize=500", ""), http.StatusBadRequest, "response.entity.too.large")
	if got := c.call(http.MethodGet, results+"?pageSize=100", ""); got.status != http.StatusOK {
		t.Errorf("a smaller page: %d", got.status)
	}
}

func TestLateAudits(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	if err := c.cloud.AddPlatformAudit([]byte(platformAudit(1, noon.Add(-time.Hour))), noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		return len(ids(t, c.call(http.MethodGet, c.query(platformQuery, `{`+today+`}`), "").body["entities"]))
	}
	if n := count(); n != 0 {
		t.Errorf("%d audits are there before they are visible", n)
	}
	c.pass(time.Minute)
	if n := count(); n != 1 {
		t.Errorf("%d audits are there, want 1", n)
	}
}

func TestRealtime(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	c.fill(30)
	if err := c.cloud.AddPlatformAudit([]byte(platformAudit(99, noon.Add(-15*24*time.Hour))), time.Time{}); err != nil {
		t.Fatal(err)
	}
	const month = `"interval":"2026-07-10T00:00:00Z/2026-08-03T00:00:00Z"`
	got := c.call(http.MethodPost, platformQuery+"/realtime?expand=user", `{`+month+`,"serviceName":"Quality","pageNumber":2,"pageSize":20}`)
	if got.status != http.StatusOK || len(ids(t, got.body["entities"])) != 10 || got.field("total") != "30" || !strings.Contains(got.text, "Ada") {
		t.Errorf("the second page: %d %.300s", got.status, got.text)
	}
	if n := len(ids(t, c.call(http.MethodGet, c.query(platformQuery, `{`+month+`}`)+"?pageSize=500", "").body["entities"])); n != 31 {
		t.Errorf("the async query finds %d, want the old one too", n)
	}
}

func TestServiceMapping(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	for _, path := range []string{"/servicemapping", "/realtime/servicemapping"} {
		if got := c.call(http.MethodGet, platformQuery+path, ""); got.status != http.StatusOK || !strings.Contains(got.text, `"name":"Quality"`) {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
}

func TestLookups(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	c.cloud.AddUser(fakecloud.User{ID: "u1", Name: "Ada"})
	c.cloud.AddQueue(fakecloud.Queue{ID: "q1", Name: "Sales"})
	for _, id := range []string{"r1", "r2", "r3"} {
		c.cloud.AddRecording(fakecloud.Recording{ID: id, Conversation: "c1", Created: noon})
	}
	for _, test := range []struct {
		path   string
		status int
		text   string
	}{
		{"/api/v2/users/u1", 200, `"name":"Ada"`},
		{"/api/v2/users/u2", 404, "not.found"},
		{"/api/v2/users/me", 400, "user context"},
		{"/api/v2/routing/queues/q1", 200, `"name":"Sales"`},
		{"/api/v2/conversations/c1/recordingmetadata", 200, `"id":"r3"`},
		{"/api/v2/conversations/c1/recordingmetadata/r1", 200, `"fileState":"AVAILABLE"`},
		{"/api/v2/conversations/c2/recordingmetadata/r1", 404, "recording.recording.not.found"},
		{"/api/v2/conversations/c1/recordings/r1", 202, "estimatedTranscodeTimeMs"},
		{"/api/v2/conversations/c1/recordings/r1", 200, "mediaUri"},
		{"/api/v2/recordings/retention/query?pageSize=2", 200, "nextUri"},
		{"/api/v2/recordings/retention/query?pageSize=2&cursor=2", 200, `"recordingId":"r3"`},
		{"/api/v2/recordings/retention/query?pageSize=501", 400, "invalid.query.param.value"},
	} {
		if got := c.call(http.MethodGet, test.path, ""); got.status != test.status || !strings.Contains(got.text, test.text) {
			t.Errorf("%s: %d %s", test.path, got.status, got.text)
		}
	}
	// Who plays a recording is seen to have done so.
	results := c.query(qualityQuery, `{`+today+`,"filters":[{"property":"ClientId","value":"client"}]}`)
	if got := c.call(http.MethodGet, results, ""); len(ids(t, got.body["entities"])) != 1 {
		t.Errorf("the read is no audit: %s", got.text)
	}
}

func TestFaults(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	const path = "/api/v2/organizations/me"
	for trouble, status := range map[fakecloud.Trouble]int{
		fakecloud.ServerError: 500, fakecloud.Unavailable: 503, fakecloud.HTML: 200, fakecloud.GatewayHTML: 502, fakecloud.Busy: 429, fakecloud.TokenDies: 401,
	} {
		c.cloud.Inject(fakecloud.Fault{Path: "organizations", Skip: 1, Times: 1, Trouble: trouble})
		got := []*reply{c.call(http.MethodGet, path, ""), c.call(http.MethodGet, path, "")}
		if got[0].status != 200 || got[0].body == nil || got[1].status != status {
			t.Errorf("trouble %d: %d, then %d", trouble, got[0].status, got[1].status)
		}
		c.token = c.login("client", "secret")
	}
}

func TestFill(t *testing.T) {
	c := newCaller(t, fakecloud.Config{})
	dir := t.TempDir()
	for name, text := range map[string]string{
		"platform.json":      `{"id":"q","entities":[` + platformAudit(1, noon) + `,` + platformAudit(2, noon) + `]}`,
		"file.json":          `[` + strings.Replace(platformAudit(3, noon), "eventDate", "eventTime", 1) + `]`,
		"quality.ndjson":     qualityAudit(1, noon) + "\n" + qualityAudit(1, noon) + "\n",
		"eventbridge.ndjson": `{"detail":{"eventBody":{"id":"e"}}}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := c.cloud.Fill(dir, 0)
	if want := (fakecloud.Filled{Platform: 3, Quality: 1, Events: 1, Users: 1, Recordings: 1}); err != nil || sum != want {
		t.Errorf("filled %+v, %v", sum, err)
	}
	if _, err := c.cloud.Fill(filepath.Join(dir, "none"), 0); err == nil {
		t.Error("a folder that is not there is taken")
	}
	c.pass(time.Second)
	if n := len(ids(t, c.call(http.MethodGet, c.query(platformQuery, `{`+today+`}`), "").body["entities"])); n != 3 {
		t.Errorf("%d audits, want 3", n)
	}
}
