package enrich_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
)

// place is the world around a stage, in the time of synctest: topics of one
// partition, positions, and sources that answer.
type place struct {
	t *testing.T

	mu        sync.Mutex
	log       []*evidence.Evidence // nil where there is a control record
	controls  map[int]*bus.Control
	kept      []bus.Message
	position  int64
	fault     func(step string) error
	asked     []string
	askedAt   map[string][]time.Time
	answers   map[string]string // by what is asked, as in asked
	failures  map[string]error
	hold      chan struct{} // nil: sources answer by themselves …
	slow      time.Duration // … after so long
	published int

	stage  *enrich.Stage
	cancel context.CancelFunc
	done   chan error
	read   int64
}

func newPlace(t *testing.T) *place {
	return &place{
		t: t, position: -1, controls: make(map[int]*bus.Control), askedAt: make(map[string][]time.Time),
		answers: make(map[string]string), failures: make(map[string]error), fault: func(string) error { return nil },
	}
}

// start begins a process.
func (p *place) start(change ...func(*enrich.Config)) {
	p.t.Helper()
	cfg := enrich.Config{
		Sources:  enrich.Sources{Recordings: p, Guide: nil, Users: p, Queues: p, Sidecars: p},
		Evidence: topic{p, "evidence"}, Memory: topic{p, "memory"}, Positions: p,
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if p.stage, err = enrich.New(cfg); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	p.cancel, p.done = cancel, make(chan error, 1)
	stage := p.stage
	go func() { p.done <- stage.Run(ctx) }()
	if p.read, err = p.stage.Position(p.t.Context(), 0); err != nil {
		p.t.Fatal(err)
	}
	p.read = max(p.read, 0)
}

// kill ends it, whatever it is at.
func (p *place) kill() {
	p.cancel()
	if err := <-p.done; !errors.Is(err, context.Canceled) {
		p.t.Errorf("it ended with %v", err)
	}
	p.stage.Close()
}

// add appends evidence, and pump lets the stage read what there is.
func (p *place) add(pieces ...*evidence.Evidence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, pieces...)
}

func (p *place) control(c *bus.Control) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.controls[len(p.log)] = c
	p.log = append(p.log, nil)
}

func (p *place) chunk() *bus.Chunk[*evidence.Evidence] {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &bus.Chunk[*evidence.Evidence]{}
	for at := p.read; at < int64(len(p.log)); at++ {
		c.Messages = append(c.Messages, bus.Message{Offset: at})
		c.Values = append(c.Values, p.log[at])
		c.Controls = append(c.Controls, p.controls[int(at)])
		c.Errs = append(c.Errs, nil)
	}
	c.Next, c.End = int64(len(p.log)), int64(len(p.log))
	return c
}

// pump reads all there is, and begins again after a failure, as a follower
// does.
func (p *place) pump() {
	p.t.Helper()
	for {
		c := p.chunk()
		if len(c.Messages) == 0 {
			return
		}
		if err := p.stage.Write(p.t.Context(), 0, c); err != nil {
			at, err := p.stage.Position(p.t.Context(), 0)
			if err != nil {
				p.t.Fatal(err)
			}
			p.read = max(at, 0)
			continue
		}
		p.read = c.Next
	}
}

// settle reads and waits until nothing waits any more.
func (p *place) settle() {
	p.t.Helper()
	for {
		p.pump()
		if waiting := p.stage.Settle(p.t.Context()); waiting > 0 {
			p.t.Fatalf("%d questions wait for ever", waiting)
		}
		synctest.Wait()
		if len(p.chunk().Messages) == 0 {
			return
		}
	}
}

// told lists the answers on the topic, as about/source/id under subject.
func (p *place) told() (list []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.log {
		if m := e.GetMetadata(); m != nil {
			list = append(list, fmt.Sprintf("%s under %s: %s%s", m.AboutId, e.SubjectId, m.Media, m.Name))
		}
	}
	return list
}

func (p *place) calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// topic is one of the two.
type topic struct {
	place *place
	name  string
}

func (o topic) ProduceSync(ctx context.Context, _ int, records []bus.Record) (int64, error) {
	p := o.place
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := p.fault(o.name + " before"); err != nil {
		return 0, err
	}
	for _, r := range records {
		if o.name == "memory" {
			p.kept = append(p.kept, bus.Message{Key: r.Key, Value: r.Value})
			continue
		}
		e := &evidence.Evidence{}
		if err := e.UnmarshalVT(r.Value); err != nil {
			return 0, err
		}
		p.log = append(p.log, e)
		p.published++
	}
	return 0, p.fault(o.name + " after")
}

