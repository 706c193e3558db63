package notification

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Form is a wrapping.
type Form string

// The wrappings. SNS with raw delivery looks like the direct form.
const (
	Direct      Form = "s3"
	SNS         Form = "sns"
	EventBridge Form = "eventbridge"
	// Test is what S3 sends when notifications are configured.
	Test Form = "s3:TestEvent"
)

// Object is a new object.
type Object struct {
	Bucket string
	// Key in clear.
	Key string
	// Size in bytes; ETag without quotes; both empty where the message has
	// none.
	Size int64
	ETag string
	// VersionID is empty where the bucket has no versions.
	VersionID string
	// Event is its name, such as ObjectCreated:Put, and Time when S3 had
	// finished the request.
	Event string
	Time  time.Time
}

// Message is what one message of a queue says.
type Message struct {
	Form    Form
	Objects []Object
	// Passed counts events that tell of no new object.
	Passed int
}

// Error says that a message is none of the forms, or breaks its own.
type Error struct {
	// Cause is CauseBroken, CauseUnknown or CauseForeign.
	Cause string
	// What is wrong, in words, without the message's content.
	What string
	Err  error
}

// The causes of an Error: a closed set.
const (
	// CauseBroken: the message is not JSON, or a field that is needed lacks or
	// can't be read.
	CauseBroken = "broken-notification"
	// CauseUnknown: the message is JSON, and no notification of S3.
	CauseUnknown = "no-notification"
	// CauseForeign: an object lies outside the Scope.
	CauseForeign = "foreign-object"
)

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("read notification: %s: %v", e.What, e.Err)
	}
	return "read notification: " + e.What
}

// Unwrap gives the cause, where there is one.
func (e *Error) Unwrap() error { return e.Err }

func broken(err error, what string, args ...any) *Error {
	return &Error{Cause: CauseBroken, What: fmt.Sprintf(what, args...), Err: err}
}

// envelope has the fields by which the forms are told apart.
type envelope struct {
	Records []json.RawMessage `json:"Records"`
	// S3's test event.
	Service, Event string
	// SNS.
	Type, TopicArn string
	Message        *string
	// EventBridge.
	Source     string          `json:"source"`
	DetailType string          `json:"detail-type"`
	Time       string          `json:"time"`
	Detail     json.RawMessage `json:"detail"`
}

// Read gives what a message says. Its error is an *Error.
func Read(body []byte) (Message, error) { return read(body, true) }

func read(body []byte, sns bool) (Message, error) {
	var e envelope
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '{' {
		return Message{}, broken(nil, "it is no JSON object")
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return Message{}, broken(err, "it is not JSON of the form that is expected")
	}
	switch {
	case len(e.Records) > 0:
		return readRecords(e.Records)
	case e.Records != nil:
		return Message{}, broken(nil, "its Records are empty")
	case e.Event == "s3:TestEvent":
		return Message{Form: Test, Passed: 1}, nil
	case e.Type == "Notification" && e.Message != nil && sns:
		message, err := read([]byte(*e.Message), false)
		if err == nil && message.Form == Direct {
			message.Form = SNS
		}
		return message, err
	case e.Source == "aws.s3" && e.DetailType != "":
		return readEvent(e)
	case strings.HasSuffix(e.Type, "Confirmation"):
		return Message{}, &Error{Cause: CauseUnknown, What: "SNS asks to have its subscription confirmed, which is not done here; confirm it"}
	}
	return Message{}, &Error{Cause: CauseUnknown, What: "it is no notification of S3: it has neither Records nor the envelope of SNS or of an event of S3 by EventBridge"}
}
