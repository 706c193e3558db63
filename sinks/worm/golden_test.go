package worm

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"earwitness/pipeline/bus"
)

// testKey is fixed, so that golden files stay what they are.
func testKey(t testing.TB) *Key {
	t.Helper()
	const secret = "PRIVATE+KEY+earwitness.test+cfb41041+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &Key{Signer: signer, Line: "earwitness.test+cfb41041+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", secret: secret}
}

func updateGolden() bool { return os.Getenv("EARWITNESS_UPDATE_GOLDEN") == "worm" }

// The golden files are two segments and a gap of one log, as they must be
// written for ever: a changed byte is a broken promise. To make them again
// after a new version of the format: EARWITNESS_UPDATE_GOLDEN=worm.
func TestGoldenSegments(t *testing.T) {
	store, key := newMemory(), testKey(t)
	config := testConfig(t, store, key)
	config.Compression = Uncompressed
	archive := newTestArchive(t, config)
	write(t, archive, 0, 5)
	flush(t, archive)
	if err := archive.AcceptGap(t.Context(), 0, 5, 9, "retention was too short"); err != nil {
		t.Fatal(err)
	}
	write(t, archive, 9, 12)
	flush(t, archive)
	for name, got := range store.objects {
		path := filepath.Join("testdata", filepath.Base(name))
		if updateGolden() {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not written as it was: %s", path, cmp.Diff(want, got))
		}
	}
}

// What another encoder, or another release of ours, has compressed must be
// read for ever; how it compresses may change.
func TestGoldenCompressedSegment(t *testing.T) {
	key := testKey(t)
	path := filepath.Join("testdata", "zstd.seg")
	if updateGolden() {
		store := newMemory()
		archive := newTestArchive(t, testConfig(t, store, key))
		write(t, archive, 0, 50)
		flush(t, archive)
		if err := os.WriteFile(path, store.objects[testLog().Object(0)], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	object, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	store.objects[testLog().Object(0)] = object
	if diff := cmp.Diff(wantOffsets(0, 50), readBack(t, store, key, testLog())); diff != "" {
		t.Error(diff)
	}
}

// Small forms of the format, spelled out.
func TestFormsAreAsDocumented(t *testing.T) {
	c := Checkpoint{Log: testLog(), Size: 5, First: 0, Next: 5}
	want := "earwitness/ea120000000000000000000000000001/earwitness.evidence/0\n5\n" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nhead 0 5 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	if diff := cmp.Diff(want, c.text()); diff != "" {
		t.Error(diff)
	}
	entry := appendRecord(nil, &bus.Message{Offset: 258, Time: time.UnixMilli(1000), Key: []byte("k"), Value: []byte("value")})
	wantEntry := []byte("\x01\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00\x03\xe8\x00\x00\x00\x01kvalue")
	if diff := cmp.Diff(wantEntry, entry); diff != "" {
		t.Error(diff)
	}
	if name := testLog().Object(258); name != "ea120000000000000000000000000001/earwitness.evidence/00000/00000000000000000258.seg" {
		t.Errorf("object is named %s", name)
	}
}

func TestKeys(t *testing.T) {
	folder := t.TempDir()
	key := newTestKey(t, "auditor.example")
	secret, line := filepath.Join(folder, "worm.key"), filepath.Join(folder, "worm.pub")
	if err := key.Save(secret, line); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(secret); err != nil || info.Mode() != 0o600 {
		t.Errorf("the key has mode %v, %v", info.Mode(), err)
	}
	if err := key.Save(secret, line); err == nil {
		t.Error("a key was overwritten")
	}
	loaded, err := LoadKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{line, key.Line, key.Line + "\n"} {
		known, err := LoadVerifiers(given)
		if err != nil {
			t.Fatal(err)
		}
		c := Checkpoint{Log: testLog(), Size: 1, Next: 1}
		if err := c.sign(loaded); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenCheckpoint(c.Note, known); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "nonsense", secret} {
		if _, err := LoadVerifiers(bad); err == nil {
			t.Errorf("%q is a verifier", bad)
		}
	}
	if _, err := LoadKey(line); err == nil {
		t.Error("a verifier line is a key")
	}
	if _, err := GenerateKey("two words"); err == nil {
		t.Error("a name with a space is taken")
	}
}
