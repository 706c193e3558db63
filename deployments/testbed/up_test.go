//go:build servers

package testbed

import (
	"os"
	"path/filepath"
	"testing"
)

func TestUpOutlivesAndDownEnds(t *testing.T) {
	c := alone(t)
	if found, err := Find(t.Context(), NameVersityGW); found != nil || err != nil {
		t.Fatalf("found %v, %v before anything was up", found, err)
	}
	first := up(t)
	if again := up(t); again.S3.Endpoint != first.S3.Endpoint {
		t.Errorf("up at %s, and again at %s", first.S3.Endpoint, again.S3.Endpoint)
	}
	found, err := Find(t.Context(), NameVersityGW)
	if err != nil || found == nil || *found.S3 != *first.S3 {
		t.Fatalf("found %v, %v, want %v", found, err, first)
	}
	if err := found.Stop(); err != nil || found.S3.answers(t.Context()) != nil {
		t.Errorf("stopping what was found (%v) ended it", err)
	}

	// It dies, and is not found any more; up raises it anew.
	if err := endPIDFile(c.path("up", NameVersityGW, "versitygw.log"+pidSuffix)); err != nil {
		t.Fatal(err)
	}
	if found, err := Find(t.Context(), NameVersityGW); found != nil || err != nil {
		t.Errorf("found %v, %v, which is dead", found, err)
	}
	second := up(t)
	var ended []string
	if err := Down(t.Context(), func(name string) { ended = append(ended, name) }); err != nil {
		t.Fatal(err)
	}
	if len(ended) != 1 || ended[0] != NameVersityGW {
		t.Errorf("down ended %q", ended)
	}
	if second.S3.answers(t.Context()) == nil || present(c.path("up", NameVersityGW)) {
		t.Error("it is still there")
	}
	if err := Down(t.Context(), func(name string) { t.Errorf("%s was stopped twice", name) }); err != nil {
		t.Errorf("down with nothing up: %v", err)
	}
}

// alone gives the test a cache of its own, in which nothing is up, with the
// versitygw that the user's has fetched, and nobody who lends.
func alone(t *testing.T) cache {
	t.Helper()
	shared, err := userCache()
	if err != nil {
		t.Fatal(err)
	}
	versitygw, err := shared.fetch(t.Context(), versityGWTool())
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp("/tmp", "bed") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	t.Setenv(loanVariable, "")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	c, err := userCache()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(versitygw, c.path(filepath.Base(versitygw))); err != nil {
		t.Fatal(err)
	}
	return c
}

func up(t *testing.T) *Server {
	t.Helper()
	var raised *Server
	err := Up(t.Context(), []string{NameVersityGW}, func(server *Server, file string) {
		raised = server
		if !present(file) {
			t.Errorf("%s is not there", file)
		}
	})
	if err != nil || raised == nil {
		t.Fatalf("reported %v: %v", raised, err)
	}
	if err := raised.S3.answers(t.Context()); err != nil {
		t.Fatal(err)
	}
	return raised
}
