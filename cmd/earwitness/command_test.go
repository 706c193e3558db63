package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/index"
	"earwitness/sinks/worm"
)

// outcome of a command.
type outcome struct {
	out, err string
	code     int
}

// earwitness runs a command in this process.
func earwitness(t *testing.T, args ...string) outcome {
	t.Helper()
	return earwitnessIn(t.Context(), args...)
}

func earwitnessIn(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	code := execute(ctx, root)
	return outcome{out: stdout.String(), err: stderr.String(), code: code}
}

// want checks a code, and that texts stand on either output.
func (o outcome) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d\nout: %s\nerr: %s", o.code, code, o.out, o.err)
	}
	for _, text := range texts {
		if !strings.Contains(o.out+o.err, text) {
			t.Errorf("%q is missing\nout: %s\nerr: %s", text, o.out, o.err)
		}
	}
}

func testLineage() [16]byte { return [16]byte{1, 2, 3} }

// chunk puts values at offsets from 0 on.
func chunk[T interface{ MarshalVT() ([]byte, error) }](t *testing.T, values ...T) *bus.Chunk[T] {
	t.Helper()
	n := int64(len(values))
	c := &bus.Chunk[T]{Next: n, End: n, Values: values, Controls: make([]*bus.Control, n), Errs: make([]error, n)}
	for i, value := range values {
		data, err := value.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		c.Messages = append(c.Messages, bus.Message{
			Offset: int64(i), Time: time.UnixMilli(1795687200000).UTC(), Key: fmt.Appendf(nil, "subject-%d", i), Value: data,
		})
	}
	return c
}

// makeIndex writes records into the index of a data folder.
func makeIndex(t *testing.T, data string, records ...*access.Record) {
	t.Helper()
	lineage := testLineage()
	x, err := index.Open(t.Context(), index.Config{
		Path: filepath.Join(data, "index", "trail.db"), Lineage: lineage[:], Partitions: 1, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Write(t.Context(), 0, chunk(t, records...)); err != nil {
		t.Fatal(err)
	}
	if err := x.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

// makeArchive writes one segment of a topic into the archive of a data
// folder, signed by the folder's own key, which it makes where it is missing.
func makeArchive[T interface{ MarshalVT() ([]byte, error) }](t *testing.T, data, topic string, values ...T) {
	t.Helper()
	path, pub := filepath.Join(data, "worm.key"), filepath.Join(data, "worm.pub")
	key, err := worm.LoadKey(path)
	if err != nil {
		if key, err = worm.GenerateKey("test"); err != nil {
			t.Fatal(err)
		}
		if err := key.Save(path, pub); err != nil {
			t.Fatal(err)
		}
	}
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	store, err := worm.OpenDir(filepath.Join(data, "worm"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := worm.New(worm.Config[T]{
		Store: store, Signer: key, Known: known, Lineage: testLineage(), Topic: topic, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.UnixMilli(1795687200000) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := archive.Write(t.Context(), 0, chunk(t, values...)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
}

func makeLetter(stage, cause, raw string) *evidence.DeadLetter {
	sha := sha256.Sum256([]byte(raw))
	id := evidence.DeadLetterID(stage, cause, sha)
	return &evidence.DeadLetter{
		Id: id[:], Stage: stage, Cause: cause, Detail: "field 9 is no number", Raw: []byte(raw), TimeMs: 1795687200000,
		Kind:   evidence.Kind_KIND_ACCESS_LOG,
		Origin: &evidence.Origin{Uri: "file:///logs/a", Offset: 100, Length: int64(len(raw)), Sha256: sha[:]},
	}
}

func makeEvidence(raw string) *evidence.Evidence {
	sha := sha256.Sum256([]byte(raw))
	id := evidence.PieceID(evidence.Kind_KIND_ACCESS_LOG, sha)
	return &evidence.Evidence{
		Id: id[:], Kind: evidence.Kind_KIND_ACCESS_LOG, Grade: evidence.Grade_GRADE_RAW, Raw: []byte(raw),
		Origin: &evidence.Origin{Uri: "file:///logs/a", Offset: 0, Length: int64(len(raw)), Sha256: sha[:]},
	}
}
