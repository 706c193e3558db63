package coverage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/cmd/earwitness/coverage"
)

const lease = time.Minute

// topic is the control topic with a clock of its own, and what the owner of
// partition 0 makes of it.
type topic struct {
	t     *testing.T
	table *coverage.Table
	now   time.Time
	next  int64
}

func newTopic(t *testing.T) *topic {
	t.Helper()
	return &topic{t: t, table: coverage.NewTable(), now: noon()}
}

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func (p *topic) pass(d time.Duration) { p.now = p.now.Add(d) }

// tell appends a statement of a worker. Each progress is a source, a time of
// this day or "-", and the offset after which its pass began.
func (p *topic) tell(worker string, all ...coverage.Progress) int64 {
	p.t.Helper()
	return p.append(&coverage.Statement{Worker: worker, LeaseMS: lease.Milliseconds(), Sources: all})
}

func (p *topic) leave(worker string, all ...coverage.Progress) {
	p.t.Helper()
	p.append(&coverage.Statement{Worker: worker, LeaseMS: lease.Milliseconds(), Left: true, Sources: all})
}

func (p *topic) append(s *coverage.Statement) int64 {
	p.t.Helper()
	text, err := s.Marshal()
	if err != nil {
		p.t.Fatal(err)
	}
	read, err := coverage.ParseStatement(text)
	if err != nil {
		p.t.Fatal(err)
	}
	p.next++
	p.table.Apply(p.next, p.now, read)
	return p.next
}

func upTo(source, clock string, after int64) coverage.Progress {
	p := coverage.Progress{Source: source, After: after}
	if clock != "-" {
		at, err := time.Parse("15:04:05", clock)
		if err != nil {
			panic(err)
		}
		p.UntilMS = noon().Truncate(24 * time.Hour).Add(at.Sub(at.Truncate(24 * time.Hour))).UnixMilli()
	}
	return p
}

// want checks what is covered, as source=time.
func (p *topic) want(want ...string) {
	p.t.Helper()
	var got []string
	for _, s := range p.table.Sources() {
		until := "-"
		if !s.Until.IsZero() {
			until = s.Until.Format("15:04:05")
		}
		got = append(got, fmt.Sprintf("%s=%s", s.Source, until))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("covered (-want +got):\n%s", diff)
	}
}

func TestTheLeastCounts(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a := p.tell("a", upTo("logs", "-", coverage.Never))
	p.want("logs=-")
	b := p.tell("b", upTo("logs", "-", coverage.Never), upTo("audits", "-", coverage.Never))
	p.pass(10 * time.Second)
	p.tell("a", upTo("logs", "11:59:00", a))
	p.want("audits=-", "logs=-")
	p.tell("b", upTo("logs", "11:58:00", b), upTo("audits", "11:00:00", b))
	p.want("audits=11:00:00", "logs=11:58:00")
	p.tell("b", upTo("logs", "11:59:30", b), upTo("audits", "11:00:00", b))
	p.want("audits=11:00:00", "logs=11:59:00")
}

// What a process that died had taken on and not delivered is not covered
// before those that are left have read the source whole since.
func TestOneDies(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a, b := p.tell("a", upTo("logs", "-", coverage.Never)), p.tell("b", upTo("logs", "-", coverage.Never))
	p.tell("a", upTo("logs", "11:50:00", a))
	p.tell("b", upTo("logs", "11:50:00", b))
	// a reads on and dies in the middle; b goes on with what it had begun.
	for range 5 {
		p.pass(10 * time.Second)
		b = p.tell("b", upTo("logs", "11:55:00", b))
		p.want("logs=11:50:00")
	}
	p.pass(20 * time.Second)
	p.tell("b", upTo("logs", "11:56:00", b))
	p.want("logs=11:50:00") // the lease has ended, that pass began before
	p.pass(10 * time.Second)
	after := p.tell("b", upTo("logs", "11:57:00", b))
	p.want("logs=11:50:00")
	p.pass(10 * time.Second)
	p.tell("b", upTo("logs", "11:58:00", after))
	p.want("logs=11:58:00")
}

