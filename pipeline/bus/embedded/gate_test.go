package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

func TestStrangersAreRefused(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	for name, sasl := range map[string]*bus.SASL{
		"no password":          nil,
		"wrong password":       {User: user, Password: "guess"},
		"empty password":       {User: user},
		"unknown user, empty":  {User: "alice"},
		"the broker's own":     {User: user, Password: s.secrets.inner},
		"right password, else": {User: "alice", Password: s.secrets.outer},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s.ClientConfig()
			cfg.SASL = sasl
			stranger := bus.NewClient(cfg)
			defer stranger.Close()
			if err := stranger.EnsureTopics(deadline(t), partitions); err == nil {
				t.Error("topics were shown")
			}
			if _, _, err := stranger.Bounds(deadline(t), bus.TopicEvidence, 0); err == nil {
				t.Error("bounds were shown")
			}
			p := bus.NewProducer(stranger, bus.TopicEvidence, partitions, bus.ProducerConfig{RetryFor: time.Nanosecond})
			if _, err := p.ProduceSync(deadline(t), 0, records(0, 0, 1)); err == nil {
				t.Error("a record was taken")
			}
			if err := p.Close(deadline(t)); err != nil {
				t.Error(err)
			}
		})
	}
	if _, end := s.bounds(t, 0); end != 0 {
		t.Errorf("%d records of strangers are there", end)
	}
}

// frame is a request of some kind that claims to have size bytes.
func frame(kind int16, size uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, size)
	b = binary.BigEndian.AppendUint16(b, uint16(kind))
	b = binary.BigEndian.AppendUint16(b, 0)
	return append(b, body...)
}

func TestRudeStrangersDoNoHarm(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	produce := kmsg.NewProduceRequest()
	produce.SetVersion(7)
	for name, request := range map[string][]byte{
		"unknown kind":        frame(9999, 8, make([]byte, 4)),
		"negative kind":       frame(-1, 8, make([]byte, 4)),
		"a length of 4 GiB":   frame(int16(kmsg.ApiVersions), 1<<32-1, nil),
		"a length of nothing": frame(int16(kmsg.ApiVersions), 0, nil),
		"too long":            frame(int16(kmsg.SASLAuthenticate), strangerFrame+100, nil),
		"cut proof":           frame(int16(kmsg.SASLAuthenticate), 10, make([]byte, 6)),
		"name beyond the end": frame(int16(kmsg.SASLAuthenticate), 10, []byte{0, 0, 0, 0, 0x7f, 0xff}),
		"produce at once":     kmsg.NewRequestFormatter().AppendRequest(nil, &produce, 1),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := new(net.Dialer).DialContext(deadline(t), "tcp", s.ClientConfig().Brokers[0])
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // the test is over
			if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(request); err != nil {
				t.Fatal(err)
			}
			// It is closed without an answer; with a reset when there was
			// more to read.
			answer, err := io.ReadAll(conn)
			if errors.Is(err, os.ErrDeadlineExceeded) || len(answer) > 0 {
				t.Errorf("it was answered by %x (%v), not closed", answer, err)
			}
		})
	}
	s.write(t, 0, 0, 1, 10)
	s.check(t, 0, 0, 10)
}

func TestTheSecretIsInMemoryAlone(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	s.write(t, 0, 0, 1, 10)
	first := s.secrets.outer
	look := func(when string) {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, []byte(first)) {
				t.Errorf("%s: %s holds the secret", when, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	look("running")
	s.close(t)
	look("closed")
	s = open(t, Config{Dir: dir})
	if s.secrets.outer == first {
		t.Error("the secret is the same after a restart")
	}
	cfg := s.ClientConfig()
	cfg.SASL = &bus.SASL{User: user, Password: first}
	old := bus.NewClient(cfg)
	defer old.Close()
	if _, _, err := old.Bounds(deadline(t), bus.TopicEvidence, 0); err == nil {
		t.Error("the old secret is still taken")
	}
}
