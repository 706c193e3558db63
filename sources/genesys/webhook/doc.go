// Package webhook takes audits that are posted to it: an HTTP server that
// hands what it gets to a publisher, for EventBridge API destinations and
// whoever else pushes events.
//
// It guarantees that a sender hears 2xx only when the publisher has
// acknowledged every record of what was sent, dead letters too; that nobody
// is heard who does not prove to know the secret; and that memory is bounded,
// by the size of a body and by how many are in work: who comes on top is told
// 503 and when to come again. A proof is the secret itself in a header, or an
// HMAC-SHA256 over the time and the body, which is good for a window around
// that time and once: a body that was taken is refused when it is replayed.
// The same audit posted twice becomes the same evidence.
//
// The server begins to listen with New, so that a port that is taken is
// found at the start. Run serves until its context ends, lets what is in work
// end, within Grace, and returns when all has. It keeps no position: what a
// sender gives up is lost here, and found by asking the API. It does not log
// bodies, secrets or signatures.
package webhook
