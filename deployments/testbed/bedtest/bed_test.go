//go:build servers

package bedtest_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
)

// TestBedStopsWhatItStarted asks for a server at once from several sides,
// and finds it gone when the tests have run.
func TestBedStopsWhatItStarted(t *testing.T) {
	alone(t)
	var bed bedtest.Bed
	var found [3]*testbed.S3Access
	inner := tests(func() int {
		var all sync.WaitGroup
		for i := range found {
			all.Go(func() { found[i] = bed.VersityGW(t) })
		}
		all.Wait()
		for _, access := range found {
			if access != found[0] {
				t.Errorf("%v and %v: two servers for one bed", access, found[0])
			}
		}
		if !reachable(t, found[0].Endpoint) {
			t.Error("the server does not answer")
		}
		return 3
	})
	if code := bed.Main(inner).Run(); code != 3 {
		t.Errorf("exit code %d, want that of the tests", code)
	}
	if reachable(t, found[0].Endpoint) {
		t.Error("the server is still there")
	}
}

// alone gives the test a cache in which nothing is up, with the versitygw that
// the user's has, and nobody who lends.
func alone(t *testing.T) {
	t.Helper()
	installed := filepath.Dir(filepath.Dir(bedtest.VersityGW(t, testbed.VersityGWConfig{}).Program))
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("EARWITNESS_TESTBED", "")
	user, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(user, "earwitness", "testbed")
	if err := errors.Join(os.MkdirAll(cache, 0o700), os.Symlink(installed, filepath.Join(cache, filepath.Base(installed)))); err != nil {
		t.Fatal(err)
	}
}

func TestOwnServerEndsWithItsTest(t *testing.T) {
	t.Parallel()
	var endpoint string
	t.Run("inner", func(t *testing.T) {
		endpoint = bedtest.VersityGW(t, testbed.VersityGWConfig{}).Endpoint
		if !reachable(t, endpoint) {
			t.Error("the server does not answer")
		}
	})
	if reachable(t, endpoint) {
		t.Error("the server outlives its test")
	}
}

type tests func() int

func (f tests) Run() int { return f() }

func reachable(t *testing.T, endpoint string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/health", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return false
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	return response.StatusCode == http.StatusOK
}
