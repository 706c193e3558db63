package engine_test

import (
	"context"
	"encoding/hex"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/engine"
	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
	"earwitness/sources/cloudtrail"
	"earwitness/sources/genesys"
	"earwitness/sources/s3log"
	"earwitness/sources/simulate"
)

// spoilt is a decoder with a fault: it can't read one record of five, and
// makes of one in fifty something that the correlator panics over.
type spoilt struct{ evidence.Decoder }

func (s spoilt) Decode(ctx context.Context, object evidence.Object, r io.Reader, emit func(evidence.Batch) error) error {
	return s.Decoder.Decode(ctx, object, r, func(b evidence.Batch) error {
		for i, e := range b.Evidence {
			switch {
			case e.Grade == evidence.Grade_GRADE_RAW:
			case e.Id[0]%5 == 0:
				letter := refused(e)
				b.Evidence[i] = raw(e)
				b.DeadLetters = append(b.DeadLetters, letter)
			case e.Id[0]%50 == 1 && e.Kind == evidence.Kind_KIND_ACCESS_LOG:
				poison := proto.CloneOf(e)
				poison.GetRequest().Identity = []byte{1, 2, 3}
				b.Evidence[i] = poison
			}
		}
		return emit(b)
	})
}

func refused(e *evidence.Evidence) *evidence.DeadLetter {
	stage := genesys.Stage
	switch e.Kind {
	case evidence.Kind_KIND_ACCESS_LOG:
		stage = s3log.Stage
	case evidence.Kind_KIND_CLOUDTRAIL:
		stage = cloudtrail.Stage
	}
	id := evidence.DeadLetterID(stage, "unreadable", [32]byte(e.Origin.Sha256))
	return &evidence.DeadLetter{
		Id: id[:], Stage: stage, Cause: "unreadable", Detail: "the pattern is broken", Origin: e.Origin, Raw: e.Raw, Kind: e.Kind,
		TimeMs: 1795687200000,
	}
}

func raw(e *evidence.Evidence) *evidence.Evidence {
	return &evidence.Evidence{
		Id: e.Id, SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RAW, SubjectId: hex.EncodeToString(e.Origin.Sha256),
		Kind: e.Kind, Grade: evidence.Grade_GRADE_RAW, Origin: e.Origin, Raw: e.Raw, Why: "the pattern is broken",
	}
}

// onceSpoilt runs an engine whose decoders have a fault.
func onceSpoilt(t *testing.T, c *config.Config) engine.Result {
	t.Helper()
	options := engine.Options{Once: true}
	options.Spoil(func(d evidence.Decoder) evidence.Decoder { return spoilt{d} })
	e, err := engine.Open(t.Context(), c, quiet(), options)
	if err != nil {
		t.Fatal(err)
	}
	result, err := e.Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return result
}

