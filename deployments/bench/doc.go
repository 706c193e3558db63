// Command bench measures every figure of docs/performance.md in one run, each
// beside what it is compared with, and prints the table: `bench [ROW...]`.
//
// This program starts what it measures as processes of its own: the earwitness
// binary, itself as a worker (so that memory and CPU time are those of one
// thing alone), servers of the test bed, and the peers GoAccess (Debian's
// package, on the PATH) and Kafka Streams (folder streams, built by Maven and
// javac). Everything lies in one folder that is removed at the end. A row whose
// peer is missing says so instead of a ratio; a row that fails says why, and
// the others go on.
//
// Beside each row stands how loaded the machine was: the load average before
// it, and how much CPU time others used meanwhile. Rows on one core are
// reckoned by CPU time, which other work disturbs least.
//
// It stops with SIGINT or SIGTERM, and its servers and workers with it. It
// needs Linux. It is no test: it judges nothing by time but the column
// "reached".
package main
