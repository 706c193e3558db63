// Package cloud is a client of the Genesys Cloud platform API: OAuth client
// credentials, audit queries of both APIs, and lookups of recordings, users
// and queues.
//
// It guarantees that the rate limit that the answers tell of is kept, and
// shared between audits and lookups so that neither starves; that a token
// that died is asked for again once for each call; that what may pass (429,
// 408, 5xx, a page of HTML, a connection that breaks) is tried again with
// growing waits, and what may not is an *Error with code and correlation id;
// and that neither secret, token nor presigned URL stands in an error or a
// log line. A redirect is never followed, and a token goes to the API alone.
//
// A Client starts no goroutine; each call ends with its context. It keeps no
// position and knows nothing of evidence. The official SDK is not used: it is
// not to be had from the module proxy, and weighs more than this program.
package cloud
