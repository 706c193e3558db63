package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys"
	"earwitness/sources/intake"
	"earwitness/sources/intake/intaketest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func lines(from, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"id":"audit-%d","eventDate":"2026-08-01T12:34:56Z"}`+"\n", from+i)
	}
	return b.Bytes()
}

func gz(parts ...[]byte) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&b)
		_, _ = w.Write(part)
		_ = w.Close()
	}
	return b.Bytes()
}

func zst(data []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(data, nil)
}

// ids gives the distinct audits, and the causes of the dead letters.
func ids(batches []evidence.Batch) (audits map[string]int, causes string) {
	audits = map[string]int{}
	for _, b := range batches {
		for _, e := range b.Evidence {
			audits[e.GetAct().GetAuditId()]++
		}
		for _, l := range b.DeadLetters {
			causes += l.Cause + " "
		}
	}
	return audits, strings.TrimSpace(causes)
}

type folder struct {
	t           *testing.T
	root, state string
}

func newFolder(t *testing.T) folder {
	t.Helper()
	return folder{t, t.TempDir(), t.TempDir()}
}

func (f folder) write(name string, data []byte) string {
	f.t.Helper()
	path := filepath.Join(f.root, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, data, 0o600)); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// once runs to the end and gives how many audits came, and the causes.
func (f folder) once() (int, string, intake.Progress) {
	f.t.Helper()
	p := &intaketest.Publisher{Limit: -1}
	d, err := intake.New(intake.Config{
		Source: "audits", Path: f.root, StateDir: f.state, Once: true, Decoder: genesys.New(genesys.Config{}), Publisher: p,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := d.Run(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	audits, causes := ids(p.Taken())
	return len(audits), causes, d.Progress()
}

func (f folder) want(what string, audits int, causes string) {
	f.t.Helper()
	n, c, progress := f.once()
	if n != audits || c != causes || progress.FilesDone != progress.FilesTotal {
		f.t.Errorf("%s: %d audits and causes %q, want %d and %q; %+v", what, n, c, audits, causes, progress)
	}
}

func TestConformance(t *testing.T) {
	intaketest.Directory(t, genesys.New(genesys.Config{}), map[string][]byte{
		"a.json": lines(0, 1800), "b/c.gz": gz(lines(1800, 700), lines(2500, 900)), "b/d.zst": zst(lines(3400, 1200)),
		"e.json": lines(4600, 3), "empty": nil,
	}, 4603)
}

func TestForms(t *testing.T) {
	f := newFolder(t)
	f.write("plain", lines(0, 10))
	f.write("open-end", bytes.TrimSuffix(lines(10, 10), []byte("\n")))
	f.write("x/members.bin", gz(lines(20, 10), lines(30, 10)))
	f.write("x/y/zstd", zst(lines(40, 10)))
	f.write(".hidden", lines(90, 10))
	f.write(".folder/file", lines(90, 10))
	if err := os.Symlink(filepath.Join(f.root, "plain"), filepath.Join(f.root, "link")); err != nil {
		t.Fatal(err)
	}
	f.want("all forms", 50, "")
	f.want("again", 0, "")
}

func TestBadFiles(t *testing.T) {
	packed := gz(lines(0, 5000))
	corrupt := gz(lines(9000, 5))
	corrupt[len(corrupt)-6] ^= 1
	for name, tt := range map[string]struct {
		data   []byte
		causes string
	}{
		"cut gzip":         {packed[:len(packed)/2], "truncated"},
		"cut in header":    {packed[:5], "truncated"},
		"wrong checksum":   {corrupt, "corrupt"},
		"cut zstd":         {zst(lines(0, 5000))[:100], "truncated"},
		"zstd and garbage": {append(zst(lines(0, 3)), "garbage"...), "corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			f.write("bad", tt.data)
			f.write("good", lines(20000, 7))
			n, causes, progress := f.once()
			if n < 7 || causes != tt.causes || progress.Problems != 1 {
				t.Errorf("%d audits, causes %q, %+v", n, causes, progress)
			}
			f.want("again", 0, "")
		})
	}
}

func TestFilesThatChange(t *testing.T) {
	f := newFolder(t)
	path := f.write("log", lines(0, 100))
	f.want("first", 100, "")
	f.write("log", lines(0, 150))
	f.want("grown", 50, "")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	f.write("log", lines(1000, 10))
	f.want("rotated", 10, "")
	f.write("log", lines(2000, 5))
	f.want("truncated", 5, "")
	f.write("log.1", lines(0, 151))
	f.want("grown after it was renamed", 1, "")
}

func TestPositionsSurviveDamage(t *testing.T) {
	f := newFolder(t)
	f.write("log", lines(0, 100))
	f.want("first", 100, "")
	positions := filepath.Join(f.state, "audits.positions")
	data, err := os.ReadFile(positions)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{data[:len(data)-9], append(bytes.Clone(data), "00000000 {\n\x00"...), nil} {
		if err := os.WriteFile(positions, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if n, _, _ := f.once(); n != 0 && n != 100 {
			t.Errorf("%d audits after damage", n)
		}
	}
	if err := os.WriteFile(positions, []byte("earwitness positions 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = intake.New(intake.Config{Source: "audits", Path: f.root, StateDir: f.state, Decoder: genesys.New(genesys.Config{}), Publisher: &intaketest.Publisher{}})
	if err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("positions of another version: %v", err)
	}
}

func TestMissingPath(t *testing.T) {
	_, err := intake.New(intake.Config{Source: "s", Path: "/does/not/exist", StateDir: t.TempDir(), Decoder: genesys.New(genesys.Config{}), Publisher: &intaketest.Publisher{}})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("got %v", err)
	}
}

// seen is a publisher that acknowledges at once and tells each audit.
type seen chan string

func (s seen) Publish(ctx context.Context, b evidence.Batch, done func(error)) error {
	for _, e := range b.Evidence {
		select {
		case s <- e.GetAct().GetAuditId():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	done(nil)
	return nil
}

func TestWatching(t *testing.T) {
	f := newFolder(t)
	path := f.write("log", append(lines(0, 1), bytes.TrimSuffix(lines(1, 1), []byte("\n"))...))
	audits := make(seen)
	d, err := intake.New(intake.Config{
		Source: "audits", Path: f.root, StateDir: f.state, Decoder: genesys.New(genesys.Config{}), Publisher: audits,
		Quiet: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	next := func(want string) {
		t.Helper()
		select {
		case got := <-audits:
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		case err := <-ended:
			t.Fatalf("Run ended: %v", err)
		case <-time.After(20 * time.Second):
			t.Fatalf("%s did not come", want)
		}
	}
	next("audit-0")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(file, "\n")
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	next("audit-1")
	f.write("new/file", bytes.TrimSuffix(lines(2, 1), []byte("\n")))
	next("audit-2")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
