package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"earwitness/deployments/testbed"
)

// clusterPartitions is how many partitions all topics have on real Kafka.
const clusterPartitions = 8

// servers are real ones, of this run alone.
type servers struct {
	kafka   *testbed.KafkaCluster
	elastic *testbed.ElasticsearchNode
}

func (b *bench) theServers(ctx context.Context) (servers, error) {
	return b.servers.get(func() (s servers, err error) {
		b.say("starting Kafka %s and Elasticsearch %s", testbed.KafkaVersion, testbed.ElasticsearchVersion)
		if s.kafka, err = testbed.Kafka(ctx, testbed.KafkaConfig{}); err != nil {
			return s, err
		}
		b.atEnd(s.kafka.Stop)
		if s.elastic, err = testbed.Elasticsearch(ctx, testbed.ElasticsearchConfig{}); err != nil {
			return s, err
		}
		b.atEnd(s.elastic.Stop)
		return s, nil
	})
}

// clusterRun is what came of reading the world with real servers. Its evidence
// lies in Kafka afterwards.
type clusterRun struct {
	servers servers
	records int64
	took    time.Duration
	cost    spent
}

func (b *bench) theCluster(ctx context.Context) (clusterRun, error) {
	return b.cluster.get(func() (r clusterRun, err error) {
		w, err := b.theWorld(ctx)
		if err != nil {
			return r, err
		}
		if r.servers, err = b.theServers(ctx); err != nil {
			return r, err
		}
		file, err := b.configureCluster(ctx, &r.servers)
		if err != nil {
			return r, err
		}
		b.say("reading the world with real servers")
		r.records, r.took, r.cost, err = b.runOnce(ctx, "servers", append([]string{"--config", file}, w.sources()...))
		return r, err
	})
}

// configureCluster writes the configuration and makes the topics.
func (b *bench) configureCluster(ctx context.Context, s *servers) (string, error) {
	key, file := b.path("signing.key"), b.path("cluster.yaml")
	text := fmt.Sprintf(`data: %s
bus:
  brokers: [%q]
  partitions: %d
  replication: 1
  min-insync-replicas: 1
elastic:
  urls: [%q]
  prefix: piped
worm:
  key: file:%s
  directory: %s
`, b.path("cluster"), s.kafka.Plaintext[0], clusterPartitions, s.elastic.URL, key, b.path("cluster-worm"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	for _, args := range [][]string{
		{"keys", "init", "--out", key},
		{"topics", "create", "--config", file},
	} {
		if _, _, err := execute(ctx, nil, b.program, args...); err != nil {
			return "", err
		}
	}
	return file, nil
}

// measureServers loads the same documents bare before and after the run: the
// first load of a young JVM is slow, whoever sends it.
func measureServers(ctx context.Context, b *bench) (figure, error) {
	e, err := b.theEmbedded(ctx)
	if err != nil {
		return figure{}, err
	}
	s, err := b.theServers(ctx)
	if err != nil {
		return figure{}, err
	}
	arg := bulkArg{Index: b.indexOf(e), URL: s.elastic.URL, Prefix: "warm"}
	if _, _, err := call[bulkResult](ctx, b, 2, "bulk", arg); err != nil {
		return figure{}, err
	}
	r, err := b.theCluster(ctx)
	if err != nil {
		return figure{}, err
	}
	arg.Prefix = "bare"
	bare, _, err := call[bulkResult](ctx, b, 2, "bulk", arg)
	if err != nil {
		return figure{}, err
	}
	// Both end with the same documents; of the run's, some came in several
	// revisions.
	ratio := bare.Took.Seconds() / r.took.Seconds()
	return figure{
		figure: fmt.Sprintf("%s documents in %s: %s/s (%s evidence/s), %s CPU of ours, %s peak", thousands(float64(bare.Documents)), seconds(r.took),
			rate(bare.Documents, r.took), rate(r.records, r.took), seconds(r.cost.CPU), mebibytes(r.cost.Peak)),
		beside:  fmt.Sprintf("bare loader %s documents/s: %.0f %%", rate(bare.Documents, bare.Took), 100*ratio),
		reached: reached(ratio >= 0.9),
	}, nil
}
