package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

const (
	// defaultSegmentBytes is small: a segment goes as a whole, and what is
	// left is read into memory when the broker opens.
	defaultSegmentBytes = 8 << 20

	user = "earwitness"
)

// Config of a broker.
type Config struct {
	// Dir holds its log. It is made if it is not there.
	Dir string
	// Logger. None: nothing is logged.
	Logger *slog.Logger
	// SegmentBytes at which a segment file is full; 8 MiB.
	SegmentBytes int
}

// Broker is a running broker. It ends with Close.
type Broker struct {
	cfg     Config
	secrets secrets
	lock    *flock.Flock
	cluster *kfake.Cluster
	marks   *marks
	trouble trouble
	close   func() error
}

// Open starts a broker on the log in cfg.Dir. It reads the whole log first and
// refuses one that is damaged or became shorter than it was, and it refuses a
// folder that another process uses (*LockedError).
func Open(ctx context.Context, cfg Config) (*Broker, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.SegmentBytes == 0 {
		cfg.SegmentBytes = defaultSegmentBytes
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open embedded broker in %s: %w", cfg.Dir, err)
	}
	cfg.Dir = dir
	// Nobody else on the machine has to see what was heard.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open embedded broker: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{cfg: cfg, lock: lock, secrets: secrets{outer: rand.Text(), inner: rand.Text()}}
	if err := b.start(ctx); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	b.close = sync.OnceValue(b.stop)
	return b, nil
}

func (b *Broker) start(ctx context.Context) error {
	if err := prepareDir(b.cfg.Dir); err != nil {
		return err
	}
	logDir := filepath.Join(b.cfg.Dir, logFolder)
	ends, err := checkLog(ctx, logDir, b.cfg.Logger)
	if err != nil {
		return err
	}
	if b.marks, err = openMarks(b.cfg.Dir, ends); err != nil {
		return err
	}
	// The broker keeps those who could connect to it before.
	if err := removeSecrets(logDir); err != nil {
		return err
	}
	b.cluster, err = kfake.NewCluster(b.options(logDir)...)
	if err != nil {
		return fmt.Errorf("start embedded broker in %s: %w", b.cfg.Dir, err)
	}
	b.cluster.ControlKey(int16(kmsg.Produce), stampAppendTime)
	b.marks.start(b.cluster, b.cfg.Logger)
	return nil
}

func (b *Broker) options(logDir string) []kfake.Opt {
	return []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.DataDir(logDir),
		kfake.SyncWrites(),
		kfake.EnableSASL(),
		kfake.Superuser("PLAIN", user, b.secrets.inner),
		kfake.WithLogger(logger{b.cfg.Logger, &b.trouble}),
		kfake.ListenFn(b.listen),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes":   strconv.Itoa(b.cfg.SegmentBytes),
			"log.retention.ms":    "-1",
			"log.retention.bytes": "-1",
		}),
	}
}

// ClientConfig is what clients of this process connect with.
func (b *Broker) ClientConfig() bus.ClientConfig {
	return bus.ClientConfig{
		Brokers: b.cluster.ListenAddrs(),
		SASL:    &bus.SASL{User: user, Password: b.secrets.outer},
		Logger:  b.cfg.Logger,
		Explain: func(err error) error { return b.trouble.explain(b.cfg.Dir, err) },
	}
}

// Close writes down where the log ends and stops. Connections break.
func (b *Broker) Close() error { return b.close() }

func (b *Broker) stop() error {
	err := b.marks.stop()
	b.cluster.Close()
	return errors.Join(err, removeSecrets(filepath.Join(b.cfg.Dir, logFolder)), b.lock.Unlock())
}
