package correlate_test

import (
	"testing"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// TestMetadataFollowsByRevision: a record appears at once, and comes again
// when more is known; what it says besides stays.
func TestMetadataFollowsByRevision(t *testing.T) {
	l := newHorizonLog(t)
	l.covered(0)
	r := request("r", "10:00:00")
	l.at(0, r)
	first := recordNamed(l.view.records(), "r")
	if first == nil || first.Recording != nil {
		t.Fatalf("before the answer the record is %v", first)
	}
	told := answer(r, &evidence.Metadata{
		About: evidence.MetadataAbout_METADATA_ABOUT_RECORDING, AboutId: recordingOne,
		Source: evidence.MetadataSource_METADATA_SOURCE_API, AskedMs: 1, Media: "audio", AgentIds: []string{"u9"},
	})
	l.at(1, told)
	second := recordNamed(l.view.records(), "r")
	if second.Arrival.Revision <= first.Arrival.Revision || second.GetRecording().GetMedia() != "audio" ||
		second.Verdict != first.Verdict || second.State != first.State {
		t.Errorf("after the answer the record is %v", second)
	}
	l.at(2, told)
	if third := recordNamed(l.view.records(), "r"); third.Arrival.Revision != second.Arrival.Revision {
		t.Error("an answer that is known makes a revision")
	}
}

// TestMetadataBeforeEvidence: an answer waits for what it decorates, and
// departs with it.
func TestMetadataBeforeEvidence(t *testing.T) {
	l := newHorizonLog(t)
	l.covered(0)
	r := request("r", "10:00:00")
	told := answer(r, &evidence.Metadata{
		About: evidence.MetadataAbout_METADATA_ABOUT_RECORDING, AboutId: recordingOne, AskedMs: 1, Media: "audio",
	})
	l.at(0, told)
	l.at(30, r)
	media := func(name string) string {
		rec := recordNamed(l.view.records(), name)
		return rec.GetRecording().GetMedia()
	}
	if media("r") != "audio" {
		t.Error("the answer that came first does not decorate")
	}
	l.at(80, request("s", "10:00:20"))
	if media("s") != "audio" {
		t.Error("the answer has departed before what it decorates")
	}
	l.at(300, request("other", "+1 10:00:00", on("elsewhere")))
	l.at(400, request("late", "10:00:40"))
	if got := media("late"); got != "" {
		t.Errorf("after all of it departed the answer is still there: %q", got)
	}
	if rec := recordNamed(l.view.records(), "r"); rec.State != access.State_STATE_FINAL || media("r") != "audio" {
		t.Errorf("the record that stands changed: %v", rec)
	}
}
