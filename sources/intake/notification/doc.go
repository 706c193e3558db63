// Package notification reads what S3 says of new objects, in each of the
// wrappings in which a queue gets it: S3's own notification as it is, the same
// by SNS, raw or in its envelope, and EventBridge's event.
//
// [Read] is strict. It gives the objects that a message tells of, with their
// keys in clear: the direct form has them form-encoded, the form of EventBridge
// has them as they are. What tells of something else than a new object is
// counted and passed over, S3's test event too; what is none of the forms is an
// [Error], and never half a message. [Scope] refuses objects of another bucket
// or outside a prefix.
//
// The forms are those of the S3 user guide ("Event message structure",
// "EventBridge event message structure") and the SNS developer guide ("Message
// format examples"). It keeps no state and asks no server.
package notification
