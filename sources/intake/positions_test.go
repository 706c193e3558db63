package intake

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPositionsAfterAFailedWrite: part of a line, as a full disk leaves it,
// takes no later position with it.
func TestPositionsAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "positions")
	j, err := openPositions(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.put(position{Path: "a", Offset: 1}); err != nil {
		t.Fatal(err)
	}
	// It takes the first bytes of a line and no more.
	part, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.WriteString("0badc0de {\"pa"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(part.Close(), j.file.Close()); err != nil {
		t.Fatal(err)
	}
	if err := j.put(position{Path: "b", Offset: 2}); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("writing to a closed file gives %v", err)
	}
	if err := j.put(position{Path: "c", Offset: 3}); err != nil {
		t.Fatalf("the disk has room again: %v", err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openPositions(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]position{"a": {Path: "a", Offset: 1}, "b": {Path: "b", Offset: 2}, "c": {Path: "c", Offset: 3}}
	if diff := cmp.Diff(want, again.known); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	if err := again.close(); err != nil {
		t.Fatal(err)
	}
}
