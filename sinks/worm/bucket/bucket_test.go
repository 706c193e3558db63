package bucket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/sinks/worm"
)

func TestPutAsksForAllThatProtects(t *testing.T) {
	f, store := openFake(t, func(c *Config) {
		c.KMSKey = "arn:aws:kms:eu-central-1:1:key/2"
		c.Owner = "123456789012"
		c.Now = func() time.Time { return time.Now().Truncate(time.Second).Add(time.Nanosecond) }
	})
	before := len(f.requests)
	began := time.Now().Truncate(time.Second)
	// Larger than any part of a multipart upload.
	if err := store.Put(t.Context(), testName, make([]byte, 20<<20)); err != nil {
		t.Fatal(err)
	}
	requests := f.requests[before:]
	if len(requests) != 2 {
		t.Fatalf("%d requests, want one to write and one to list", len(requests))
	}
	put := requests[0]
	until, err := time.Parse(time.RFC3339, put.Header.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	if least := began.Add(48 * time.Hour); err != nil || until.Before(least) || until.After(least.Add(time.Minute)) {
		t.Errorf("retained until %s, %v", until, err)
	}
	want := map[string]string{
		"If-None-Match": "*", "X-Amz-Object-Lock-Mode": "COMPLIANCE", "X-Amz-Server-Side-Encryption": "aws:kms",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "arn:aws:kms:eu-central-1:1:key/2",
		"X-Amz-Expected-Bucket-Owner":                 "123456789012",
		"X-Amz-Trailer":                               "", // the fake asks for the SHA-256 in a header
	}
	got := map[string]string{}
	for name := range want {
		got[name] = put.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" || put.Method != http.MethodPut || put.URL.RawQuery != "x-id=PutObject" {
		t.Errorf("%s %s: %s", put.Method, put.URL, diff)
	}
}

func TestPutTakesANameOnce(t *testing.T) {
	_, store := openFake(t, nil)
	if err := store.Put(t.Context(), testName, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(t.Context(), testName, []byte("second")); !errors.Is(err, worm.ErrExists) {
		t.Errorf("a second Put gives %v", err)
	}
	if got := read(t, store, testName); got != "first" {
		t.Errorf("the object holds %q", got)
	}
	for _, bad := range []string{"", ".", "../x", "/x", "a//b", `a\b`} {
		if err := store.Put(t.Context(), bad, nil); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("the name %q gives %v", bad, err)
		}
		if _, err := store.Open(t.Context(), bad); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("opening %q gives %v", bad, err)
		}
	}
}

func read(t testing.TB, store *Store, name string) string {
	t.Helper()
	object, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(object)
	if err := errors.Join(err, object.Close()); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestOpenReadsTheFirstVersion(t *testing.T) {
	f, store := openFake(t, nil)
	f.page = 2
	if err := store.Put(t.Context(), testName, []byte("first")); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		f.lay(fakeKey(testName), []byte("later"), i%2 == 0)
	}
	if got := read(t, store, testName); got != "first" {
		t.Errorf("read %q", got)
	}
	for _, name := range []string{"missing", strings.TrimSuffix(testName, ".seg"), testName + "x"} {
		if _, err := store.Open(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opening %s gives %v", name, err)
		}
	}
	f.lay(fakeKey("never"), nil, true)
	if _, err := store.Open(t.Context(), "never"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening what is a delete marker alone gives %v", err)
	}
}

func TestListShowsEveryVersion(t *testing.T) {
	f, store := openFake(t, nil)
	names := []string{"a-b/x", "a/x", "a/y", "a/y+z %&", "a/\x01\n", "a0/x", "b"}
	for _, name := range names {
		f.lay(fakeKey(name), []byte(name), false)
	}
	f.lay("archive/other", nil, false)
	f.lay("archive/one", nil, false)
	f.lay("archive/one0", nil, false)
	f.lay(fakeKey("a/y"), []byte("2"), false)
	f.lay(fakeKey("a/y"), nil, true)
	f.lay(fakeKey("a/y"), []byte("44"), false)
	sorted := []worm.Object{
		{Name: "a-b/x", Size: 5, Version: "v1"},
		{Name: "a/\x01\n", Size: 4, Version: "v5"},
		{Name: "a/x", Size: 3, Version: "v2"},
		{Name: "a/y", Size: 2, Version: "v13"},
		{Name: "a/y", Version: "v12", Marker: true, Noncurrent: true},
		{Name: "a/y", Size: 1, Version: "v11", Noncurrent: true},
		{Name: "a/y", Size: 3, Version: "v3", Noncurrent: true},
		{Name: "a/y+z %&", Size: 8, Version: "v4"},
		{Name: "a0/x", Size: 4, Version: "v6"},
		{Name: "b", Size: 1, Version: "v7"},
	}
	for _, size := range []int{1, 2, 3, fullPage} {
		f.page = size
		for _, prefix := range []string{"", "a/", "a/y", "none"} {
			for _, from := range append([]string{"", "a/y0", "zz"}, names...) {
				var want []worm.Object
				for _, o := range sorted {
					if strings.HasPrefix(o.Name, prefix) && o.Name >= from {
						want = append(want, o)
					}
				}
				if diff := cmp.Diff(want, list(t, store, prefix, from)); diff != "" {
					t.Errorf("pages of %d, prefix %q, from %q: %s", size, prefix, from, diff)
				}
			}
		}
	}
}

