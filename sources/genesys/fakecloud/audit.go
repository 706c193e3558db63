package fakecloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// api is one of the two that have audits.
type api int

const (
	apiPlatform api = iota
	apiQuality
)

func (a api) String() string {
	if a == apiQuality {
		return "quality"
	}
	return "platform"
}

// member of a JSON object, in its order.
type member struct {
	key   string
	value json.RawMessage
}

// audit is one that the cloud has. Its members are those of the inline shape.
type audit struct {
	id, service, action, entityType, entity, user, client, conversation string

	at time.Time
	// visible is when queries begin to find it.
	visible time.Time
	members []member
}

// AddPlatformAudit adds an AuditLogMessage in the shape of the platform's
// query, or in that of its downloaded files. Queries made before visible do
// not find it; the zero time is always.
func (c *Cloud) AddPlatformAudit(raw []byte, visible time.Time) error {
	return c.addAudit(apiPlatform, raw, visible)
}

// AddQualityAudit adds a QualityAuditLogMessage; see AddPlatformAudit.
func (c *Cloud) AddQualityAudit(raw []byte, visible time.Time) error {
	return c.addAudit(apiQuality, raw, visible)
}

// addAudit adds one; the same id again replaces nothing and adds nothing.
func (c *Cloud) addAudit(in api, raw []byte, visible time.Time) error {
	a, err := readAudit(raw)
	if err != nil {
		return fmt.Errorf("add %s audit: %w", in, err)
	}
	a.visible = visible
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(in, a)
	return nil
}

// keep takes an audit whose id is new, for who holds the lock.
func (c *Cloud) keep(in api, a *audit) bool {
	key := in.String() + "/" + a.id
	if c.known[key] {
		return false
	}
	c.known[key] = true
	c.audits[in] = append(c.audits[in], a)
	return true
}

// readAudit keeps the members' bytes as they stand.
func readAudit(raw []byte) (*audit, error) {
	a := new(audit)
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("it is no JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if name == "eventTime" {
			name = "eventDate"
		}
		a.members = append(a.members, member{name, value})
	}
	return a, a.index()
}

// index fills in what queries look at.
func (a *audit) index() error {
	var body struct {
		ID, ServiceName, Action, EntityType, EventDate string
		Entity, User, Client                           struct{ ID string }
		Context                                        struct{ ConversationID string }
	}
	whole := a.render(renderInline)
	if err := json.Unmarshal(whole, &body); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, body.EventDate)
	if err != nil {
		return fmt.Errorf("its time: %w", err)
	}
	if body.ID == "" {
		return errors.New("it has no id")
	}
	a.id, a.service, a.action, a.entityType, a.at = body.ID, body.ServiceName, body.Action, body.EntityType, at
	a.entity, a.user, a.client, a.conversation = body.Entity.ID, body.User.ID, body.Client.ID, body.Context.ConversationID
	return nil
}

// rendering is a shape that audits are given in.
type rendering int

const (
	// renderInline names users, as with expand=user.
	renderInline rendering = iota
	// renderBare does not.
	renderBare
	// renderFile is that of downloads: eventTime, and never expanded.
	renderFile
)

func (a *audit) render(as rendering) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range a.members {
		if i > 0 {
			b.WriteByte(',')
		}
		key, value := m.key, m.value
		if key == "eventDate" && as == renderFile {
			key = "eventTime"
		}
		if key == "user" && as != renderInline {
			value = withoutName(value)
		}
		name, _ := json.Marshal(key) //nolint:errchkjson // a text
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// withoutName is a user as it comes without expand=user.
func withoutName(user json.RawMessage) json.RawMessage {
	var body struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(user, &body) != nil || body.ID == "" {
		return user
	}
	bare, _ := json.Marshal(body) //nolint:errchkjson // a struct of a text
	return bare
}

// has says whether a property of a filter has a value.
func (a *audit) has(property, value string) bool {
	var have string
	switch property {
	case "UserId":
		have = a.user
	case "ClientId":
		have = a.client
	case "Action":
		have = a.action
	case "EntityType":
		have = a.entityType
	case "EntityId":
		have = a.entity
	case "ConversationId":
		have = a.conversation
	case "ServiceName":
		have = a.service
	default:
		return false
	}
	return have != "" && strings.EqualFold(have, value)
}
