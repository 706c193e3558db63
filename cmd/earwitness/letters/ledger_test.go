package letters_test

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

func letter(raw string) *evidence.DeadLetter {
	sha := sha256.Sum256([]byte(raw))
	id := evidence.DeadLetterID("s3log", "unreadable", sha)
	return &evidence.DeadLetter{Id: id[:], Stage: "s3log", Cause: "unreadable", Raw: []byte(raw), TimeMs: 1795687200000}
}

func settles(how string, through int64, all ...*evidence.DeadLetter) *bus.Acknowledgement {
	a := &bus.Acknowledgement{How: how}
	for _, l := range all {
		a.Letters = append(a.Letters, &bus.SettledLetter{Id: l.Id, Through: through})
	}
	return a
}

// messages are letters and acknowledgements at offsets from 0 on.
func messages(t *testing.T, values ...any) []bus.Message {
	t.Helper()
	var all []bus.Message
	for i, value := range values {
		m := bus.Message{Offset: int64(i), Time: time.UnixMilli(1795687200000).UTC()}
		switch value := value.(type) {
		case *evidence.DeadLetter:
			text, err := value.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			m.Key, m.Value = value.Id, text
		case *bus.Acknowledgement:
			m.Value = bus.ControlRecord(0, &bus.Control{Body: &bus.Control_Acknowledgement{Acknowledgement: value}}).Value
		}
		all = append(all, m)
	}
	return all
}