func list(t testing.TB, store *Store, prefix, from string) []worm.Object {
	t.Helper()
	var got []worm.Object
	err := store.List(t.Context(), prefix, from, func(o worm.Object) error {
		o.Modified = time.Time{}
		got = append(got, o)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestListEndsWithItsFirstError(t *testing.T) {
	f, store := openFake(t, nil)
	f.lay(fakeKey("a"), nil, false)
	f.lay(fakeKey("b"), nil, false)
	enough := errors.New("enough")
	calls := 0
	err := store.List(t.Context(), "", "", func(worm.Object) error { calls++; return enough })
	if err != enough || calls != 1 { //nolint:errorlint // it must come back as it is
		t.Errorf("%d calls and %v", calls, err)
	}
}

func TestPutSeesWhatLiesUnderIt(t *testing.T) {
	f, store := openFake(t, nil)
	f.lay(fakeKey(testName), []byte("forged"), false)
	f.lay(fakeKey(testName), nil, true)
	err := store.Put(t.Context(), testName, []byte("ours"))
	var tampered *worm.TamperError
	if !errors.As(err, &tampered) || tampered.Object != testName {
		t.Errorf("writing over what was hidden by a delete marker gives %v", err)
	}
}

func TestReadRefusesToWrite(t *testing.T) {
	f, server := newFake(t)
	f.lay(fakeKey(testName), []byte("ours"), false)
	config := fakeConfig(server.URL)
	config.Mode, config.Retention = "", 0
	store, err := Read(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Put(t.Context(), testName, nil); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Put gives %v", err)
	}
	if got := read(t, store, testName); got != "ours" {
		t.Errorf("read %q", got)
	}
	for _, r := range f.requests {
		if q := r.URL.Query(); q.Has("versioning") || q.Has("object-lock") {
			t.Errorf("reading asks for %s", r.URL)
		}
	}
}

// Everything comes from the environment, as it does for the AWS tools.
func TestOpenURLReadsTheEnvironment(t *testing.T) {
	isolate(t)
	f, server := newFake(t)
	f.lay(fakeKey(testName), []byte("ours"), false)
	t.Setenv("AWS_ACCESS_KEY_ID", "somebody")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	store, err := OpenURL(t.Context(), "s3://trail/archive/one", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if got := read(t, store, testName); got != "ours" {
		t.Errorf("read %q", got)
	}
	if header := f.requests[0].Header.Get("Authorization"); !strings.Contains(header, "Credential=somebody/") || !strings.Contains(header, "/us-east-1/s3/") {
		t.Errorf("signed by %q", header)
	}
	if store.config.server() != server.URL {
		t.Errorf("errors would be about %s", store.config.server())
	}
	if _, err := OpenURL(t.Context(), "s3://trail?x=1", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a mistaken URL is taken")
	}
}

func TestCallersEndIsTheirs(t *testing.T) {
	f, store := openFake(t, nil)
	calls := map[string]func(ctx context.Context) error{
		"put":  func(ctx context.Context) error { return store.Put(ctx, testName, []byte("x")) },
		"open": func(ctx context.Context) error { _, err := store.Open(ctx, testName); return err },
		"list": func(ctx context.Context) error { return store.List(ctx, "", "", nil) },
	}
	for name, call := range calls {
		ctx, cancel := context.WithCancel(t.Context())
		f.fail(func(_ http.ResponseWriter, r *http.Request) bool {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
			return true
		})
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s gives %v", name, err)
		}
		cancel()
	}
}
