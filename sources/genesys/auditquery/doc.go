// Package auditquery brings the audits of a Genesys Cloud organisation to a
// publisher by querying both of its audit APIs, again and again, and keeps
// how far it has come.
//
// Each service of the platform's API and each type of entity of the quality
// API is a stream with a position of its own: the time up to which audits
// were asked for and are durable. A pass goes from a while before the
// position (the overlap; now and then a longer one) up to the API's present
// time, in intervals that the API takes.
//
// It guarantees that a position moves only over what the publisher has
// acknowledged, and is kept; that an audit which becomes visible within the
// overlap after its time, or within the longer one, is not missed; and that
// what a pass finds again is not published again, but for what was published
// and not yet noted when the process died. Time is the API's, as its answers
// tell, whatever this machine's clock says.
//
// With Once, Run makes one pass and fails with the first error; else it goes
// on until its context ends: what fails is tried again, and the position
// stands still meanwhile, which Delivered and Stats show. A publisher that
// gives up ends it, unless Config.Passing says that this may pass. All its goroutines end before Run does. One Source at a
// time may use a source's positions. It does not look up metadata, and
// EventBridge is not read here.
package auditquery
