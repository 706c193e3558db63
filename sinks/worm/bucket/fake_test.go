package bucket

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a bucket with Object Lock that is strict about what it is asked,
// and fails as it is told.
type fake struct {
	mu   sync.Mutex
	keys map[string][]fakeVersion // newest first
	made int
	// requests in the order in which they came.
	requests []*http.Request
	// answer, when it says true, has answered in the place of the bucket.
	answer func(w http.ResponseWriter, r *http.Request) bool
	// page is the most entries of a listing.
	page int
	// away is how far the server's clock is ahead.
	away time.Duration
}

type fakeVersion struct {
	id     string
	data   []byte
	marker bool
	made   time.Time
}

func newFake(t testing.TB) (*fake, *httptest.Server) {
	t.Helper()
	f := &fake{keys: make(map[string][]fakeVersion), page: fullPage}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	answer := f.answer
	f.requests = append(f.requests, r.Clone(r.Context()))
	w.Header().Set("Date", time.Now().Add(f.away).UTC().Format(http.TimeFormat))
	f.mu.Unlock()
	w.Header().Set("X-Amz-Request-Id", "4711")
	if answer != nil && answer(w, r) {
		return
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	f.mu.Lock()
	defer f.mu.Unlock()
	query := r.URL.Query()
	switch {
	case bucket != "trail":
		refuse(w, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	case query.Has("versioning"):
		reply(w, `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
	case query.Has("object-lock"):
		reply(w, `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`)
	case query.Has("versions"):
		f.list(w, query)
	case r.Method == http.MethodPut:
		f.put(w, r, key, data)
	case r.Method == http.MethodGet:
		f.get(w, key, query.Get("versionId"))
	default:
		refuse(w, http.StatusNotImplemented, "NotImplemented", r.Method+" "+r.URL.String())
	}
}

func (f *fake) put(w http.ResponseWriter, r *http.Request, key string, data []byte) {
	sum := sha256.Sum256(data)
	versions := f.keys[key]
	switch {
	case r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]):
		refuse(w, http.StatusBadRequest, "BadDigest", "the SHA-256 is not that of the body")
	case r.Header.Get("X-Amz-Object-Lock-Mode") == "" || r.Header.Get("X-Amz-Object-Lock-Retain-Until-Date") == "":
		refuse(w, http.StatusBadRequest, "InvalidRequest", "no retention")
	case r.Header.Get("If-None-Match") == "*" && len(versions) > 0 && !versions[0].marker:
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	default:
		w.Header().Set("X-Amz-Version-Id", f.add(key, data, false))
	}
}

// fail sets who answers in the place of the bucket; nil ends that.
func (f *fake) fail(answer func(w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// lay puts another version over a key, as somebody else would.
func (f *fake) lay(key string, data []byte, marker bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.add(key, data, marker)
}

func (f *fake) add(key string, data []byte, marker bool) string {
	f.made++
	v := fakeVersion{id: fmt.Sprintf("v%d", f.made), data: bytes.Clone(data), marker: marker, made: time.Now()}
	f.keys[key] = slices.Insert(f.keys[key], 0, v)
	return v.id
}

func (f *fake) get(w http.ResponseWriter, key, id string) {
	for _, v := range f.keys[key] {
		if v.id == id && !v.marker {
			_, _ = w.Write(v.data) // the client may have gone
			return
		}
	}
	refuse(w, http.StatusNotFound, "NoSuchVersion", "The specified version does not exist")
}

type fakeEntry struct {
	XMLName      xml.Name
	Key          string
	VersionID    string `xml:"VersionId"`
	IsLatest     bool
	LastModified string
	Size         int
}

type fakeListing struct {
	XMLName             xml.Name `xml:"ListVersionsResult"`
	EncodingType        string
	IsTruncated         bool
	NextKeyMarker       string `xml:",omitempty"`
	NextVersionIDMarker string `xml:"NextVersionIdMarker,omitempty"`
	Entries             []fakeEntry
}

func (f *fake) list(w http.ResponseWriter, query url.Values) {
	keys := make([]string, 0, len(f.keys))
	for key := range f.keys {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	most, _ := strconv.Atoi(query.Get("max-keys"))
	most = min(most, f.page)
	out := fakeListing{EncodingType: "url"}
	behind := query.Get("version-id-marker") == ""
	for _, key := range keys {
		marker := query.Get("key-marker")
		if !strings.HasPrefix(key, query.Get("prefix")) || key < marker || (key == marker && behind) {
			continue
		}
		for i, v := range f.keys[key] {
			if key == marker && !behind {
				behind = v.id == query.Get("version-id-marker")
				continue
			}
			if len(out.Entries) == most {
				out.IsTruncated = true
				writeXML(w, out)
				return
			}
			e := fakeEntry{
				XMLName: xml.Name{Local: "Version"}, Key: url.QueryEscape(key), VersionID: v.id, IsLatest: i == 0,
				LastModified: v.made.UTC().Format(time.RFC3339Nano), Size: len(v.data),
			}
			if v.marker {
				e.XMLName.Local = "DeleteMarker"
			}
			out.Entries = append(out.Entries, e)
			out.NextKeyMarker, out.NextVersionIDMarker = url.QueryEscape(key), v.id
		}
	}
	writeXML(w, out)
}

func writeXML(w http.ResponseWriter, value any) {
	text, err := xml.Marshal(value)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	reply(w, string(text))
}

func reply(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, xml.Header+text) // the client may have gone
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, xml.Header+"<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}
