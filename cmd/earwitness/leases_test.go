package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/monitor"
)

// sharing are processes that read the same source and share the partitions
// of brokers.
type sharing struct {
	t       *testing.T
	brokers *kfake.Cluster
	dir     string
	file    string
}

func newSharing(t *testing.T) *sharing {
	t.Helper()
	brokers, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(brokers.Close)
	s := &sharing{t: t, brokers: brokers, dir: t.TempDir()}
	s.file = filepath.Join(s.dir, "earwitness.yaml")
	earwitness(t, "keys", "init", "--out", filepath.Join(s.dir, "signing.key")).want(t, 0)
	text := fmt.Sprintf(`sources: [{name: logs, type: s3-access-log, path: logs, lateness: 0s}]
bus: {brokers: [%q], partitions: 2, replication: 1, min-insync-replicas: 1, session-timeout: 6s}
worm: {key: "file:signing.key", directory: worm}
`, brokers.ListenAddrs()[0])
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.feed("first")
	earwitness(t, "topics", "create", "--config", s.file).want(t, 0)
	return s
}

// feed gives the source one more file, so that it is listed.
func (s *sharing) feed(name string) {
	s.t.Helper()
	logs := filepath.Join(s.dir, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(logs, name), []byte("no line of a log\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// sharer is one of the processes.
type sharer struct {
	*exec.Cmd
	address string
	log     *bytes.Buffer
}

func (s *sharing) start(name string, more ...string) *sharer {
	s.t.Helper()
	free, err := new(net.ListenConfig).Listen(s.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	p := &sharer{address: free.Addr().String(), log: new(bytes.Buffer)}
	if err := free.Close(); err != nil {
		s.t.Fatal(err)
	}
	args := append([]string{"run", "--config", s.file, "--data", filepath.Join(s.dir, name), "--http", p.address}, more...)
	p.Cmd = exec.CommandContext(s.t.Context(), os.Args[0], args...)
	p.Env = append(os.Environ(), asCommand+"=1")
	p.Stdout, p.Stderr = p.log, p.log
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	return p
}

// coverage is what the process that follows partition 0 says of the source;
// nil where none of those asked does.
func (s *sharing) coverage(all ...*sharer) *engine.CoverageStatus {
	for _, p := range all {
		text, err := askStatus(s.t.Context(), p.address)
		var r monitor.Report
		if err != nil || json.Unmarshal(text, &r) != nil || r.Engine == nil || len(r.Engine.Coverage) == 0 {
			continue
		}
		return &r.Engine.Coverage[0]
	}
	return nil
}

// await waits until the coverage is as wanted, and feeds the source meanwhile.
func (s *sharing) await(what string, so func(*engine.CoverageStatus) bool, all ...*sharer) *engine.CoverageStatus {
	s.t.Helper()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	late := time.After(2 * time.Minute)
	var last *engine.CoverageStatus
	for i := 0; ; i++ {
		if c := s.coverage(all...); c != nil {
			if last = c; so(c) {
				return c
			}
		}
		if i%8 == 0 {
			s.feed(what)
		}
		select {
		case <-again.C:
		case <-late:
			for _, p := range all {
				s.t.Logf("%s says:\n%s", p.address, p.log)
			}
			s.t.Fatalf("%s: the coverage is %+v", what, last)
		}
	}
}

// TestLeases: of two processes that read a source one is killed. What it had
// stated last holds until its lease has ended and the other has read the
// source whole since; then the coverage goes on.
func TestLeases(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newSharing(t)
	a, b := s.start("a"), s.start("b")
	s.await("both-read", func(c *engine.CoverageStatus) bool { return c.Readers == 2 && c.Until != nil }, a, b)
	if err := b.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	died := time.Now()
	_ = b.Wait() // it was killed
	held := s.await("one-is-gone", func(c *engine.CoverageStatus) bool { return c.Readers == 1 && c.Gone == 1 }, a)
	if held.Until != nil && held.Until.After(died) {
		t.Errorf("the source is covered until %s, and a process died at %s with what it had not delivered", held.Until, died)
	}
	s.await("one-goes-on", func(c *engine.CoverageStatus) bool { return c.Gone == 0 && c.Until != nil && c.Until.After(died) }, a)
	if err := a.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := a.Wait(); err != nil {
		t.Errorf("the process ends with %v:\n%s", err, a.log)
	}
	// One that left by itself is waited for by nobody.
	began := time.Now()
	c := s.start("c")
	s.await("one-comes", func(c *engine.CoverageStatus) bool {
		return c.Readers == 1 && c.Gone == 0 && c.Until != nil && c.Until.After(began)
	}, c)
}
