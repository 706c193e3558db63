package index

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/access"
)

// queryIDs gives the records of an answer as "access 3" or "request 31".
func queryIDs(t *testing.T, r *Reader, q Query) []string {
	t.Helper()
	names := map[string]string{}
	for n := range 400 {
		names[string(makeID("access", n))] = fmt.Sprintf("access %d", n)
		names[string(makeID("request", n))] = fmt.Sprintf("request %d", n)
	}
	var got []string
	for rec, err := range r.Query(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, names[string(rec.Id)])
	}
	return got
}

func TestQuery(t *testing.T) {
	x := openIndex(t, t.TempDir())
	var records []*access.Record
	for n := range 12 {
		r := makeAccess(n, uint64(n+1))
		r.SourceIp, r.RelatedIps = fmt.Sprintf("2001:db8::%d", n), []string{"::ffff:198.51.100.9"}
		if n >= 10 {
			r.Verdict, r.Person, r.RelatedIps = access.Verdict_VERDICT_DIRECT, nil, nil
			r.PrincipalId = "arn:aws:iam::444455556666:user/mallory"
		}
		records = append(records, r)
	}
	records = append(records, makeRequest(30, 100), makeRequest(31, 101))
	writeAll(t, x, 0, makeChunk(t, 0, records...))

	at := func(n int) time.Time { return time.UnixMilli(makeAccess(n, 1).TimeMs) }
	tests := []struct {
		name string
		q    Query
		want []string
	}{
		{"recording", Query{RecordingID: makeAccess(10, 1).RecordingId}, []string{"access 10", "access 11"}},
		{"person by id", Query{Person: "USER-3"}, []string{"access 3"}},
		{"person by name", Query{Person: "ada quill", Limit: 2}, []string{"access 0", "access 1"}},
		{"principal", Query{Person: "arn:aws:iam::444455556666:user/mallory"}, []string{"access 10", "access 11"}},
		{"address in another form", Query{IP: "2001:DB8:0::7"}, []string{"access 7"}},
		{"mapped address", Query{IP: "198.51.100.9", Since: at(8)}, []string{"access 8", "access 9"}},
		{"verdict", Query{Verdict: access.Verdict_VERDICT_DIRECT}, []string{"access 10", "access 11"}},
		{"times, both ends", Query{Since: at(4), Until: at(5)}, []string{"access 4", "access 5"}},
		{"id", Query{AccessID: makeID("access", 6)}, []string{"access 6"}},
		{"all that is asked", Query{Person: "user-3", Verdict: access.Verdict_VERDICT_DIRECT}, nil},
		{"unknown", Query{RecordingID: "none"}, nil},
		{"requests", Query{AccessID: makeID("access", 3), Requests: true}, []string{"access 3", "request 30", "request 31"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, queryIDs(t, x.Reader, test.q)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQueryStopsEarly(t *testing.T) {
	x := openIndex(t, t.TempDir())
	writeAll(t, x, 0, makeChunk(t, 0, makeAccess(1, 1), makeAccess(2, 2)))
	for _, err := range x.Query(context.Background(), Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range x.Query(ctx, Query{}) {
		if err == nil {
			t.Error("an answer came after the context ended")
		}
	}
}

// TestRevisedAway has later revisions take what an older one was found by.
func TestRevisedAway(t *testing.T) {
	x := openIndex(t, t.TempDir())
	revised := makeAccess(1, 20)
	revised.Person = &access.Person{Id: "user-other"}
	revised.Verdict = access.Verdict_VERDICT_AUDIT_ONLY
	writeAll(t, x, 0, makeChunk(t, 0, makeAccess(1, 10)))
	writeAll(t, x, 0, makeChunk(t, 1, revised))
	writeAll(t, x, 0, makeChunk(t, 2, makeAccess(1, 15)))
	if got := queryIDs(t, x.Reader, Query{Person: "user-1"}); len(got) != 0 {
		t.Errorf("the person of an old revision still finds %v", got)
	}
	if got := queryIDs(t, x.Reader, Query{Person: "user-other", Verdict: access.Verdict_VERDICT_AUDIT_ONLY}); len(got) != 1 {
		t.Errorf("the newest revision is not found: %v", got)
	}
}

// TestRequestMoves gives a request to another access by a later revision, in
// another transaction, and to none by a retraction.
func TestRequestMoves(t *testing.T) {
	x := openIndex(t, t.TempDir())
	moved := makeRequest(10, 50)
	moved.AccessId = makeID("access", 2)
	writeAll(t, x, 0, makeChunk(t, 0, makeAccess(1, 1), makeAccess(2, 2), makeRequest(10, 3), makeRequest(11, 4), makeRequest(20, 5)))
	writeAll(t, x, 0, makeChunk(t, 5, moved))
	check := func(n int, want ...string) {
		t.Helper()
		q := Query{AccessID: makeID("access", n), Requests: true}
		if diff := cmp.Diff(append([]string{fmt.Sprintf("access %d", n)}, want...), queryIDs(t, x.Reader, q)); diff != "" {
			t.Errorf("requests of access %d (-want +got):\n%s", n, diff)
		}
	}
	check(1, "request 11")
	check(2, "request 10", "request 20")
	gone := makeRequest(11, 60)
	gone.State = access.State_STATE_RETRACTED
	writeAll(t, x, 0, makeChunk(t, 6, gone))
	writeAll(t, x, 0, makeChunk(t, 7, makeRequest(11, 55)))
	check(1)
	rec, requests, err := x.Access(context.Background(), makeID("access", 2))
	if err != nil || rec == nil || len(requests) != 2 {
		t.Errorf("Access = %v, %d requests, %v", rec.GetId(), len(requests), err)
	}
	if rec, _, err := x.Access(context.Background(), makeID("access", 77)); rec != nil || err != nil {
		t.Errorf("an unknown access: %v, %v", rec, err)
	}
}

func TestSummary(t *testing.T) {
	x := openIndex(t, t.TempDir())
	var records []*access.Record
	for n := range 20 {
		r := makeAccess(n, uint64(n+1))
		switch {
		case n < 4: // the same stranger, four times
			r.Verdict, r.Person, r.PrincipalId = access.Verdict_VERDICT_DIRECT, nil, "mallory"
		case n == 4:
			r.Verdict, r.Person = access.Verdict_VERDICT_UNATTRIBUTED, nil
		case n == 5:
			r.Verdict, r.Person, r.State = access.Verdict_VERDICT_ANONYMOUS, nil, access.State_STATE_PENDING
		case n == 6:
			r.State = access.State_STATE_RETRACTED
		}
		records = append(records, r)
	}
	pending := makeRequest(2, 102)
	pending.State = access.State_STATE_PENDING
	gone := makeRequest(3, 103)
	gone.State = access.State_STATE_RETRACTED
	records = append(records, makeRequest(1, 101), pending, gone)
	writeAll(t, x, 1, makeChunk(t, 0, records...))
	got, err := x.Summary(context.Background(), 3)
	if err != nil {
		t.Fatal(err)
	}
	suspicious := got.Suspicious
	got.Suspicious = nil
	want := &Summary{
		Accesses: map[access.Verdict]int64{
			access.Verdict_VERDICT_DIRECT: 4, access.Verdict_VERDICT_UNATTRIBUTED: 1, access.Verdict_VERDICT_ANONYMOUS: 1,
			access.Verdict_VERDICT_ATTRIBUTED: 13,
		},
		PendingAccess: 1, FinalAccess: 18, Requests: 2, PendingRequest: 1, FinalRequest: 1, Recordings: 4,
		First: makeAccess(0, 1).TimeMs, Last: makeAccess(19, 1).TimeMs,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	var scores []int
	for _, s := range suspicious {
		scores = append(scores, s.Score)
	}
	// Different actors first, then the next of the same.
	if diff := cmp.Diff([]int{75, 65, 65}, scores); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
	if suspicious[0].Record.Verdict != access.Verdict_VERDICT_UNATTRIBUTED || len(suspicious[0].Reasons) == 0 {
		t.Errorf("most suspicious: %v", suspicious[0])
	}
}

func TestScore(t *testing.T) {
	plain := &access.Record{Verdict: access.Verdict_VERDICT_ATTRIBUTED, Taken: access.Taken_TAKEN_FULL, Class: access.Class_CLASS_READ}
	if Score(plain) != 0 || Reasons(plain) != nil {
		t.Errorf("somebody who listened scores %d", Score(plain))
	}
	shared := &access.Record{Verdict: access.Verdict_VERDICT_ATTRIBUTED, Flags: access.FlagLinkShared, Taken: access.Taken_TAKEN_FULL}
	tried := &access.Record{Verdict: access.Verdict_VERDICT_ANONYMOUS, Failed: true}
	done := &access.Record{Verdict: access.Verdict_VERDICT_ANONYMOUS, Taken: access.Taken_TAKEN_PARTIAL}
	if Score(shared) <= 0 || Score(tried) >= Score(done) {
		t.Errorf("scores: shared %d, tried %d, done %d", Score(shared), Score(tried), Score(done))
	}
}
