package engine

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// epochInFolder keeps the epoch in the data folder: one process works there.
type epochInFolder struct{ folder string }

func (f epochInFolder) path() string { return filepath.Join(f.folder, "epoch.json") }

func (f epochInFolder) read(context.Context) (*epochFile, error) {
	text, err := os.ReadFile(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read epoch: %w", err)
	}
	e, err := parseEpoch(text)
	if err != nil {
		return nil, fmt.Errorf("read epoch %s: %w; restore it from a copy", f.path(), err)
	}
	return e, nil
}

func parseEpoch(text []byte) (*epochFile, error) {
	var e epochFile
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, err
	}
	if lineage, err := hex.DecodeString(e.Lineage); err != nil || len(lineage) != 16 || e.Format != epochFormat || e.Number == 0 {
		return nil, fmt.Errorf("it is not of format %d, or damaged", epochFormat)
	}
	return &e, nil
}

func (f epochInFolder) write(_ context.Context, e *epochFile) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write epoch: %w", err)
	}
	if err := writeDurably(f.path(), append(text, '\n')); err != nil {
		return fmt.Errorf("write epoch: %w", err)
	}
	return nil
}

// writeDurably replaces a file, or leaves it as it was.
func writeDurably(path string, text []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
