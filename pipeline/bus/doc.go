// Package bus is the spine: the topics, a producer that keeps order, readers
// of partitions that share what they fetch, followers that drive sinks, and
// the control records that lie among the evidence.
//
// # The way through
//
//	Producer ──> topic ──> Partition ──> Follow ──> Sink
//
// A Client makes all connections, and logs in where brokers want it. A
// Producer gathers records into batches, one request of a partition under way
// at a time, and tells each caller when all in-sync replicas have its records.
// A Partition fetches and decodes once for all its readers in the process.
// Follow takes a sink from its own position through a partition, so that one
// sink that is slow or down delays no other.
//
// On a cluster of brokers, CreateTopics and CheckTopics see to the topics,
// Join shares their partitions among processes, CommitOffset keeps positions,
// and ReadAll reads a small topic whole.
//
// # Guarantees
//
//   - What a producer confirmed is in the topic, in the order of acceptance.
//     It may be there twice, when an answer was lost; nothing is there in
//     between.
//   - A reader gets each offset, one after the other, or an error that names
//     what is missing: GapError, BeyondEndError, HoleError, CorruptError. It
//     never skips in silence and never waits for what can't come.
//   - Message times are the broker's at the append, never the producer's.
//   - Memory is bounded whatever the other side does: a producer blocks its
//     callers, a reader fetches when it is asked to, what is kept for others
//     is counted in bytes.
//   - Join has work done on a partition by one member at a time, unless one
//     hangs or takes longer to stop than its session. What an old owner still
//     writes is for identities and revisions to sort out.
//   - What no retry mends is an error at once, which says what to do: a login
//     that is refused (LoginError), missing rights, topics that would lose
//     messages (TopicFinding).
//   - A barrier is told when the sink has flushed all that came before it. It
//     may be told twice, never too early, and not lost when a sink restarts.
//
// # How it stops
//
// Producer.Close waits for what was accepted, until its context ends. Next and
// Follow end with their context. Join ends with its context, when its work has
// returned and the group was left. A Partition has no goroutine and needs no
// close. Client.Close comes last.
//
// # What it does not do
//
// It deduplicates nothing, and it moves no position: sinks keep their own,
// here or elsewhere. The broker for one machine is package embedded.
package bus
