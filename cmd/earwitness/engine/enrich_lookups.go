package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"earwitness/pipeline/amazon"
	"earwitness/pipeline/enrich"
	"earwitness/sources/genesys/cloud"
	"earwitness/sources/intake"
	"earwitness/sources/intake/s3objects"
)

// metadataOf answers from the API of an organisation.
type metadataOf struct {
	client   *cloud.Client
	endpoint string
}

// answer says in the enricher's words how the API has answered. A client that
// may not log in may soon, once somebody has mended that; one that may not see
// a thing is answered.
func (m *metadataOf) answer(path string, raw json.RawMessage, err error) (enrich.Answer, error) {
	answer := enrich.Answer{JSON: raw, URI: m.endpoint + path}
	switch {
	case cloud.NotFound(err):
		return answer, fmt.Errorf("%w: %w", enrich.ErrMissing, err)
	case cloud.Forbidden(err):
		return answer, fmt.Errorf("%w: %w", enrich.ErrDenied, err)
	}
	return answer, err
}

// Conversation implements enrich.RecordingLookup.
func (m *metadataOf) Conversation(ctx context.Context, conversation string) (enrich.Answer, error) {
	raw, err := m.client.ConversationRecordings(ctx, conversation)
	return m.answer("/api/v2/conversations/"+url.PathEscape(conversation)+"/recordingmetadata", raw, err)
}

// Recording implements enrich.RecordingLookup.
func (m *metadataOf) Recording(ctx context.Context, conversation, recording string) (enrich.Answer, error) {
	raw, err := m.client.RecordingMetadata(ctx, conversation, recording)
	return m.answer("/api/v2/conversations/"+url.PathEscape(conversation)+"/recordingmetadata/"+url.PathEscape(recording), raw, err)
}

// GuideRecording implements enrich.GuideLookup.
func (m *metadataOf) GuideRecording(ctx context.Context, recording string) (enrich.Answer, error) {
	raw, err := m.client.GuideRecording(ctx, recording)
	return m.answer("/api/v2/recordings/recordings/"+url.PathEscape(recording), raw, err)
}

// Inventory implements enrich.InventoryLookup.
func (m *metadataOf) Inventory(ctx context.Context, cursor string) (enrich.Answer, string, error) {
	page, next, err := m.client.Retention(ctx, cursor)
	answer, err := m.answer("/api/v2/recordings/retention/query", page, err)
	return answer, next, err
}

// User implements enrich.UserLookup.
func (m *metadataOf) User(ctx context.Context, id string) (enrich.Answer, error) {
	raw, err := m.client.User(ctx, id)
	return m.answer("/api/v2/users/"+url.PathEscape(id), raw, err)
}

// Queue implements enrich.QueueLookup.
func (m *metadataOf) Queue(ctx context.Context, id string) (enrich.Answer, error) {
	raw, err := m.client.Queue(ctx, id)
	return m.answer("/api/v2/routing/queues/"+url.PathEscape(id), raw, err)
}

// sidecars are files beside recordings, in any bucket that is reached the same
// way.
type sidecars struct{ objects *s3objects.Objects }

// Sidecar implements enrich.SidecarLookup.
func (s *sidecars) Sidecar(ctx context.Context, bucket, key string, limit int64) (answer enrich.Answer, err error) {
	answer.URI = "s3://" + bucket + "/" + key
	body, _, err := s.objects.In(bucket).Open(ctx, intake.Listed{Key: key})
	if err != nil {
		return answer, asked(err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	answer.JSON, err = io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return answer, fmt.Errorf("read %s: %w", answer.URI, err)
	}
	return answer, nil
}

// asked says in the enricher's words why an object can't be read. One that was
// refused because of who asked is asked for again: the credentials may be
// mended soon, and say nothing of the object.
func asked(err error) error {
	var (
		refusal *intake.RefusalError
		request *amazon.Error
	)
	switch {
	case !errors.As(err, &refusal), errors.As(err, &request) && request.Identity:
		return err
	case refusal.Cause == intake.CauseGone:
		return fmt.Errorf("%w: %w", enrich.ErrMissing, err)
	}
	return fmt.Errorf("%w: %w", enrich.ErrDenied, err)
}
