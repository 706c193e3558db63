// Package correlate is the fold: evidence in, records out, by the rules of
// attribution (docs/attribution.md).
//
// A [Fold] is the state of one partition. It guarantees that the records that
// it ends up with are a function of the set of evidence, whatever order it
// came in, however often and in whatever batches; that each offset defines
// which records it touched, so that no two records of one id and revision
// ever differ, after any restart and replay; that what becomes void is
// published as retracted; and that a request costs no more where its subject
// has a million others. Its tests hold it against the rules implemented a
// second time, slow and obvious, over random worlds.
//
// State is a cache: requests lie in small structs without pointers, what
// records say besides in compressed files that are only appended to (bodies),
// and a snapshot now and then says where a restart begins. What has left the
// horizon and is final departs; 8 bytes of its identity stay.
//
// A Fold starts no goroutine and is not safe for concurrent use; calls return
// when they are done. It stops with Close: what was applied since the last
// snapshot is applied again. It reads no clock: time is what the log's
// messages say. It does not read topics or write them, look anything up, or
// keep evidence that it could not read.
package correlate
