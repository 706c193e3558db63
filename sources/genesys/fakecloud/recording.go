package fakecloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Recording of a conversation, with what is known of it.
type Recording struct {
	ID           string     `json:"id"`
	Conversation string     `json:"conversationId"`
	Media        string     `json:"media"`
	MediaSubtype string     `json:"mediaSubtype,omitempty"`
	FileState    string     `json:"fileState"`
	Region       string     `json:"region,omitempty"`
	ExportedDate *time.Time `json:"exportedDate,omitempty"`
	// Created is in the inventory alone.
	Created time.Time `json:"-"`
}

type recordingKey struct{ conversation, id string }

type recording struct {
	Recording
	// asked is how often somebody wanted to play it.
	asked int
}

// AddRecording adds a recording, or changes the one with the ids.
func (c *Cloud) AddRecording(r Recording) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Media = cmp.Or(r.Media, "audio")
	r.FileState = cmp.Or(r.FileState, "AVAILABLE")
	c.recordings[recordingKey{r.Conversation, r.ID}] = &recording{Recording: r}
}

// metadata is RecordingMetadata: no startTime but of screens, a constant that
// is deprecated.
func (r *recording) metadata() any {
	return struct {
		Recording
		StartTime   *time.Time `json:"startTime"`
		EndTime     *time.Time `json:"endTime"`
		Annotations []any      `json:"annotations"`
		Most        int        `json:"maxAllowedRestorationsForOrg"`
		SelfURI     string     `json:"selfUri"`
	}{
		Recording: r.Recording, Annotations: []any{}, Most: 10000,
		SelfURI: "/api/v2/conversations/" + r.Conversation + "/recordings/" + r.ID,
	}
}

func noRecording() *refusal {
	return refuse(http.StatusNotFound, "recording.recording.not.found", "The recording was not found.")
}

func (c *Cloud) recordingsOf(r *call) (*answer, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*recording
	for key, each := range c.recordings {
		if key.conversation == r.args[0] {
			found = append(found, each)
		}
	}
	sortRecordings(found)
	all := []any{}
	for _, each := range found {
		all = append(all, each.metadata())
	}
	return ok(all)
}

func (c *Cloud) recordingMetadata(r *call) (*answer, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.recordings[recordingKey{r.args[0], r.args[1]}]
	if found == nil {
		return nil, noRecording()
	}
	return ok(found.metadata())
}

// playable transcodes at the first call (202) and gives a presigned URL at the
// next. It is a Read in the audit trail of whoever asks.
func (c *Cloud) playable(r *call) (*answer, *refusal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.recordings[recordingKey{r.args[0], r.args[1]}]
	if found == nil {
		return nil, noRecording()
	}
	if found.asked++; found.asked == 1 {
		return &answer{status: http.StatusAccepted, body: map[string]any{"id": found.ID, "estimatedTranscodeTimeMs": 5000}}, nil
	}
	if err := c.noteRead(found); err != nil {
		return nil, refuse(http.StatusInternalServerError, "internal.server.error", "%v", err)
	}
	return ok(map[string]any{
		"id": found.ID, "conversationId": found.Conversation, "media": found.Media, "fileState": found.FileState,
		"mediaUris": map[string]any{"0": map[string]any{"mediaUri": "https://media.invalid/" + found.ID + "?X-Amz-Signature=fake"}},
	})
}

// noteRead adds the audit of a read by the client.
func (c *Cloud) noteRead(r *recording) error {
	now := c.config.Clock().UTC()
	raw, err := json.Marshal(map[string]any{
		"id": c.nextID(), "userHomeOrgId": c.config.Org, "client": map[string]string{"id": c.config.ClientID}, "remoteIps": []string{"203.0.113.200"},
		"serviceName": "RecordingPlaybackService", "level": "User", "status": "Success", "eventDate": now.Format("2006-01-02T15:04:05.000Z"),
		"action": "Read", "entityType": "Recording", "entity": map[string]string{"id": r.ID},
		"context": map[string]string{"conversationId": r.Conversation}, "propertyChanges": []any{},
	})
	if err != nil {
		return fmt.Errorf("note read: %w", err)
	}
	a, err := readAudit(raw)
	if err != nil {
		return fmt.Errorf("note read: %w", err)
	}
	c.keep(apiQuality, a)
	return nil
}

// sortedRecordings lists them in the order of their ids.
func (c *Cloud) sortedRecordings() []*recording {
	all := make([]*recording, 0, len(c.recordings))
	for _, r := range c.recordings {
		all = append(all, r)
	}
	sortRecordings(all)
	return all
}

func sortRecordings(list []*recording) {
	slices.SortFunc(list, func(a, b *recording) int {
		return cmp.Or(cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.ID, b.ID))
	})
}

// retention is the one inventory of the organisation.
func (c *Cloud) retention(r *call) (*answer, *refusal) {
	asked := r.URL.Query()
	size, at := defaultPage, 0
	for name, into := range map[string]*int{"pageSize": &size, "cursor": &at} {
		if text := asked.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || name == "pageSize" && (n < 1 || n > largestPage) {
				return nil, refuse(http.StatusBadRequest, "invalid.query.param.value", "%s can't be [%s]", name, text)
			}
			*into = n
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.sortedRecordings()
	at = min(at, len(all))
	to := min(at+size, len(all))
	entities := []any{}
	for _, each := range all[at:to] {
		entities = append(entities, map[string]any{
			"conversationId": each.Conversation, "recordingId": each.ID, "creationTime": each.Created.UTC().Format("2006-01-02T15:04:05.000Z"),
			"archiveDate": nil, "archiveMedium": nil, "deleteDate": nil, "exportedDate": each.ExportedDate,
		})
	}
	body := map[string]any{"entities": entities, "selfUri": r.URL.RequestURI()}
	if to < len(all) {
		body["nextUri"] = fmt.Sprintf("/api/v2/recordings/retention/query?pageSize=%d&cursor=%d", size, to)
	}
	return ok(body)
}
