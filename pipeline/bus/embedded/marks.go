package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"earwitness/pipeline/bus"
)

// ShorterError says that the log lost messages at its end.
type ShorterError struct {
	Topic     string
	Partition int
	// End of the log, and the end that it had before.
	End, Mark int64
}

func (e *ShorterError) Error() string {
	return fmt.Sprintf("open log of %s/%d: it ends before message %d, but had all before %d: messages %d to %d are lost; nothing was changed: restore the folder, or start a new one and rebuild from the archive",
		e.Topic, e.Partition, e.End, e.Mark, e.End, e.Mark-1)
}

// marks remember, beside the log, how far each partition went.
type marks struct {
	path string
	mu   sync.Mutex
	ends map[place]int64

	cluster *kfake.Cluster
	log     *slog.Logger
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// markEvery is how old the marks may be.
const markEvery = time.Second

// marksContent is the file: format, and the ends by topic, in the order of the
// partitions.
type marksContent struct {
	Format int                `json:"format"`
	Ends   map[string][]int64 `json:"ends"`
}

// openMarks compares the log with what it was.
func openMarks(dir string, ends map[place]int64) (*marks, error) {
	m := &marks{path: filepath.Join(dir, marksFile), ends: make(map[place]int64)}
	text, err := os.ReadFile(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read marks of embedded broker: %w", err)
	}
	var content marksContent
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("read marks of embedded broker %s: %w", m.path, err)
	}
	var short []error
	for topic, list := range content.Ends {
		for n, mark := range list {
			at := place{topic, n}
			m.ends[at] = mark
			if ends[at] < mark {
				short = append(short, &ShorterError{Topic: topic, Partition: n, End: ends[at], Mark: mark})
			}
		}
	}
	return m, errors.Join(short...)
}

// start keeps the marks until stop.
func (m *marks) start(cluster *kfake.Cluster, log *slog.Logger) {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // stop ends it
	m.cluster, m.log, m.cancel = cluster, log, cancel
	m.done.Go(func() {
		ticker := time.NewTicker(markEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := m.write(); err != nil {
				log.ErrorContext(ctx, "could not note how far the log goes", slog.Any("error", err))
			}
		}
	})
}

// stop writes the marks for the last time.
func (m *marks) stop() error {
	m.cancel()
	m.done.Wait()
	return m.write()
}

// write notes the ends when they changed. What the broker tells as the end is
// in its files already.
func (m *marks) write() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	ends := make(map[place]int64)
	content := marksContent{Format: format, Ends: make(map[string][]int64)}
	for _, topic := range bus.Topics() {
		for n, p := range m.cluster.PartitionInfos(topic) {
			content.Ends[topic] = append(content.Ends[topic], p.HighWatermark)
			ends[place{topic, n}] = p.HighWatermark
		}
	}
	if maps.Equal(ends, m.ends) {
		return nil
	}
	if err := m.syncFolders(ends); err != nil {
		return err
	}
	text, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("note how far the log goes: %w", err)
	}
	if err := writeFile(m.path, append(text, '\n')); err != nil {
		return err
	}
	m.ends = ends
	return nil
}

// syncFolders makes the names of new segments durable where something was
// written: the broker syncs what is in them, and leaves that to chance.
func (m *marks) syncFolders(ends map[place]int64) error {
	for at, end := range ends {
		if m.ends[at] == end {
			continue
		}
		if err := syncDir(filepath.Join(filepath.Dir(m.path), logFolder, partitionsFolder, at.folder())); err != nil {
			return err
		}
	}
	return nil
}
