package worm

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeySave(t *testing.T) {
	dir := t.TempDir()
	path, line := filepath.Join(dir, "worm.key"), filepath.Join(dir, "worm.pub")
	key, err := GenerateKey("earwitness")
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Save(path, line); err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Line != key.Line || loaded.KeyHash() != key.KeyHash() {
		t.Error("another key was loaded than saved")
	}
	if _, err := LoadVerifiers(line); err != nil {
		t.Error(err)
	}
	modes := make(map[string]fs.FileMode)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		modes[entry.Name()] = info.Mode()
	}
	// Nothing else is left behind, such as what is written before a file has its name.
	if diff := cmp.Diff(map[string]fs.FileMode{"worm.key": 0o600, "worm.pub": 0o644}, modes); diff != "" {
		t.Error(diff)
	}
}

func TestKeySaveKeepsWhatIsThere(t *testing.T) {
	for _, there := range []string{"worm.key", "worm.pub"} {
		t.Run(there, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, there), []byte("another"), 0o600); err != nil {
				t.Fatal(err)
			}
			key, err := GenerateKey("earwitness")
			if err != nil {
				t.Fatal(err)
			}
			if err := key.Save(filepath.Join(dir, "worm.key"), filepath.Join(dir, "worm.pub")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("error %v, want fs.ErrExist", err)
			}
			text, err := os.ReadFile(filepath.Join(dir, there))
			if err != nil || string(text) != "another" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}
