package elastic

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	cfg := Config{URLs: []string{f.URL}, Now: func() time.Time { return time.UnixMilli(firstMoment) }}
	report, err := Setup(within(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("component template earwitness-record: made, version %d", TemplateVersion),
		fmt.Sprintf("index template earwitness-access: made, version %d", TemplateVersion),
		fmt.Sprintf("index template earwitness-request: made, version %d", TemplateVersion),
		"index earwitness-access-2026.10: made", "index earwitness-request-2026.10: made",
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	for alias, indices := range map[string][]string{
		"earwitness-records":  {"earwitness-access-2026.10", "earwitness-request-2026.10"},
		"earwitness-accesses": {"earwitness-access-2026.10"}, "earwitness-requests": {"earwitness-request-2026.10"},
	} {
		var got []string
		for name, x := range f.indices {
			if _, ok := x.aliases[alias]; ok {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(indices, got); diff != "" {
			t.Errorf("alias %s lies over (-want +got):\n%s", alias, diff)
		}
	}
	f.change(func() { f.requests = nil })
	if _, err := Setup(within(t), cfg); err != nil {
		t.Fatal(err)
	}
	for _, r := range f.requests {
		if !strings.HasPrefix(r, "GET ") {
			t.Errorf("a second setup asks for %s", r)
		}
	}
}

// TestUpgrade finds templates and an index of the version before.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, check := range []bool{false, true} {
		f, m := newFake(t), newMemory()
		if err := deliver(t, openSink(t, testConfig(f.URL, m)), 6); err != nil {
			t.Fatal(err)
		}
		index := f.indices["earwitness-access-2026.10"]
		f.change(func() { delete(index.mapping["properties"].(map[string]any), "event") })
		cfg := testConfig(f.URL, m)
		cfg.OnlyCheckTemplates, cfg.version = check, TemplateVersion+1
		s := openSink(t, cfg)
		ctx := within(t)
		err := errors.Join(s.Write(ctx, 0, makeChunk(t, 6, makeRecords(12)[6:]...)), s.Flush(ctx, 0))
		if check {
			var e *TemplateError
			if !errors.As(err, &e) || len(f.held()) != 6 {
				t.Errorf("checking only, got %v with %d held, want a template error and nothing written", err, len(f.held()))
			} else {
				hasAll(t, e.Error(), "component template earwitness-record", f.URL,
					fmt.Sprintf("version %d, and version %d is needed", TemplateVersion, TemplateVersion+1), "earwitness elastic setup")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(clone(mappings(TemplateVersion+1)), index.mapping); diff != "" {
			t.Errorf("the mapping of the index is (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantHeld(makeRecords(12)...), f.held()); diff != "" {
			t.Errorf("held (-want +got):\n%s", diff)
		}
		// The program before finds newer ones, which do for it too.
		if err := openSink(t, testConfig(f.URL, m)).Prepare(ctx); err != nil {
			t.Errorf("the version before refuses what is newer: %v", err)
		}
	}
}

// TestWithoutTheRight is a pipeline that may not make templates.
func TestWithoutTheRight(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	f.mayManage = false
	cfg := testConfig(f.URL, m)
	err := openSink(t, cfg).Prepare(within(t))
	var refused *RequestError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Fatalf("got %v, want a refusal by 403", err)
	}
	hasAll(t, err.Error(), "make component template earwitness-record", f.URL, "lacks a right", "docs/operations/elasticsearch.md")

	cfg.OnlyCheckTemplates = true
	err = openSink(t, cfg).Prepare(within(t))
	var missing *TemplateError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want a template error", err)
	}
	hasAll(t, err.Error(), "component template earwitness-record", "not there", "earwitness elastic setup")

	f.change(func() { f.mayManage = true })
	if _, err := Setup(within(t), Config{URLs: cfg.URLs}); err != nil {
		t.Fatal(err)
	}
	f.change(func() { f.mayManage = false })
	if err := deliver(t, openSink(t, cfg), 6); err != nil {
		t.Errorf("with the templates there: %v", err)
	}
}

// TestIndexInTheWay is an index that something else had made.
func TestIndexInTheWay(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	f.indices["earwitness-access-2026.10"] = &fakeIndex{mapping: map[string]any{}, docs: map[string]fakeDoc{}}
	err := openSink(t, testConfig(f.URL, m)).Prepare(within(t))
	var e *TemplateError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a template error", err)
	}
	hasAll(t, err.Error(), "index earwitness-access-2026.10", "not made by this program", "another prefix")
}

// TestIndexDeleted has an index made again that went away on the way.
func TestIndexDeleted(t *testing.T) {
	t.Parallel()
	f, m := newFake(t), newMemory()
	s := openSink(t, testConfig(f.URL, m))
	if err := deliver(t, s, 3); err != nil {
		t.Fatal(err)
	}
	f.change(func() { delete(f.indices, "earwitness-access-2026.10") })
	ctx := within(t)
	records := makeRecords(6)
	if err := errors.Join(s.Write(ctx, 0, makeChunk(t, 3, records[3:]...)), s.Flush(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantHeld(records[1:]...), f.held()); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

// TestGoldenDocumentsFit holds every golden document of the record against
// the mapping.
func TestGoldenDocumentsFit(t *testing.T) {
	t.Parallel()
	for name, document := range goldenDocuments(t) {
		var v any
		if err := json.Unmarshal(document, &v); err != nil {
			t.Fatal(err)
		}
		if kind, reason := mismatch("", clone(mappings(1)), v); kind != "" {
			t.Errorf("%s: %s: %s", name, kind, reason)
		}
	}
}

func goldenDocuments(tb testing.TB) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob("../../pipeline/access/testdata/*.json")
	if err != nil || len(paths) < 5 {
		tb.Fatalf("golden documents of pipeline/access: found %d, %v", len(paths), err)
	}
	documents := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		documents[filepath.Base(p)] = data
	}
	return documents
}
