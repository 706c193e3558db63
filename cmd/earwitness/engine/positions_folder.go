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

const positionFormat = 1

// folderPositions keeps the positions of a sink beside the embedded broker,
// a file for each partition. It is safe for concurrent use for different
// partitions.
type folderPositions struct {
	folder, sink string
	lineage      string
}

// positionFile is one position.
type positionFile struct {
	Format  int    `json:"format"`
	Lineage string `json:"lineage"`
	Next    int64  `json:"next"`
}

func openFolderPositions(folder, sink string, lineage [16]byte) (*folderPositions, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open positions of sink %s: %w", sink, err)
	}
	return &folderPositions{folder: folder, sink: sink, lineage: hex.EncodeToString(lineage[:])}, nil
}

func (p *folderPositions) path(partition int) string {
	return filepath.Join(p.folder, fmt.Sprintf("%s-%04d.json", p.sink, partition))
}

// Load gives -1 where nothing was stored, or for topics that are no more.
func (p *folderPositions) Load(_ context.Context, partition int) (int64, error) {
	text, err := os.ReadFile(p.path(partition))
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read position: %w", err)
	}
	var file positionFile
	if err := json.Unmarshal(text, &file); err != nil || file.Format != positionFormat || file.Next < 0 {
		return 0, fmt.Errorf("read position %s: it is damaged, or of another format than %d; remove it, and the records are delivered again, which does no harm",
			p.path(partition), positionFormat)
	}
	if file.Lineage != p.lineage {
		return -1, nil
	}
	return file.Next, nil
}

// Store replaces it durably.
func (p *folderPositions) Store(_ context.Context, partition int, offset int64) error {
	text, err := json.Marshal(positionFile{Format: positionFormat, Lineage: p.lineage, Next: offset})
	if err != nil {
		return fmt.Errorf("write position: %w", err)
	}
	if err := writeDurably(p.path(partition), append(text, '\n')); err != nil {
		return fmt.Errorf("write position: %w", err)
	}
	return nil
}
