// Package enrich looks up what recordings, users and queues are, and
// publishes the answers as evidence.
//
// A [Stage] is a sink of the evidence topic with a position of its own. For
// each recording and each user that it meets it asks the sources of metadata
// that it was given, and publishes what they answer under the subject that
// asked: so records get their metadata by a revision, nothing waits for a
// lookup, and a replay needs no outside system. It guarantees that
//   - what was asked for is not forgotten: its position moves only behind
//     evidence whose questions are answered, and answers are durable before;
//   - no source is asked again for a thing inside its time to live, across
//     restarts too, as long as the cache has room, and by one call at a time;
//   - a subject is told of an answer once for each content of it;
//   - an answer asks for the agents and queues that it names, and for what
//     the API has of a recording whose conversation it tells; evidence of our
//     own reads, and what a rebuild sends again, ask for nothing.
//
// What fails is asked again with growing pauses, for a day; what a source
// does not know, or does not let us see, is not asked again for a shorter
// time. What waits is bounded: a Stage that is full reads no further, which
// holds nobody else.
//
// Positions and Run end with their context; what was asked by then is asked
// again by the next one. It does not judge evidence, know how a source is
// reached, or keep within a rate limit: that is for whoever asks the source.
package enrich
