package engine_test

import "testing"

// slow leaves a test out of the inner loop, make test-fast; make test runs it.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes many seconds: make test runs it")
	}
}
