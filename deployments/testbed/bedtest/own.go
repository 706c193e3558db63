package bedtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"earwitness/deployments/testbed"
)

// Kafka starts a cluster for one test.
func Kafka(t testing.TB, cfg testbed.KafkaConfig) *testbed.KafkaCluster {
	t.Helper()
	return own(t, testbed.Kafka, cfg)
}

// Elasticsearch starts a server for one test.
func Elasticsearch(t testing.TB, cfg testbed.ElasticsearchConfig) *testbed.ElasticsearchNode {
	t.Helper()
	return own(t, testbed.Elasticsearch, cfg)
}

// MinIO starts a server for one test.
func MinIO(t testing.TB, cfg testbed.MinIOConfig) *testbed.S3Server {
	t.Helper()
	return own(t, testbed.MinIO, cfg)
}

// VersityGW starts a server for one test.
func VersityGW(t testing.TB, cfg testbed.VersityGWConfig) *testbed.S3Server {
	t.Helper()
	return own(t, testbed.VersityGW, cfg)
}

// ElasticMQ starts a server for one test.
func ElasticMQ(t testing.TB, cfg testbed.ElasticMQConfig) *testbed.SQSServer {
	t.Helper()
	return own(t, testbed.ElasticMQ, cfg)
}

type stopper interface {
	fmt.Stringer
	Stop() error
}

func own[C any, S stopper](t testing.TB, start func(context.Context, C) (S, error), cfg C) S {
	t.Helper()
	began := time.Now()
	server, err := start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%s: started in %s", server, time.Since(began).Round(time.Millisecond))
	return server
}
