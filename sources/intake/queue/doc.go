// Package queue takes messages from a queue of SQS, and hands on what they
// carry: notifications of log objects in a bucket, which are read, or events
// that are evidence themselves.
//
// A message is deleted only when the publisher has acknowledged all that it
// carries. While it is in work its visibility is extended, at half of the
// timeout; a message whose visibility was lost all the same is given up, and
// whoever gets it next begins anew. Messages that come twice, or in another
// order, become the same evidence twice, which does no harm. No more is
// received than may be in work.
//
// What may pass (an object that does not come, a publisher that waits) is
// tried again in place, with growing pauses, so that an outage does not use up
// the receives that a redrive policy allows; after Config.Patience the message
// is given back, hidden for a while. What can't pass (no notification, an
// object that is gone or, where others are not, denied) is left to the queue's
// redrive policy where it has one; else a dead letter with its cause and the
// message's bytes is published before it is deleted. Objects that are denied
// wait while no other object can be read: then it is the source that has no
// access.
//
// Run stops with its context: what is in work is given back at once, hidden no
// longer than the long polls that were broken off, and what was acknowledged by then is deleted. All its goroutines end
// before it does. With Config.Once it ends when the queue says that nothing is
// visible, a long poll comes back empty and nothing is in work. Several
// processes may share a queue. It makes no queue and changes no setting of
// one, and keeps no state.
//
// Facts: "Amazon SQS visibility timeout", "short and long polling" and
// "dead-letter queues" in the SQS developer guide.
package queue
