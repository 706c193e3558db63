package elastic

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fake is Elasticsearch as far as the sink knows it. It refuses what the real
// one refuses.
type fake struct {
	*httptest.Server

	mu         sync.Mutex
	components map[string]map[string]any
	templates  map[string]map[string]any
	indices    map[string]*fakeIndex
	// requests by method and first words of the path.
	requests []string
	bulks    []int

	// authorization that is wanted.
	authorization string
	// mayManage templates.
	mayManage bool
	// most bytes of a body.
	most int
	// intercept answers in the fake's place when it returns true.
	intercept func(w http.ResponseWriter, r *http.Request, body []byte) bool
	// refuse gives another status to an item.
	refuse func(index, id string) (status int, kind string)
}

type fakeIndex struct {
	mapping map[string]any
	aliases map[string]any
	docs    map[string]fakeDoc
	// block of writes: 403 or 429, as by a setting or a full disk.
	block int
}

type fakeDoc struct {
	version uint64
	source  json.RawMessage
}

func newFake(tb testing.TB) *fake {
	tb.Helper()
	f := &fake{
		components: map[string]map[string]any{}, templates: map[string]map[string]any{}, indices: map[string]*fakeIndex{},
		mayManage: true, most: 100 << 20,
	}
	f.Server = httptest.NewServer(f)
	tb.Cleanup(f.Close)
	return f
}

// change sets what the fake does next.
func (f *fake) change(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn()
}

const compatible = "application/vnd.elasticsearch+json;compatible-with=8"

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	most, intercept := f.most, f.intercept
	f.mu.Unlock()
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", compatible)
	if r.ContentLength > int64(most) {
		// As Netty does: the answer comes before the body was read.
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if intercept != nil && intercept(w, r, body) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	// Of the scheme, upper and lower case are the same.
	if f.authorization != "" && !strings.EqualFold(r.Header.Get("Authorization"), f.authorization) {
		fail(w, http.StatusUnauthorized, "security_exception", "unable to authenticate user")
		return
	}
	if r.Header.Get("Accept") != compatible || len(body) > 0 && r.Header.Get("Content-Type") != compatible {
		fail(w, http.StatusNotAcceptable, "media_type_header_exception", "Invalid media-type value on headers")
		return
	}
	f.route(w, r, body)
}

func (f *fake) route(w http.ResponseWriter, r *http.Request, body []byte) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/_bulk":
		f.bulk(w, body)
	case parts[0] == "_component_template" && len(parts) == 2:
		f.template(w, r, f.components, "component_template", parts[1], body)
	case parts[0] == "_index_template" && len(parts) == 2:
		f.template(w, r, f.templates, "index_template", parts[1], body)
	case r.Method == http.MethodPost && r.URL.Path == "/_aliases":
		f.alias(w, body)
	case len(parts) == 2 && parts[1] == "_mapping":
		f.mapping(w, r, parts[0], body)
	case len(parts) == 1 && r.Method == http.MethodPut:
		f.create(w, parts[0])
	default:
		fail(w, http.StatusMethodNotAllowed, "", fmt.Sprintf("Incorrect HTTP method for uri [%s]", r.URL.Path))
	}
}

func fail(w http.ResponseWriter, status int, kind, reason string) {
	w.WriteHeader(status)
	if kind == "" {
		writeJSON(w, map[string]any{"error": reason, "status": status})
		return
	}
	writeJSON(w, map[string]any{"error": map[string]any{"type": kind, "reason": reason}, "status": status})
}

