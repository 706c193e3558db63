package simulate_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/sources/simulate"
)

// digest covers the names and unpacked bytes of all files of a world.
func (m *made) digest(t *testing.T) string {
	t.Helper()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(m.files[name]), m.files[name])
	}
	for _, name := range []string{simulate.TruthFile, simulate.SettingsFile} {
		data, err := os.ReadFile(filepath.Join(m.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	const want = "0982712ca5f8b07e5a5b8ae2febea75f5bcd85f6de375862339951105632cd1e"
	one, two := makeWorld(t, smallConfig()), makeWorld(t, smallConfig())
	if diff := cmp.Diff(one.Summary, two.Summary); diff != "" {
		t.Error(diff)
	}
	first, second := one.digest(t), two.digest(t)
	if first != second {
		t.Error("two worlds of one seed differ")
	}
	if first != want {
		t.Errorf("the world of seed 1 is %s, want %s: a changed world makes figures incomparable", first, want)
	}
	cfg := smallConfig()
	cfg.Seed = 2
	if makeWorld(t, cfg).digest(t) == first {
		t.Error("seeds 1 and 2 make one world")
	}
}

func TestSharesAreKept(t *testing.T) {
	t.Parallel()
	cfg := smallConfig()
	cfg.Requests = 20_000
	cfg.LostLines, cfg.DuplicateLines, cfg.UglyLines, cfg.LostAudits, cfg.GzipFiles = 0.1, 0.2, 0.05, 0.3, 0.5
	m := makeWorld(t, cfg)
	near := func(name string, got, of int64, want float64) {
		deviation := math.Sqrt(want * (1 - want) / float64(of))
		if share := float64(got) / float64(of); math.Abs(share-want) > 5*deviation {
			t.Errorf("%s: %d of %d, want a share of %v", name, got, of, want)
		}
	}
	written := m.Requests - m.LostLines
	near("lost lines", m.LostLines, m.Requests, cfg.LostLines)
	near("duplicate lines", m.DuplicateLines, written, cfg.DuplicateLines)
	near("ugly lines", m.UglyLines, written, cfg.UglyLines)
	near("lost audits", m.LostAudits, m.Acts, cfg.LostAudits)
	near("gzip files", int64(m.packed), m.LogFiles, cfg.GzipFiles)
	if m.Requests < cfg.Requests*95/100 || m.Requests > cfg.Requests*12/10 {
		t.Errorf("%d requests, want about %d", m.Requests, cfg.Requests)
	}
}

// What is lost is drawn apart from the world, and a greater share loses what
// a smaller one lost.
func TestLossLeavesTheWorldAlone(t *testing.T) {
	t.Parallel()
	few, many := smallConfig(), smallConfig()
	few.LostAudits, many.LostAudits = 0.05, 0.4
	many.AuditSkew, many.UglyLines = -90*time.Second, 0.2
	a, b := makeWorld(t, few), makeWorld(t, many)
	if len(a.truth) != len(b.truth) {
		t.Fatalf("%d facts and %d", len(a.truth), len(b.truth))
	}
	for i := range a.truth {
		x, y := a.truth[i], b.truth[i]
		if x.Kind == "act" && x.Written < y.Written {
			t.Errorf("act %s is lost where less is lost", x.ID)
		}
		x.Written, y.Written, x.Grade, y.Grade = 0, 0, "", ""
		if x != y {
			t.Fatalf("fact %d: %+v and %+v", i, x, y)
		}
	}
}

func TestLinesComeLateAndOutOfOrder(t *testing.T) {
	t.Parallel()
	cfg := smallConfig()
	cfg.LateLines = 0.05
	m := makeWorld(t, cfg)
	early, late, back := 0, 0, 0
	for name, data := range m.files {
		if !strings.HasPrefix(name, simulate.LogsDir) {
			continue
		}
		delivered, err := time.Parse("2006-01-02-15", filepath.Base(name)[:13])
		if err != nil {
			t.Fatal(err)
		}
		var last time.Time
		for line := range strings.Lines(string(data)) {
			_, rest, _ := strings.Cut(line, "[")
			at, err := time.Parse("02/Jan/2006:15:04:05 -0700", rest[:min(26, len(rest))])
			if err != nil {
				continue // cut short
			}
			if at.Before(last) {
				back++
			} else {
				last = at
			}
			switch wait := delivered.Add(time.Hour).Sub(at); {
			case wait < 0 || wait > cfg.LateMax+time.Hour:
				early++
			case wait > 12*time.Hour:
				late++
			}
		}
	}
	if early != 0 || late < 100 || back < 1000 {
		t.Errorf("%d lines before they were written, %d late, %d out of order", early, late, back)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.LateLines, cfg.LateMax = 2, 120_000, 0.2, 14*24*time.Hour
	var peak, before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	calls := 0
	_, err := simulate.Generate(t.Context(), filepath.Join(t.TempDir(), "w"), cfg, func(int64, int64) {
		if calls++; calls%200 == 0 {
			var now runtime.MemStats
			if runtime.ReadMemStats(&now); now.HeapInuse > peak.HeapInuse {
				peak = now
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// More than 100 MB of lines go through; what waits is a buffer for each
	// hour that late lines may come in.
	if peak.HeapInuse == 0 || peak.HeapInuse > before.HeapInuse+64<<20 {
		t.Errorf("%d MiB in use at the peak, %d before", peak.HeapInuse>>20, before.HeapInuse>>20)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := simulate.Generate(t.Context(), full, smallConfig(), nil); err == nil || !strings.Contains(err.Error(), "holds x already") {
		t.Errorf("a folder with content: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := simulate.Generate(ctx, filepath.Join(t.TempDir(), "w"), smallConfig(), func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
	cfg := smallConfig()
	cfg.Days, cfg.LostLines, cfg.Model, cfg.ServiceRole = 0, 1.5, "both", "root"
	_, err = simulate.Generate(t.Context(), filepath.Join(t.TempDir(), "w"), cfg, nil)
	for _, field := range []string{"check days", "check lost lines", "check model", "check service role"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not in %v", field, err)
		}
	}
}

func TestProgressAndSettings(t *testing.T) {
	t.Parallel()
	cfg := smallConfig()
	dir := filepath.Join(t.TempDir(), "w")
	last := int64(-1)
	if _, err := simulate.Generate(t.Context(), dir, cfg, func(done, total int64) {
		if done < last || done > total || total != cfg.Requests {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	}); err != nil {
		t.Fatal(err)
	}
	if last != cfg.Requests {
		t.Errorf("ended at %d", last)
	}
	got, err := simulate.ReadSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := simulate.Settings{
		Config: cfg, Org: got.Org, Model: cfg.Model,
		ServiceRoles: []string{cfg.ServiceRole}, OwnRoles: []string{cfg.OwnRole},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got.Org) != 36 {
		t.Error(got.Org, diff)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, model := range []string{simulate.ModelDirect, simulate.ModelExport} {
		b.Run(model, func(b *testing.B) {
			cfg := simulate.DefaultConfig()
			cfg.Model, cfg.Requests = model, 200_000
			lines, size := int64(0), int64(0)
			b.ReportAllocs()
			for b.Loop() {
				sum, err := simulate.Generate(b.Context(), filepath.Join(b.TempDir(), "w"), cfg, nil)
				if err != nil {
					b.Fatal(err)
				}
				lines += sum.Lines
				size += sum.LogBytes
			}
			b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
			b.ReportMetric(float64(size)/1e6/b.Elapsed().Seconds(), "MB/s")
		})
	}
}
