// Package fakecloud is a strict fake of the Genesys Cloud platform API, for
// tests and demos: no organisation to test against can be had.
//
// It is written from the public API description and from what is known of the
// live system: OAuth client credentials with expiry and idle timeout, the
// rate limit with its headers and 429, audit queries of both APIs with their
// states, cursors and redirects to presigned downloads in the other shape,
// the realtime query with its 14 days, service mapping, users, queues,
// recording metadata and recordings. It refuses what the real one refuses
// (wrong methods and bodies, intervals that are too long, unknown filters,
// pages that are too large, missing permissions, a bearer token on a presigned
// URL), each with the code that the real one has. Where the description is
// silent it takes the stricter reading: unknown members of a body are an
// error, and a quality query without a filter is refused.
//
// What it says of the real system beyond that is not known to be true: nothing
// here was compared with a live organisation.
//
// A Cloud keeps everything in memory, is an http.Handler, is safe for
// concurrent use and starts no goroutine. Faults can be injected. It serves
// no websocket, no events and no media.
package fakecloud
