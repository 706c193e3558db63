package embedded

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// DamageError says that the log is damaged where a crash does not damage it.
type DamageError struct {
	Topic     string
	Partition int
	// File and the position in it, and the offset that should lie there.
	File     string
	Position int64
	Offset   int64
	Reason   string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("open log of %s/%d: %s at byte %d, where message %d should begin: %s; nothing was changed: restore the folder, or start a new one and rebuild from the archive",
		e.Topic, e.Partition, e.File, e.Position, e.Offset, e.Reason)
}

// place names a partition.
type place struct {
	Topic     string
	Partition int
}

// checkLog reads every batch of every partition and gives the offset behind
// the last one of each. The broker itself cuts off what it can't read and goes
// on with the next file, so a damage in the middle would become a hole, and
// one at the end a loss, in silence. A batch at the very end that was being
// written when the process died was never acknowledged, and may go.
func checkLog(ctx context.Context, logDir string, log *slog.Logger) (map[place]int64, error) {
	ends := make(map[place]int64)
	folders, err := os.ReadDir(filepath.Join(logDir, partitionsFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return ends, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read log of embedded broker: %w", err)
	}
	for _, folder := range folders {
		at, ok := parsePlace(folder.Name())
		if !ok {
			continue
		}
		s := scan{place: at, dir: filepath.Join(logDir, partitionsFolder, folder.Name()), log: log}
		end, found, err := s.run(ctx)
		if err != nil {
			return nil, err
		}
		if found {
			ends[at] = end
		}
	}
	return ends, nil
}

// partitionsFolder is the broker's, in the log's folder.
const partitionsFolder = "partitions"

// folder is the name of the partition's folder.
func (p place) folder() string { return fmt.Sprintf("%s-%d", url.PathEscape(p.Topic), p.Partition) }

// parsePlace reads the name of a partition's folder.
func parsePlace(name string) (place, bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return place{}, false
	}
	n, err := strconv.Atoi(name[i+1:])
	if err != nil {
		return place{}, false
	}
	topic, err := url.PathUnescape(name[:i])
	if err != nil {
		return place{}, false
	}
	return place{topic, n}, true
}

// scan checks one partition.
type scan struct {
	place
	dir string
	log *slog.Logger
}

// run reads the segments in their order.
func (s *scan) run(ctx context.Context) (end int64, found bool, err error) {
	bases, err := s.segments()
	if err != nil || len(bases) == 0 {
		return 0, false, err
	}
	end = bases[0]
	for i, base := range bases {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		file := filepath.Join(s.dir, strconv.FormatInt(base, 10)+".dat")
		content, err := os.ReadFile(file)
		if err != nil {
			return 0, false, fmt.Errorf("read log of %s/%d: %w", s.Topic, s.Partition, err)
		}
		if base != end && len(content) > 0 {
			return 0, false, s.damage(file, 0, end, fmt.Sprintf("the file begins with message %d", base))
		}
		size, reason := 0, ""
		end, size, reason = walk(content, end)
		if size == len(content) {
			continue
		}
		if i < len(bases)-1 && s.holdsMore(bases[i+1:]) {
			return 0, false, s.damage(file, int64(size), end, reason)
		}
		s.log.WarnContext(ctx, "the log's last write was not finished and goes", slog.String("topic", s.Topic),
			slog.Int("partition", s.Partition), slog.String("file", file), slog.Int("bytes", len(content)-size), slog.Int64("next", end))
	}
	return end, true, nil
}

// segments gives the offset that each file begins with.
func (s *scan) segments() ([]int64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("read log of %s/%d: %w", s.Topic, s.Partition, err)
	}
	var bases []int64
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".dat"); ok {
			if base, err := strconv.ParseInt(name, 10, 64); err == nil {
				bases = append(bases, base)
			}
		}
	}
	slices.Sort(bases)
	return bases, nil
}

// holdsMore tells whether any of the files has content.
func (s *scan) holdsMore(bases []int64) bool {
	for _, base := range bases {
		info, err := os.Stat(filepath.Join(s.dir, strconv.FormatInt(base, 10)+".dat"))
		if err != nil || info.Size() > 0 {
			return true
		}
	}
	return false
}

func (s *scan) damage(file string, position, offset int64, reason string) error {
	return &DamageError{Topic: s.Topic, Partition: s.Partition, File: file, Position: position, Offset: offset, Reason: reason}
}

// walk follows the batches of a file from the offset that it begins with. It
// gives how far they are right, and why not further.
func walk(content []byte, next int64) (end int64, size int, reason string) {
	for size < len(content) {
		b := content[size:]
		if len(b) < batchHead {
			return next, size, "the file ends inside a batch"
		}
		length := int64(binary.BigEndian.Uint32(b[atLength:])) + lengthBase
		if length < batchHead || length > int64(len(b)) {
			return next, size, "the file ends inside a batch"
		}
		b = b[:length]
		if binary.BigEndian.Uint32(b[atChecksum:]) != checksum(b[atAttributes:]) {
			return next, size, "the checksum of a batch is wrong"
		}
		if first := int64(binary.BigEndian.Uint64(b)); first != next {
			return next, size, fmt.Sprintf("a batch begins with message %d", first)
		}
		next += int64(int32(binary.BigEndian.Uint32(b[atLastDelta:]))) + 1
		size += int(length)
	}
	return next, size, ""
}