// archived writes messages as the log of a lineage, and gives its reader.
func archived(t *testing.T, dir string, key *worm.Key, lineage byte, all []bus.Message) *worm.Reader {
	t.Helper()
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	store, err := worm.OpenDir(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := worm.New(worm.Config[*evidence.DeadLetter]{
		Store: store, Signer: key, Known: known, Lineage: [16]byte{lineage}, Topic: bus.TopicDeadLetter, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	n := int64(len(all))
	chunk := &bus.Chunk[*evidence.DeadLetter]{
		Messages: all, Values: make([]*evidence.DeadLetter, n), Controls: make([]*bus.Control, n), Errs: make([]error, n), Next: n, End: n,
	}
	for i := range all {
		if bus.IsControl(&all[i]) {
			chunk.Controls[i], err = bus.DecodeControl(&all[i])
		} else {
			chunk.Values[i], err = bus.DecodeDeadLetter(&all[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Write(t.Context(), 0, chunk); err != nil {
		t.Fatal(err)
	}
	if err := archive.Flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	reader, err := worm.NewReader(store, known)
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

func newKey(t *testing.T) *worm.Key {
	t.Helper()
	key, err := worm.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// states are the offsets with what became of the letters there.
func states(t *testing.T, reader *worm.Reader, tail letters.Tail) []string {
	t.Helper()
	ledger, err := letters.Open(t.Context(), reader, tail)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	err = ledger.Each(t.Context(), nil, func(l *letters.Letter) error {
		how := "waiting"
		if l.Settled != nil {
			how = l.Settled.How
		}
		all = append(all, string(l.Raw)+" "+how)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// An acknowledgement settles what was there when somebody looked, and not what
// came until it was written.
func TestSettled(t *testing.T) {
	t.Parallel()
	a, b := letter("a"), letter("b")
	for _, test := range []struct {
		name     string
		messages []any
		want     []string
	}{
		{"none", []any{a, b}, []string{"a waiting", "b waiting"}},
		{"one", []any{a, b, settles(letters.Replayed, 0, a)}, []string{"a replayed", "b waiting"}},
		{"comes twice", []any{a, a, settles(letters.Replayed, 1, a)}, []string{"a replayed", "a replayed"}},
		{"comes again", []any{a, settles(letters.Replayed, 0, a), a}, []string{"a replayed", "a waiting"}},
		{"comes before it is written", []any{a, a, settles(letters.Replayed, 0, a)}, []string{"a replayed", "a waiting"}},
		{"both", []any{a, b, settles(letters.Dismissed, 1, a, b)}, []string{"a dismissed", "b dismissed"}},
		{"the last counts", []any{a, settles(letters.Replayed, 0, a), a, settles(letters.Dismissed, 2, a)}, []string{"a dismissed", "a dismissed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reader := archived(t, t.TempDir(), newKey(t), 1, messages(t, test.messages...))
			if diff := cmp.Diff(test.want, states(t, reader, nil)); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
		})
	}
}

// What one lineage settles is settled in former ones, to which nothing can be
// added.
func TestSettledOfAFormerLineage(t *testing.T) {
	t.Parallel()
	dir, key, a, b := t.TempDir(), newKey(t), letter("a"), letter("b")
	archived(t, dir, key, 1, messages(t, a, b))
	reader := archived(t, dir, key, 2, messages(t, settles(letters.Replayed, -1, a), a))
	want := []string{"a replayed", "b waiting", "a waiting"}
	if diff := cmp.Diff(want, states(t, reader, nil)); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// topic is what lies behind the archive.
type topic struct {
	first int64
	all   []bus.Message
}

func (p topic) Logs() []worm.Log {
	return []worm.Log{{Lineage: [16]byte{1}, Topic: bus.TopicDeadLetter, Partition: 0}}
}

func (p topic) Read(_ context.Context, _ int, from int64, fn func(*bus.Message) error) error {
	for i := range p.all {
		if p.all[i].Offset < max(from, p.first) {
			continue
		}
		if err := fn(&p.all[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestSettledInTheTopic(t *testing.T) {
	t.Parallel()
	a, b, c := letter("a"), letter("b"), letter("c")
	all := messages(t, a, b, c, settles(letters.Replayed, 1, a, b))
	reader := archived(t, t.TempDir(), newKey(t), 1, all[:2])
	want := []string{"a replayed", "b replayed", "c waiting"}
	if diff := cmp.Diff(want, states(t, reader, topic{1, all})); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestPlacesInABucket(t *testing.T) {
	t.Parallel()
	l := &letters.Letter{DeadLetter: letter("a")}
	l.Origin = &evidence.Origin{Uri: "s3://logs/app-2026-03-01"}
	for place, want := range map[letters.Place]bool{
		"s3://logs": true, "s3://logs/": true, "s3://logs/app": true, "s3://logs/app-": true, "s3://logs/web": false, "s3://log": false, "s3://logs-2": false,
	} {
		filter := letters.Filter{Places: []letters.Place{place}}
		if got := filter.Passes(l); got != want {
			t.Errorf("%s has it: %t, want %t", place, got, want)
		}
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	l := &letters.Letter{DeadLetter: letter("a")}
	l.Origin = &evidence.Origin{Uri: "file:///logs/a"}
	at := time.UnixMilli(l.TimeMs)
	for _, test := range []struct {
		filter letters.Filter
		want   bool
	}{
		{letters.Filter{}, true},
		{letters.Filter{Stages: []string{"genesys", "s3log"}}, true},
		{letters.Filter{Stages: []string{"genesys"}}, false},
		{letters.Filter{Causes: []string{"too-long"}}, false},
		{letters.Filter{Places: []letters.Place{"file:///logs"}}, true},
		{letters.Filter{Places: []letters.Place{"file:///logs/"}}, true},
		{letters.Filter{Places: []letters.Place{"file:///log"}}, false},
		{letters.Filter{Places: []letters.Place{"file:///logs/a"}}, true},
		{letters.Filter{Since: at}, true},
		{letters.Filter{Since: at.Add(time.Millisecond)}, false},
		{letters.Filter{Until: at}, false},
		{letters.Filter{Until: at.Add(time.Millisecond)}, true},
		{letters.Filter{IDs: []string{"0000", evidence.ID(l.Id).String()[:6]}}, true},
		{letters.Filter{IDs: []string{"0000"}}, false},
	} {
		if got := test.filter.Passes(l); got != test.want {
			t.Errorf("%+v gives %t", test.filter, got)
		}
	}
}
