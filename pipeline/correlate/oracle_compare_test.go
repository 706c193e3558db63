package correlate_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// checkWorld holds judge's records of w against the oracle's. Where they
// differ it takes evidence away for as long as they still do, and shows what
// is left.
func checkWorld(t *testing.T, w world, judge func(*testing.T, world) []*access.Record) {
	t.Helper()
	differs := func(w world) bool {
		want, got := oracle(w.Rules, w.Sources, w.Evidence, w.Coverage), live(judge(t, w))
		return !slices.EqualFunc(want, got, func(a, b *access.Record) bool { return proto.Equal(a, b) })
	}
	if !differs(w) {
		return
	}
	small := shrink(w, differs)
	want, got := oracle(small.Rules, small.Sources, small.Evidence, small.Coverage), live(judge(t, small))
	t.Errorf("%s, of which is left:\n%s(-want +got):\n%s", w.Name, describe(small), diffByID(want, got))
}

// live sorts what is not retracted by id, without what depends on arrival.
func live(records []*access.Record) []*access.Record {
	var kept []*access.Record
	for _, r := range records {
		if r.State != access.State_STATE_RETRACTED {
			r = proto.CloneOf(r)
			r.Arrival = nil
			kept = append(kept, r)
		}
	}
	slices.SortFunc(kept, func(a, b *access.Record) int { return bytes.Compare(a.Id, b.Id) })
	return kept
}

// shrink takes away one piece of evidence after the other that is not needed
// to fail.
func shrink(w world, fails func(world) bool) world {
	for removed := true; removed; {
		removed = false
		for i := 0; i < len(w.Evidence); i++ {
			smaller := w
			smaller.Evidence = slices.Delete(slices.Clone(w.Evidence), i, i+1)
			if fails(smaller) {
				w, removed = smaller, true
				i--
			}
		}
	}
	return w
}

// describe tells a small world in lines.
func describe(w world) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %+v\n", w.Rules)
	for _, source := range w.Sources {
		fmt.Fprintf(&b, "  %s has delivered to %s\n", source, w.Coverage[source].UTC().Format(time.RFC3339Nano))
	}
	for _, e := range w.Evidence {
		fmt.Fprintf(&b, "  %s %q %s\n    %s\n", e.Kind.Name(), e.Raw, e.GetOrigin().GetUri(), describeFact(e))
	}
	return b.String()
}

func describeFact(e *evidence.Evidence) string {
	stamp := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("01-02T15:04:05.000") }
	if r := e.GetRequest(); r != nil {
		signed := ""
		if r.SigningTimeMs != 0 {
			signed = stamp(r.SigningTimeMs)
		}
		return fmt.Sprintf("%s %s/%s %s by %q from %q, %s %.4x %s, %d %q %d of %d, on %s", stamp(r.TimeMs), r.RequestId, r.HostId,
			r.Operation, r.Requester, r.RemoteIp, r.AuthenticationType, r.Grant, signed, r.Status, r.ErrorCode, r.BytesSent,
			r.ObjectSize, r.Bucket+"/"+r.Key)
	}
	a := e.GetAct()
	return fmt.Sprintf("%s %s %s %s by user %q client %q level %q from %q on %s %s", stamp(a.GetTimeMs()), a.GetAuditId(),
		a.GetAction(), a.GetStatus(), a.GetUserId(), a.GetClientId(), a.GetLevel(), a.GetRemoteIps(), a.GetEntityType(), a.GetEntityId())
}

// diffByID compares record by record, so that one too many shifts nothing.
func diffByID(want, got []*access.Record) string {
	byID := func(records []*access.Record) map[string]*access.Record {
		all := make(map[string]*access.Record)
		for _, r := range records {
			name := fmt.Sprintf("%s %s%s %x", r.Kind.Name(), r.GetRequest().GetRequestId(), r.GetAct().GetAuditId(), r.Id)
			all[name] = r
		}
		return all
	}
	return cmp.Diff(byID(want), byID(got), protocmp.Transform())
}
