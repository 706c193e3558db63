package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"earwitness/pipeline/bus"
)

// dirVariable names the folder that a child process works in.
const dirVariable = "EARWITNESS_BROKER_DIR"

// runChild is the life of a child process. It prints a line for each batch
// that was acknowledged: partition, offset behind it.
func runChild(job string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	jobs := map[string]func(context.Context, Config, io.Writer) error{"load": loadForever, "full": fillUp}
	cfg := Config{Dir: os.Getenv(dirVariable), SegmentBytes: 64 << 10}
	if err := jobs[job](ctx, cfg, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child starts this test binary again.
func child(t *testing.T, job, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(deadline(t), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+job, dirVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// tell prints what was acknowledged.
func tell(out io.Writer, partition int, end int64) error {
	_, err := fmt.Fprintln(out, partition, end)
	return err
}

// acked reads a line that a child printed.
func acked(t *testing.T, line string, ends []int64) {
	t.Helper()
	var partition int
	var end int64
	if _, err := fmt.Sscan(line, &partition, &end); err != nil {
		t.Fatalf("the child said %q: %v", line, err)
	}
	ends[partition] = max(ends[partition], end)
}

// loadForever writes to all partitions at once.
func loadForever(ctx context.Context, cfg Config, out io.Writer) error {
	s, err := tryOpen(ctx, cfg)
	if err != nil {
		return err
	}
	p := bus.NewProducer(s.client, bus.TopicEvidence, partitions, bus.ProducerConfig{})
	var mu sync.Mutex
	failed := make(chan error, partitions)
	for n := range partitions {
		go func() {
			_, end, err := s.client.Bounds(ctx, bus.TopicEvidence, n)
			for err == nil {
				// The sizes differ, so that a death meets all sorts.
				size := 1 + int(end%37)
				if _, err = p.ProduceSync(ctx, n, records(n, end, size)); err == nil {
					end += int64(size)
					mu.Lock()
					err = tell(out, n, end)
					mu.Unlock()
				}
			}
			failed <- err
		}()
	}
	return <-failed
}

func TestDeathUnderLoadLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	ends := make([]int64, partitions)
	for round := range 4 {
		cmd, lines := child(t, "load", dir)
		// Each round dies at another moment.
		for n := 40 + 37*round; n > 0 && lines.Scan(); n-- {
			acked(t, lines.Text(), ends)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			acked(t, lines.Text(), ends)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child ended by %v, not by being killed", err)
		}
		s := open(t, Config{Dir: dir, SegmentBytes: 64 << 10})
		for p, want := range ends {
			if want == 0 {
				t.Fatalf("partition %d got nothing before the death", p)
			}
			_, end := s.bounds(t, p)
			if end < want {
				t.Errorf("round %d: partition %d ends at %d, but %d were acknowledged", round, p, end, want)
			}
			s.check(t, p, 0, end)
			ends[p] = end
		}
		s.close(t)
	}
}

// fillUp writes until no file may grow any more, as on a full disk, and goes
// on when there is room again.
func fillUp(ctx context.Context, cfg Config, out io.Writer) error {
	signal.Ignore(syscall.SIGXFSZ)
	cfg.SegmentBytes = 1 << 20
	s, err := tryOpen(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.client.Close()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	full := limit
	full.Cur = 100 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		return err
	}
	p := bus.NewProducer(s.client, bus.TopicEvidence, partitions, bus.ProducerConfig{RetryFor: 200 * time.Millisecond})
	end := int64(0)
	for failures := 0; failures < 2; {
		if _, err := p.ProduceSync(ctx, 0, records(0, end, 7)); err != nil {
			if disk := (*DiskError)(nil); !errors.As(err, &disk) || disk.Dir != cfg.Dir || !errors.Is(err, syscall.EFBIG) || !bus.Transient(err) {
				return fmt.Errorf("the broker does not say that its disk is full: %w", err)
			}
			failures++
			continue
		}
		end += 7
		if err := tell(out, 0, end); err != nil {
			return err
		}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	for range 5 {
		first, err := p.ProduceSync(ctx, 0, records(0, end, 7))
		if err != nil {
			return fmt.Errorf("there is room again: %w", err)
		}
		if first != end {
			return fmt.Errorf("records %d lie at %d", end, first)
		}
		end += 7
		if err := tell(out, 0, end); err != nil {
			return err
		}
	}
	return errors.Join(p.Close(ctx), s.Close())
}

func TestAFullDiskLosesNothingAcknowledged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bus")
	cmd, lines := child(t, "full", dir)
	ends := make([]int64, partitions)
	for lines.Scan() {
		acked(t, lines.Text(), ends)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the child failed: %v", err)
	}
	s := open(t, Config{Dir: dir})
	if _, end := s.bounds(t, 0); end != ends[0] || end < 100 {
		t.Errorf("the partition ends at %d, %d were acknowledged", end, ends[0])
	}
	s.check(t, 0, 0, ends[0])
}
