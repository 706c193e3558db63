package auditquery_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys/auditquery"
	"earwitness/sources/genesys/fakecloud"
)

// nothing stands for parts that are never called.
type nothing struct {
	auditquery.Client
	evidence.Decoder
}

func writeOld(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "old.audits"), []byte("earwitness audits 9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A file that a crash cut anywhere, or that is gone, repeats and loses
// nothing.
func TestLedgerIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		for i := range 20 {
			b.happen(i, time.Now().Add(-time.Duration(i+1)*time.Minute), 0)
		}
		if err := b.source().Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(b.state, "genesys.audits")
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for cut := 0; cut <= len(whole); cut += 97 {
			if cut > 0 && cut < len("earwitness audits 1\n") {
				continue
			}
			if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
				t.Fatal(err)
			}
			b.happen(1000+cut, time.Now().Add(-time.Second), 0)
			if err := b.source().Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for id, times := range b.published {
			if times == 0 {
				t.Errorf("%s is lost", id)
			}
		}
		if want := 2 * (20 + (len(whole)/97 + 1)); len(b.published) != want {
			t.Errorf("%d audits, want %d", len(b.published), want)
		}
	})
}

// What will not be asked for again is forgotten.
func TestLedgerStaysShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, fakecloud.Config{})
		n := 0
		for end := time.Now().Add(16 * 24 * time.Hour); time.Now().Before(end); time.Sleep(12 * time.Hour) { //nolint:forbidigo // the time of synctest
			for range 100 {
				b.happen(n, time.Now().Add(-time.Minute), 0)
				n++
			}
			if err := b.source().Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b.want(n)
		text, err := os.ReadFile(filepath.Join(b.state, "genesys.audits"))
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(text), "\n"); lines > 1500 {
			t.Errorf("the file has %d lines after %d audits", lines, 2*n)
		}
	})
}
