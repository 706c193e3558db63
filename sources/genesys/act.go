package genesys

import (
	"slices"
	"strings"
	"time"

	"earwitness/pipeline/evidence"
)

// audit is what one item says, whatever its shape.
type audit struct {
	act *evidence.Act
	// What has several places to come from, in the order of preference.
	user, userID, username                 party
	client, clientID                       party
	userDisplay, contextIP, directID, talk string
	eventDate, eventTime                   string
	hasEventTime, hasQualityField          bool
}

// party is a user or a client: an object with an id, or the id alone.
type party struct{ id, name, email string }

func readParty(value string) (p party) {
	if p.id = text(value); p.id != "" {
		return p
	}
	members(value, func(key, value string) {
		switch key {
		case "id":
			p.id = text(value)
		case "name", "displayName":
			p.name = text(value)
		case "email":
			p.email = text(value)
		}
	})
	return p
}

// readAudit reads a valid JSON value.
func readAudit(raw string) (*audit, evidence.Kind) {
	a := &audit{act: &evidence.Act{}}
	body, isEvent := a.openEnvelope(raw)
	members(body, a.member)
	a.settle()
	return a, a.kind(isEvent)
}

// openEnvelope gives the audit inside an EventBridge envelope, or inside the
// notification that such an envelope has as its detail.
func (a *audit) openEnvelope(raw string) (body string, isEvent bool) {
	detail := raw
	members(raw, func(key, value string) {
		if key == "detail" && value[0] == '{' {
			detail = value
		}
	})
	var metadata string
	members(detail, func(key, value string) {
		switch key {
		case "eventBody":
			body, isEvent = value, true
		case "metadata":
			metadata = value
		}
	})
	if !isEvent {
		return raw, false
	}
	members(metadata, func(key, value string) {
		if strings.EqualFold(key, "CorrelationId") {
			a.act.CorrelationId = text(value)
		}
	})
	return body, true
}

func (a *audit) member(key, value string) {
	act := a.act
	switch key {
	case "id":
		act.AuditId = text(value)
	case "eventDate":
		a.eventDate = text(value)
	case "eventTime":
		a.eventTime, a.hasEventTime = text(value), true
	case "level":
		act.Level = text(value)
	case "status":
		act.Status = text(value)
	case "serviceName":
		act.Service = text(value)
	case "action":
		act.Action = text(value)
	case "entityType":
		act.EntityType = text(value)
	case "application":
		act.Application = text(value)
	case "userHomeOrgId":
		act.OrganizationId = text(value)
	case "userTrusteeOrgId", "trusteeOrgId", "trusteeOrganizationId":
		act.TrusteeOrganizationId = text(value)
	case "conversationId":
		a.directID = text(value)
	case "conversation":
		a.talk = readParty(value).id
	default:
		a.nested(key, value)
	}
}

func (a *audit) nested(key, value string) {
	switch key {
	case "user":
		a.user = readParty(value)
	case "userId":
		a.userID = readParty(value)
	case "username":
		// A bare string is a name; only an object has an id.
		if a.username = readParty(value); value[0] == '"' {
			a.username = party{name: a.username.id}
		}
	case "userDisplay":
		a.userDisplay = text(value)
	case "client":
		a.client = readParty(value)
	case "clientId":
		a.clientID = readParty(value)
	case "entity":
		entity := readParty(value)
		a.act.EntityId, a.act.EntityName = entity.id, entity.name
	case "remoteIp":
		a.addresses(value)
	case "remoteIps":
		a.hasQualityField = true
		a.addresses(value)
	case "message":
		a.act.Message = message(value)
	case "messageInfo":
		a.hasQualityField = true
		a.act.Message = message(value)
	case "context":
		members(value, func(key, value string) {
			switch {
			case strings.EqualFold(key, "conversationId"):
				a.act.ConversationId = text(value)
			case key == "remoteIp":
				a.contextIP = text(value)
			}
		})
	}
}

func (a *audit) addresses(value string) {
	add := func(value string) {
		if ip := text(value); ip != "" && !slices.Contains(a.act.RemoteIps, ip) {
			a.act.RemoteIps = append(a.act.RemoteIps, ip)
		}
	}
	switch value[0] {
	case '[':
		elements(value, add)
	case '"':
		add(value)
	}
}

func message(value string) string {
	if t := text(value); t != "" {
		return t
	}
	var plain, filled, code string
	members(value, func(key, value string) {
		switch key {
		case "message":
			plain = text(value)
		case "messageWithParams":
			filled = text(value)
		case "localizableMessageCode":
			code = text(value)
		}
	})
	return first(plain, filled, code)
}

// settle chooses among the places that a value may come from.
func (a *audit) settle() {
	act := a.act
	act.UserId = first(a.user.id, a.userID.id, a.username.id)
	act.UserName = first(a.user.name, a.username.name, a.userID.name, a.userDisplay)
	act.UserEmail = first(a.user.email, a.username.email, a.userID.email)
	act.ClientId = first(a.client.id, a.clientID.id)
	act.ClientName = first(a.client.name, a.clientID.name)
	act.ConversationId = evidence.LowerUUID(first(act.ConversationId, a.directID, a.talk))
	if a.contextIP != "" {
		rest := slices.DeleteFunc(act.RemoteIps, func(ip string) bool { return ip == a.contextIP })
		act.RemoteIps = append([]string{a.contextIP}, rest...)
	}
}

// kind is decided by the item's shape.
func (a *audit) kind(isEvent bool) evidence.Kind {
	switch {
	case isEvent:
		return evidence.Kind_KIND_EVENT
	case a.hasEventTime:
		return evidence.Kind_KIND_FILE
	case a.hasQualityField, isQualityService(a.act.Service), isQualityWord(a.act.Level), isQualityWord(a.act.Status):
		return evidence.Kind_KIND_QUALITY_QUERY
	}
	return evidence.Kind_KIND_PLATFORM_QUERY
}

func isQualityService(s string) bool {
	switch s {
	case "RecordingService", "RecordingPlaybackService", "QualityService", "HorusService":
		return true
	}
	return false
}

// isQualityWord knows the levels and states in the quality API's case.
func isQualityWord(s string) bool {
	switch s {
	case "User", "System", "Success", "Failure", "Warning":
		return true
	}
	return false
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// parseTime reads RFC 3339 and its spellings with +0000 and +00.
func parseTime(s string) (ms int64, ok bool) {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMilli(), true
		}
	}
	return 0, false
}
