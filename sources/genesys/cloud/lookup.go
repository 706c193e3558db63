package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Service of the platform whose acts are audited.
type Service struct {
	Name     string   `json:"name"`
	Entities []Entity `json:"entities"`
}

// Entity is a type of entity, with the actions on it that are audited.
type Entity struct {
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// ServiceMapping says what the platform's audits of the organisation are
// about; no public source does.
func (c *Client) ServiceMapping(ctx context.Context) ([]Service, error) {
	var told struct{ Services []Service }
	r := request{class: Audits, method: http.MethodGet, path: Platform.path() + "/servicemapping"}
	if err := c.callJSON(ctx, r, &told); err != nil {
		return nil, fmt.Errorf("read service mapping: %w", err)
	}
	return told.Services, nil
}

// Organization gives the id and the name of the organisation that the client
// belongs to. Every client may ask.
func (c *Client) Organization(ctx context.Context) (id, name string, err error) {
	var told struct{ ID, Name string }
	r := request{class: Audits, method: http.MethodGet, path: "/api/v2/organizations/me"}
	if err := c.callJSON(ctx, r, &told); err != nil {
		return "", "", fmt.Errorf("ask for the organisation: %w", err)
	}
	return told.ID, told.Name, nil
}

// RecordingMetadata gives RecordingMetadata as JSON. It takes both ids, and
// does not count as listening. NotFound tells of one that is gone.
func (c *Client) RecordingMetadata(ctx context.Context, conversation, recording string) (json.RawMessage, error) {
	return c.lookup(ctx, nil, "/api/v2/conversations/%s/recordingmetadata/%s", conversation, recording)
}

// ConversationRecordings gives the RecordingMetadata of all recordings of a
// conversation, a JSON array.
func (c *Client) ConversationRecordings(ctx context.Context, conversation string) (json.RawMessage, error) {
	return c.lookup(ctx, nil, "/api/v2/conversations/%s/recordingmetadata", conversation)
}

// GuideRecording gives what guides call a recording, with its objectKey, by
// its id alone. The real API has no such path; a gateway in front of it may.
func (c *Client) GuideRecording(ctx context.Context, recording string) (json.RawMessage, error) {
	return c.lookup(ctx, nil, "/api/v2/recordings/recordings/%s", recording)
}

// User gives a User as JSON.
func (c *Client) User(ctx context.Context, id string) (json.RawMessage, error) {
	return c.lookup(ctx, nil, "/api/v2/users/%s", id)
}

// Queue gives a Queue as JSON.
func (c *Client) Queue(ctx context.Context, id string) (json.RawMessage, error) {
	return c.lookup(ctx, nil, "/api/v2/routing/queues/%s", id)
}

// Retention gives a page of the inventory of all recordings, {entities:
// [RecordingRetention], nextUri}, and the cursor of the next one, empty
// behind the last.
func (c *Client) Retention(ctx context.Context, cursor string) (page json.RawMessage, next string, err error) {
	asked := url.Values{"pageSize": {strconv.Itoa(largestPage)}}
	if cursor != "" {
		asked.Set("cursor", cursor)
	}
	if page, err = c.lookup(ctx, asked, "/api/v2/recordings/retention/query"); err != nil {
		return nil, "", err
	}
	var told struct{ NextURI string }
	if err := json.Unmarshal(page, &told); err != nil {
		return nil, "", fmt.Errorf("read inventory of recordings: %w", err)
	}
	following, err := url.Parse(told.NextURI)
	if err != nil {
		return nil, "", fmt.Errorf("read inventory of recordings: its nextUri: %w", withoutURL(err))
	}
	return page, following.Query().Get("cursor"), nil
}

func (c *Client) lookup(ctx context.Context, query url.Values, form string, ids ...string) (json.RawMessage, error) {
	escaped := make([]any, len(ids))
	for i, id := range ids {
		if id == "" || id == "." || id == ".." {
			return nil, fmt.Errorf("look up at %s: %q is no id", strings.ReplaceAll(form, "%s", "{}"), id)
		}
		escaped[i] = url.PathEscape(id)
	}
	got, err := c.call(ctx, request{class: Lookups, method: http.MethodGet, path: fmt.Sprintf(form, escaped...), query: query})
	if err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	return got.body, nil
}
