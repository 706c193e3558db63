package enrich_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"earwitness/pipeline/enrich"
	"earwitness/sources/genesys/cloud"
	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/genesys/genesystest"
)

// organisation asks the strict fake through the real client, as the program
// does.
type organisation struct{ *cloud.Client }

func answerOf(raw json.RawMessage, err error) (enrich.Answer, error) {
	if cloud.NotFound(err) {
		err = enrich.ErrMissing
	}
	return enrich.Answer{JSON: raw, URI: "https://api"}, err
}

func (o organisation) Conversation(ctx context.Context, id string) (enrich.Answer, error) {
	return answerOf(o.ConversationRecordings(ctx, id))
}

func (o organisation) Recording(ctx context.Context, conversation, id string) (enrich.Answer, error) {
	return answerOf(o.RecordingMetadata(ctx, conversation, id))
}

// newOrganisation is a strict fake that knows so many recordings, and a client
// of it.
func newOrganisation(t *testing.T, limit, recordings int) (*fakecloud.Cloud, *cloud.Client) {
	t.Helper()
	there := fakecloud.New(fakecloud.Config{RatePerMinute: limit})
	for n := range recordings {
		there.AddRecording(fakecloud.Recording{ID: recordingID(n), Conversation: conversationID(n), Media: "audio"})
	}
	client, err := cloud.New(cloud.Config{
		Endpoint: genesystest.Endpoint, ClientID: "client", Secret: func() (string, error) { return "secret", nil },
		Transport: genesystest.Transport{Cloud: there},
	})
	if err != nil {
		t.Fatal(err)
	}
	return there, client
}

// Inventory implements enrich.InventoryLookup.
func (o organisation) Inventory(ctx context.Context, cursor string) (enrich.Answer, string, error) {
	page, next, err := o.Retention(ctx, cursor)
	answer, err := answerOf(page, err)
	return answer, next, err
}

// TestInventoryOfAnOrganisation: the strict fake's, through the client: three
// calls for 1,200 recordings.
func TestInventoryOfAnOrganisation(t *testing.T) {
	inTime(t, func(t *testing.T, p *place) {
		there, client := newOrganisation(t, 300, 1200)
		p.start(func(c *enrich.Config) { c.Sources = enrich.Sources{Inventory: organisation{client}} })
		for n := range 1201 {
			p.add(byRecordingAlone(n))
		}
		p.settle()
		calls := 0
		for _, call := range there.Calls() {
			if strings.Contains(call.Path, "retention") {
				calls++
			}
		}
		if stats := p.stage.Stats(); calls != 3 || len(p.told()) != 1200 || stats.Failed != 0 {
			t.Errorf("%d calls, %d answers, %+v", calls, len(p.told()), stats)
		}
	})
}
