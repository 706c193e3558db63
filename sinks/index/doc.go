// Package index keeps the published records in one SQLite file, so that a
// machine without Elasticsearch can answer who accessed a recording.
//
// It is a view: it can be deleted and built again from the topic or from
// WORM. Its position in each partition lies in the same transaction as the
// rows, so it is never ahead of them or behind. Of two revisions of a record
// the higher wins whatever order they come in; a retracted record is kept, so
// that a late lower revision does not bring it back, and is left out of every
// answer. Each transaction is on disk before Position tells of it
// (synchronous=FULL: what every sink has passed is deleted from the embedded
// bus, so a position that a power cut takes back would be a gap).
//
// All keys begin with the day, so that inserts touch the end of the file and
// retention drops whole days. The day of a record is fixed by its identity.
// Accesses have an index of terms; requests, ten times as many, lie in
// compressed blocks that are only appended: which of several revisions is the
// current one is worked out when they are read, from an uncompressed list of
// identities beside each block.
//
// One process writes (a lock beside the file keeps others out), one goroutine
// in it: chunks of all partitions share transactions. Any number of processes
// read meanwhile. Close ends the writer; what was written but not flushed is
// delivered again from Position.
//
// It does not judge records, does not retry a failing disk, and does not
// serve several processes that share the partitions.
package index