// One that dies before it has read the source whole once holds it as well.
func TestOneDiesAtOnce(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	b := p.tell("b", upTo("logs", "-", coverage.Never))
	b = p.tell("b", upTo("logs", "11:50:00", b))
	p.want("logs=11:50:00")
	p.tell("a", upTo("logs", "-", coverage.Never))
	p.want("logs=-")
	for range 7 {
		p.pass(10 * time.Second)
		p.tell("b", upTo("logs", "11:55:00", b))
		p.want("logs=-")
	}
	after := p.tell("b", upTo("logs", "11:55:00", b))
	p.tell("b", upTo("logs", "11:58:00", after))
	p.want("logs=11:58:00")
}

// A source that nobody reads any more is not covered further; whoever comes
// next has to read it whole.
func TestTheLastOneDies(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a := p.tell("a", upTo("logs", "-", coverage.Never))
	p.tell("a", upTo("logs", "11:50:00", a))
	p.pass(2 * time.Minute)
	p.tell("idle")
	p.want("logs=-")
	b := p.tell("b", upTo("logs", "-", coverage.Never))
	p.want("logs=-")
	p.pass(time.Second)
	p.tell("b", upTo("logs", "12:01:00", b))
	p.want("logs=12:01:00")
}

func TestOneLeaves(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a, b := p.tell("a", upTo("logs", "-", coverage.Never)), p.tell("b", upTo("logs", "-", coverage.Never))
	p.tell("a", upTo("logs", "11:50:00", a))
	p.tell("b", upTo("logs", "11:55:00", b))
	p.leave("a", upTo("logs", "11:50:00", a))
	p.want("logs=11:50:00")
	after := p.tell("b", upTo("logs", "11:56:00", b))
	p.want("logs=11:50:00")
	p.tell("b", upTo("logs", "11:57:00", after))
	p.want("logs=11:57:00")
}

// One that stood still and wakes is heard again.
func TestOneWakes(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a, b := p.tell("a", upTo("logs", "-", coverage.Never)), p.tell("b", upTo("logs", "-", coverage.Never))
	p.tell("a", upTo("logs", "11:50:00", a))
	p.tell("b", upTo("logs", "11:50:00", b))
	p.pass(2 * time.Minute)
	b = p.tell("b", upTo("logs", "11:51:00", b))
	p.tell("b", upTo("logs", "12:01:00", b))
	p.want("logs=12:01:00")
	p.tell("a", upTo("logs", "11:52:00", a))
	// Nothing is known of when that pass began.
	p.want("logs=-")
	again := p.tell("a", upTo("logs", "11:52:00", a))
	p.tell("a", upTo("logs", "12:01:30", again))
	p.want("logs=12:01:00")
}

// The clock of a process that runs ahead covers nothing that the brokers'
// does not allow, and the other way round.
func TestClocksThatRunAhead(t *testing.T) {
	t.Parallel()
	hour := time.Hour.Milliseconds()
	p := newTopic(t)
	a := p.tell("a", coverage.Progress{Source: "audits", LatenessMS: hour, After: coverage.Never})
	p.pass(10 * time.Second)
	ahead := upTo("audits", "12:00:05", a) // it says that it is 13:00:05
	ahead.LatenessMS = hour
	p.tell("a", ahead)
	p.want("audits=11:00:00")

	p = newTopic(t)
	p.pass(time.Hour) // the brokers' clock is set forward
	a = p.tell("a", coverage.Progress{Source: "audits", LatenessMS: hour, After: coverage.Never})
	right := upTo("audits", "11:00:00", a)
	right.LatenessMS = hour
	p.tell("a", right)
	p.want("audits=11:00:00")
}