func redeliver(t *testing.T, c *config.Config, options engine.RedeliveryOptions, change ...func(*engine.Redelivery)) (engine.Redelivered, error) {
	t.Helper()
	store, known := archive(t, c)
	reader, err := worm.NewReader(store, known)
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.OpenRedelivery(t.Context(), c, reader, quiet(), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, fn := range change {
		fn(r)
	}
	done, err := r.Run(t.Context())
	if closed := r.Close(t.Context()); closed != nil {
		t.Fatal(closed)
	}
	return done, err
}

// waiting counts the dead letters that wait, by stage.
func waiting(t *testing.T, c *config.Config) map[string]int {
	t.Helper()
	store, known := archive(t, c)
	reader, err := worm.NewReader(store, known)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := letters.Open(t.Context(), reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	err = ledger.Each(t.Context(), nil, func(l *letters.Letter) error {
		if l.Settled == nil {
			all[l.Stage]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// trailed is a world with CloudTrail, and lines that nobody can read.
func trailed(t *testing.T) world {
	t.Helper()
	cfg := simulate.DefaultConfig()
	cfg.Days, cfg.Requests, cfg.Agents, cfg.UglyLines, cfg.CloudTrail = 2, 800, 12, 0.02, true
	dir := filepath.Join(t.TempDir(), "world")
	if _, err := simulate.Generate(t.Context(), dir, cfg, nil); err != nil {
		t.Fatal(err)
	}
	return world{name: "with CloudTrail", dir: dir, model: cfg.Model, roles: []string{cfg.ServiceRole}, own: []string{cfg.OwnRole}}
}

func withTrail(w world) func(*config.Config) {
	return func(c *config.Config) {
		hour := config.Duration(1)
		c.Sources = append(c.Sources, config.Source{
			Name: "cloudtrail", Type: config.CloudTrail, Path: config.Path(filepath.Join(w.dir, simulate.TrailDir)), Lateness: &hour,
		})
	}
}

// TestRedeliveredEqualsUndisturbed: what decoders with a fault gave up, and
// what the correlator did because of them, comes again once the fault is
// mended, and all records are as if it had never been.
func TestRedeliveredEqualsUndisturbed(t *testing.T) {
	t.Parallel()
	w := trailed(t)
	fresh := w.settings(t, t.TempDir(), withTrail(w))
	once(t, fresh)
	want := trail(t, fresh)
	never := waiting(t, fresh)

	c := w.settings(t, t.TempDir(), withTrail(w))
	onceSpoilt(t, c)
	before := waiting(t, c)
	for _, stage := range []string{s3log.Stage, genesys.Stage, cloudtrail.Stage, "correlate"} {
		if before[stage] <= never[stage] {
			t.Fatalf("the fault makes %v dead letters, without it there are %v", before, never)
		}
	}
	// It changes nothing to look, and a kill before the acknowledgement
	// repeats what was published.
	if done, err := redeliver(t, c, engine.RedeliveryOptions{DryRun: true}); err != nil || len(done.Rows) < 4 {
		t.Fatalf("a dry run gives %+v, %v", done, err)
	}
	if got := waiting(t, c); got["s3log"] != before["s3log"] {
		t.Errorf("%v wait after a dry run, before %v", got, before)
	}
	if _, err := redeliver(t, c, engine.RedeliveryOptions{}, (*engine.Redelivery).DropTheSettled); err == nil {
		t.Fatal("the replay was not ended before its acknowledgement")
	}
	done, err := redeliver(t, c, engine.RedeliveryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantTrail(t, want, trail(t, c))
	after := waiting(t, c)
	for stage, n := range never {
		if after[stage] != n {
			t.Errorf("%d wait of stage %s, without the fault %d", after[stage], stage, n)
		}
	}
	if after["correlate"] != 0 || len(after) != len(never) {
		t.Errorf("%v wait, want %v; the replay did %+v", after, never, done)
	}
	if again, err := redeliver(t, c, engine.RedeliveryOptions{Filter: letters.Filter{Stages: []string{"genesys", "correlate"}}}); err != nil || len(again.Rows) > 0 {
		t.Errorf("a second replay does %+v, %v", again, err)
	}
	wantProof(t, c)
	// The archive alone says the same.
	rebuilt(t, c)
	wantTrail(t, want, trail(t, c))
}

// TestRedeliveredBySource: audits that were read as access logs are read as
// audits, once the source says so.
func TestRedeliveredBySource(t *testing.T) {
	t.Parallel()
	w := storedWorlds(t)[0]
	wrong := func(c *config.Config) {
		for i := range c.Sources {
			if c.Sources[i].Type == config.GenesysAudit {
				c.Sources[i].Path += config.Path("/quality.ndjson")
				c.Sources[i].Type = config.S3AccessLog
			}
		}
	}
	right := func(c *config.Config) {
		wrong(c)
		for i := range c.Sources {
			if strings.HasPrefix(string(c.Sources[i].Name), "audits") {
				c.Sources[i].Type = config.GenesysAudit
			}
		}
	}
	fresh := w.settings(t, t.TempDir(), right)
	once(t, fresh)
	data := t.TempDir()
	once(t, w.settings(t, data, wrong))
	c := w.settings(t, data, right)
	if _, err := redeliver(t, c, engine.RedeliveryOptions{}); err != nil {
		t.Fatal(err)
	}
	once(t, c)
	wantTrail(t, trail(t, fresh), trail(t, c))
}
