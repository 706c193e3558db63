package correlate_test

import (
	"testing"

	"earwitness/pipeline/access"
)

// retracted counts the records that are.
func (l *horizonLog) retracted() (n int) {
	for _, r := range l.view.records() {
		if r.State == access.State_STATE_RETRACTED {
			n++
		}
	}
	return n
}

// TestTrailGivesWay retracts what stood by CloudTrail alone, with a line's
// request as successor, and the access that it made.
func TestTrailGivesWay(t *testing.T) {
	l := newHorizonLog(t)
	l.covered(0)
	line := request("r", "10:00:00", doing("WEBSITE.GET.OBJECT"), by(mallory))
	event := trail(line, doing("REST.GET.OBJECT"))
	l.at(0, event)
	if l.retracted() != 0 || len(l.view.records()) != 2 {
		t.Fatalf("%d records, %d retracted by the event alone", len(l.view.records()), l.retracted())
	}
	l.at(1, line)
	id, next := event.GetRequest().Identity, line.GetRequest().Identity
	for _, r := range l.view.records() {
		if string(r.Id) == string(id) && (r.State != access.State_STATE_RETRACTED || string(r.Successor) != string(next) || r.Request != nil) {
			t.Errorf("the event's request is %v", r)
		}
	}
	// Both requests make one access, so that alone is not void.
	if l.retracted() != 1 {
		t.Errorf("%d records are retracted, want the event's request alone", l.retracted())
	}
	l.want("r refs=2 action=WEBSITE.GET.OBJECT", "r^ n=1 pieces=2")
}

// TestTrailBeyondHorizon delivers an event again after its line has departed:
// the record that stands is neither shrunk nor contradicted, and no other made.
func TestTrailBeyondHorizon(t *testing.T) {
	l := newHorizonLog(t)
	l.covered(0)
	line := request("r", "10:00:00")
	event := trail(line, doing("REST.HEAD.OBJECT"))
	use := keyUse(line.GetRequest(), "use")
	l.at(0, line, event, use)
	l.want("r refs=2 state=final")
	before := len(l.view.records())
	l.at(90, request("later", "+1 10:00:00", on("elsewhere")))
	l.at(180, event, use)
	if n := len(l.view.records()); n != before+2 || l.retracted() != 0 {
		t.Errorf("%d records, %d retracted, want %d and none", n, l.retracted(), before+2)
	}
	l.want("r refs=2 state=final")
}
