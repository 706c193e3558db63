package access

import (
	"testing"

	"earwitness/pipeline/evidence"
)

func TestKMSScope(t *testing.T) {
	trailed := func(t *evidence.Trail, uses ...*evidence.KeyUse) *Record {
		return &Record{Request: &evidence.StorageRequest{Trail: t}, KeyUses: uses}
	}
	for want, r := range map[string]*Record{
		"":       trailed(nil),
		"none":   trailed(&evidence.Trail{}),
		"bucket": trailed(&evidence.Trail{BucketKey: true}),
		"object": trailed(&evidence.Trail{BucketKey: true}, &evidence.KeyUse{}),
	} {
		if got := kmsScope(r); got != want {
			t.Errorf("scope %q, want %q of %v", got, want, r)
		}
	}
	if kmsScope(&Record{}) != "" {
		t.Error("an access has a scope")
	}
}

func TestMoved(t *testing.T) {
	r := trailedRequest()
	stones := Moved(r)
	if len(stones) != 1 || stones[0].TimeMs != r.MovedFromMs[0] || stones[0].State != State_STATE_RETRACTED ||
		string(stones[0].Id) != string(r.Id) || stones[0].Arrival.Revision != r.Arrival.Revision || stones[0].Request != nil {
		t.Errorf("%v", stones)
	}
	if Moved(fullRequest()) != nil {
		t.Error("a record that never moved has tombstones")
	}
}