func (o topic) ReadAll(context.Context) ([]bus.Message, error) {
	o.place.mu.Lock()
	defer o.place.mu.Unlock()
	return append([]bus.Message(nil), o.place.kept...), nil
}

func (p *place) Load(context.Context, int) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position, nil
}

func (p *place) Store(_ context.Context, _ int, at int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fault("position"); err != nil {
		return err
	}
	p.position = at
	return nil
}

// look is what all lookups do.
func (p *place) look(ctx context.Context, what string) (enrich.Answer, error) {
	p.mu.Lock()
	p.asked = append(p.asked, what)
	p.askedAt[what] = append(p.askedAt[what], time.Now())
	hold := p.hold
	p.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return enrich.Answer{}, ctx.Err()
		}
	}
	select {
	case <-time.After(p.slow):
	case <-ctx.Done():
		return enrich.Answer{}, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := enrich.Answer{URI: "https://api/" + what}
	if err := p.failures[what]; err != nil {
		return answer, err
	}
	text, known := p.answers[what]
	if !known {
		return answer, enrich.ErrMissing
	}
	answer.JSON = []byte(text)
	return answer, nil
}

func (p *place) Conversation(ctx context.Context, id string) (enrich.Answer, error) {
	return p.look(ctx, "conversation "+id)
}

func (p *place) Recording(ctx context.Context, conversation, id string) (enrich.Answer, error) {
	return p.look(ctx, "recording "+conversation+"/"+id)
}

func (p *place) User(ctx context.Context, id string) (enrich.Answer, error) {
	return p.look(ctx, "user "+id)
}

func (p *place) Queue(ctx context.Context, id string) (enrich.Answer, error) {
	return p.look(ctx, "queue "+id)
}

func (p *place) Sidecar(ctx context.Context, bucket, key string, _ int64) (enrich.Answer, error) {
	return p.look(ctx, "sidecar "+bucket+"/"+key)
}

// pass lets so much of the bubble's time pass.
func pass(d time.Duration) { <-time.After(d) }

var errInjected = errors.New("injected")

// recordingID makes one of n.
func recordingID(n int) string { return fmt.Sprintf("%08d-aaaa-4aaa-8aaa-aaaaaaaaaaaa", n) }

func conversationID(n int) string { return fmt.Sprintf("%08d-cccc-4ccc-8ccc-cccccccccccc", n) }

// request is one for recording n, by somebody; act one by a user.
func request(n int, changes ...func(*evidence.StorageRequest)) *evidence.Evidence {
	r := &evidence.StorageRequest{
		Bucket: "bucket", Key: "k/" + recordingID(n) + ".opus", RecordingId: recordingID(n), ConversationId: conversationID(n),
		Operation: "REST.GET.OBJECT", Requester: "somebody", ObjectKind: evidence.ObjectKind_OBJECT_KIND_MEDIA,
	}
	for _, change := range changes {
		change(r)
	}
	e := &evidence.Evidence{Kind: evidence.Kind_KIND_ACCESS_LOG, Grade: evidence.Grade_GRADE_EXACT, Fact: &evidence.Evidence_Request{Request: r}}
	evidence.SetRequestSubject(e)
	return e
}

func act(n int, user string) *evidence.Evidence {
	a := &evidence.Act{
		AuditId: fmt.Sprint("audit-", n, user), UserId: user, Action: "Read", EntityType: "Recording",
		EntityId: recordingID(n), ConversationId: conversationID(n),
	}
	e := &evidence.Evidence{Kind: evidence.Kind_KIND_FILE, Grade: evidence.Grade_GRADE_EXACT, Fact: &evidence.Evidence_Act{Act: a}}
	evidence.SetActSubject(e)
	return e
}

// knows lets the sources know recordings, each in a conversation of its own.
func (p *place) knows(from, to int) {
	for n := from; n < to; n++ {
		p.answers["conversation "+conversationID(n)] = recordings(n, "audio")
	}
}

func recordings(n int, media string) string {
	return fmt.Sprintf(`[{"id":%q,"conversationId":%q,"media":%q}]`, recordingID(n), conversationID(n), media)
}
