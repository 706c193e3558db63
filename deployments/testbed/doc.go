// Package testbed starts real servers for tests on free loopback ports: Kafka
// (KRaft), Elasticsearch, MinIO, versitygw and ElasticMQ, each by one call.
//
// What runs is what their makers publish: Kafka's and ElasticMQ's jars by
// Maven, with strict checksums, Elasticsearch's archive by Maven, with a hash that stands here,
// programs by `go install`, which asks Go's checksum database. It is
// kept in os.UserCacheDir()/earwitness/testbed, one folder for each name and
// version. Whoever fetches holds a lock, the others wait; a folder gets its
// final name only when it is complete, so that nothing half-fetched is run.
// What can't be fetched is a *FetchError that names it.
//
// A server listens on 127.0.0.1 alone, with random credentials, and keeps its
// data in a folder of its own. Each is ready when the call returns: it has
// answered. When it does not start, the error holds the end of its log. Nodes
// can be stopped, killed, paused and started again; they keep their data and
// their ports.
//
// Stop ends a server's processes, waits for them and removes its data. On Linux
// the kernel ends them when this process dies; what is left of its data the
// next start removes. Servers that Up starts outlive their process and are
// found by Find; how to reach them stands in the cache, in up/NAME/server.json.
// Down ends them: it checks each process's start time and so hits no other.
// Lend starts servers for one command, and hands them to its processes, which
// ask by Find, over a socket that the environment names.
//
// It needs a Unix, Java 17 or later, Maven and Go. It is for tests: nothing
// here is tuned, hardened or kept.
package testbed
