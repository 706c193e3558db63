package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

const (
	markBytes = 1024
	headBytes = 32
)

// mark hashes the beginning and the end of a file's first size bytes: who has
// the same mark is the same file up to there.
func mark(f io.ReaderAt, size int64) (string, error) {
	n := min(size, markBytes)
	buf := make([]byte, 2*n)
	if err := readAt(f, buf[:n], 0); err != nil {
		return "", err
	}
	if err := readAt(f, buf[n:], size-n); err != nil {
		return "", err
	}
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:16]), nil
}

// head finds candidates for a file that has another name now; empty for a
// file too short to tell.
func head(f io.ReaderAt) string {
	buf := make([]byte, headBytes)
	if readAt(f, buf, 0) != nil {
		return ""
	}
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:8])
}

func readAt(f io.ReaderAt, buf []byte, at int64) error {
	if n, err := f.ReadAt(buf, at); n < len(buf) {
		return fmt.Errorf("read %d bytes at %d: %w", len(buf), at, err)
	}
	return nil
}