// A step of the brokers' clock ends leases for a moment, and covers nothing.
func TestBrokersClockSteps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		p := newTopic(t)
		a, b := p.tell("a", upTo("logs", "-", coverage.Never)), p.tell("b", upTo("logs", "-", coverage.Never))
		p.tell("a", upTo("logs", "11:50:00", a))
		p.tell("b", upTo("logs", "11:55:00", b))
		p.pass(step)
		b = p.tell("b", upTo("logs", "11:56:00", b))
		p.want("logs=11:50:00")
		p.tell("a", upTo("logs", "11:51:00", a))
		p.want("logs=11:51:00")
		p.tell("b", upTo("logs", "11:56:30", b))
		p.want("logs=11:51:00")
	}
}

func TestStatementsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"format":2,"worker":"a","lease_ms":1}`, `{"format":1,"lease_ms":1}`, `{"format":1,"worker":"a"}`} {
		if _, err := coverage.ParseStatement([]byte(text)); err == nil || !strings.Contains(err.Error(), "read progress") {
			t.Errorf("%q gives %v", text, err)
		}
	}
	if coverage.IsStatement([]byte("epoch/1/ab")) || !coverage.IsStatement(coverage.Key("ab")) {
		t.Error("statements are not told from epochs")
	}
}

// part is what one reads of a source that is divided.
func part(k, n int, p coverage.Progress) coverage.Progress {
	p.Part, p.Parts = k, n
	return p
}

// A source that is divided is covered when all of its parts have been read,
// and the part of one that died only by whoever reads that part.
func TestPartsOfASource(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a := p.tell("a", part(1, 2, upTo("logs", "-", coverage.Never)))
	p.tell("a", part(1, 2, upTo("logs", "11:50:00", a)))
	p.want("logs=-") // nobody reads the other half
	b := p.tell("b", part(2, 2, upTo("logs", "-", coverage.Never)))
	p.want("logs=-")
	p.tell("b", part(2, 2, upTo("logs", "11:40:00", b)))
	p.want("logs=11:40:00")
	p.leave("b", part(2, 2, upTo("logs", "11:41:00", b)))
	for range 3 {
		p.pass(10 * time.Second)
		a = p.tell("a", part(1, 2, upTo("logs", "11:55:00", a)))
		p.want("logs=-") // it is not stated any further, whatever a reads
	}
	c := p.tell("c", part(2, 2, upTo("logs", "-", coverage.Never)))
	p.want("logs=-")
	p.tell("c", part(2, 2, upTo("logs", "11:52:00", c)))
	p.tell("a", part(1, 2, upTo("logs", "11:56:00", c)))
	p.want("logs=11:52:00")
}

// Once others divide a source anew, those who had it before hold nothing back.
func TestOtherParts(t *testing.T) {
	t.Parallel()
	p := newTopic(t)
	a := p.tell("a", part(1, 2, upTo("logs", "-", coverage.Never)))
	b := p.tell("b", part(2, 2, upTo("logs", "-", coverage.Never)))
	p.tell("a", part(1, 2, upTo("logs", "11:50:00", a)))
	p.tell("b", part(2, 2, upTo("logs", "11:40:00", b)))
	p.leave("a", part(1, 2, upTo("logs", "11:50:00", a)))
	p.leave("b", part(2, 2, upTo("logs", "11:40:00", b)))
	p.want("logs=-")
	var last int64
	for k := 1; k <= 3; k++ {
		last = p.tell(fmt.Sprintf("c%d", k), part(k, 3, upTo("logs", "-", coverage.Never)))
	}
	for k := 1; k <= 3; k++ {
		p.want("logs=-")
		p.tell(fmt.Sprintf("c%d", k), part(k, 3, upTo("logs", "11:55:00", last-3+int64(k))))
	}
	p.want("logs=11:55:00")
}

func TestPartsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, p := range []coverage.Progress{{Part: 1}, {Parts: 2}, {Part: 3, Parts: 2}, {Part: -1, Parts: 2}, {Part: 1, Parts: 2000}} {
		s := coverage.Statement{Worker: "a", LeaseMS: 1, Sources: []coverage.Progress{p}}
		text, err := s.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := coverage.ParseStatement(text); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
}
