package main

import "context"

// row is one line of the table.
type row struct {
	// name on the command line.
	name string
	// what is measured, and the goal for it.
	what, goal string
	measure    func(ctx context.Context, b *bench) (figure, error)
}

// rows in the order of the table.
func rows() []row {
	return []row{
		{"scan", "access-log lines to typed fields, one core", "2 M lines/s, no allocation, 30 times GoAccess", measureScan},
		{"embedded", "files to durable records in index and WORM, embedded", "100 k evidence/s, under 512 MiB", measureEmbedded},
		{"servers", "files to durable records, real Kafka and Elasticsearch", "90 % of a bare bulk loader", measureServers},
		{"correlate", "correlation alone, Kafka topic to Kafka topic", "4 times Kafka Streams, a third of its memory", measureCorrelate},
		{"seal", "WORM sealing, one core: hashing, Merkle tree, compression", "200 MB/s of records", measureSeal},
		{"replay", "rebuild of state by replay", "400 k evidence/s", measureReplay},
		{"horizon", "evidence inside the horizon, one partition", "1 GiB, cost within 10 % of that at 100 k", measureHorizon},
		{"subject", "one subject with 1 M requests, one core", "cost within a factor 1.5 of the mean", measureSubject},
		{"searchable", "evidence readable to searchable, 1 k evidence/s", "p99 2 s in Elasticsearch, 500 ms in the index", measureSearchable},
	}
}

func rowNames() []string {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}