func writeJSON(w io.Writer, v any) {
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

func (f *fake) template(w http.ResponseWriter, r *http.Request, all map[string]map[string]any, what, name string, body []byte) {
	if r.Method == http.MethodGet {
		t, ok := all[name]
		if !ok {
			fail(w, http.StatusNotFound, "resource_not_found_exception", what+" matching ["+name+"] not found")
			return
		}
		writeJSON(w, map[string]any{what + "s": []any{map[string]any{"name": name, what: t}}})
		return
	}
	if !f.mayManage {
		fail(w, http.StatusForbidden, "security_exception", "action [indices:admin/index_template/put] is unauthorized")
		return
	}
	var t map[string]any
	if err := json.Unmarshal(body, &t); err != nil {
		fail(w, http.StatusBadRequest, "x_content_parse_exception", err.Error())
		return
	}
	all[name] = t
	writeJSON(w, map[string]any{"acknowledged": true})
}

func (f *fake) create(w http.ResponseWriter, name string) {
	if _, ok := f.indices[name]; ok {
		fail(w, http.StatusBadRequest, "resource_already_exists_exception", "index ["+name+"] already exists")
		return
	}
	x := &fakeIndex{mapping: map[string]any{}, aliases: map[string]any{}, docs: map[string]fakeDoc{}}
	for _, t := range f.templates {
		for _, pattern := range t["index_patterns"].([]any) {
			if ok, _ := path.Match(pattern.(string), name); !ok {
				continue
			}
			for _, component := range t["composed_of"].([]any) {
				if c, ok := f.components[component.(string)]; ok {
					x.mapping = clone(c["template"].(map[string]any)["mappings"].(map[string]any))
				}
			}
			x.aliases = clone(t["template"].(map[string]any)["aliases"].(map[string]any))
		}
	}
	f.indices[name] = x
	writeJSON(w, map[string]any{"acknowledged": true, "index": name})
}

func clone(m map[string]any) map[string]any {
	var copied map[string]any
	data, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(data, &copied)
	}
	if err != nil {
		panic(err)
	}
	return copied
}

func (f *fake) mapping(w http.ResponseWriter, r *http.Request, pattern string, body []byte) {
	found := map[string]any{}
	for name, x := range f.indices {
		if ok, _ := path.Match(pattern, name); ok {
			found[name] = map[string]any{"mappings": x.mapping}
		}
	}
	switch {
	case len(found) == 0 && !strings.Contains(pattern, "*"):
		fail(w, http.StatusNotFound, "index_not_found_exception", "no such index ["+pattern+"]")
	case r.Method == http.MethodGet:
		writeJSON(w, found)
	default:
		var change map[string]any
		if err := json.Unmarshal(body, &change); err != nil {
			fail(w, http.StatusBadRequest, "x_content_parse_exception", err.Error())
			return
		}
		if why := extend(f.indices[pattern].mapping, change); why != "" {
			fail(w, http.StatusBadRequest, "illegal_argument_exception", why)
			return
		}
		writeJSON(w, map[string]any{"acknowledged": true})
	}
}

// extend adds fields; a type never changes.
func extend(mapping, change map[string]any) string {
	// A property may be called type, too.
	if have, ok := mapping["type"].(string); ok && any(have) != change["type"] {
		return fmt.Sprintf("mapper cannot be changed from type [%v] to [%v]", have, change["type"])
	}
	for key, value := range change {
		inner, ok := value.(map[string]any)
		old, had := mapping[key].(map[string]any)
		if ok && had && key != "_meta" {
			if why := extend(old, inner); why != "" {
				return why
			}
			continue
		}
		mapping[key] = value
	}
	return ""
}

func (f *fake) alias(w http.ResponseWriter, body []byte) {
	var change struct {
		Actions []struct {
			Add struct {
				Index, Alias string
				Filter       map[string]any
			}
		}
	}
	if err := json.Unmarshal(body, &change); err != nil {
		fail(w, http.StatusBadRequest, "x_content_parse_exception", err.Error())
		return
	}
	for _, a := range change.Actions {
		f.indices[a.Add.Index].aliases[a.Add.Alias] = map[string]any{"filter": a.Add.Filter}
	}
	writeJSON(w, map[string]any{"acknowledged": true})
}

// held lists what lies in the indices, sorted.
func (f *fake) held() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for name, x := range f.indices {
		for id, d := range x.docs {
			lines = append(lines, fmt.Sprintf("%s %s %d %s", name, id, d.version, d.source))
		}
	}
	slices.Sort(lines)
	return lines
}
