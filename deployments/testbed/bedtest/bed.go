package bedtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"earwitness/deployments/testbed"
)

// Bed shares servers. The zero value has none yet; a test package has one.
type Bed struct {
	mu      sync.Mutex
	servers map[string]*shared
}

// shared is a server that was asked for; others who ask wait for it, and get
// the same error.
type shared struct {
	once   sync.Once
	server *testbed.Server
	err    error
	how    string
}

// Kafka is a cluster of one broker.
func (b *Bed) Kafka(t testing.TB) *testbed.KafkaAccess {
	t.Helper()
	return b.get(t, testbed.NameKafka).Kafka
}

// KafkaCluster is a cluster of three brokers.
func (b *Bed) KafkaCluster(t testing.TB) *testbed.KafkaAccess {
	t.Helper()
	return b.get(t, testbed.NameKafkaCluster).Kafka
}

// Elasticsearch is open to everybody.
func (b *Bed) Elasticsearch(t testing.TB) *testbed.ElasticsearchAccess {
	t.Helper()
	return b.get(t, testbed.NameElasticsearch).Elasticsearch
}

// ElasticsearchSecured has authentication and TLS.
func (b *Bed) ElasticsearchSecured(t testing.TB) *testbed.ElasticsearchAccess {
	t.Helper()
	return b.get(t, testbed.NameElasticsearchSecured).Elasticsearch
}

// MinIO has Object Lock and SSE-KMS.
func (b *Bed) MinIO(t testing.TB) *testbed.S3Access {
	t.Helper()
	return b.get(t, testbed.NameMinIO).S3
}

// VersityGW writes an access log.
func (b *Bed) VersityGW(t testing.TB) *testbed.S3Access {
	t.Helper()
	return b.get(t, testbed.NameVersityGW).S3
}

// ElasticMQ speaks SQS.
func (b *Bed) ElasticMQ(t testing.TB) *testbed.SQSAccess {
	t.Helper()
	return b.get(t, testbed.NameElasticMQ).SQS
}

func (b *Bed) get(t testing.TB, name string) *testbed.Server {
	t.Helper()
	b.mu.Lock()
	if b.servers == nil {
		b.servers = map[string]*shared{}
	}
	s := b.servers[name]
	if s == nil {
		s = &shared{}
		b.servers[name] = s
	}
	b.mu.Unlock()
	// It outlives the test that asks first.
	s.once.Do(func() { s.obtain(context.WithoutCancel(t.Context()), name) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	t.Logf("%s: %s", s.server, s.how)
	return s.server
}

func (s *shared) obtain(ctx context.Context, name string) {
	began := time.Now()
	if s.server, s.err = testbed.Find(ctx, name); s.server != nil || s.err != nil {
		s.how = "found running"
		return
	}
	s.server, s.err = testbed.Start(ctx, name)
	s.how = fmt.Sprintf("started in %s", time.Since(began).Round(time.Millisecond))
}

// Main runs tests and then stops the servers: as `bed.Main(m).Run()` in a
// TestMain, or handed to goleak.VerifyTestMain.
func (b *Bed) Main(m Tests) Main { return Main{bed: b, tests: m} }

// Tests is what *testing.M is.
type Tests interface{ Run() int }

// Main runs tests over a bed.
type Main struct {
	bed   *Bed
	tests Tests
}

// Run gives the tests' exit code, or 1 when servers could not be stopped.
func (m Main) Run() int {
	code := m.tests.Run()
	if err := m.bed.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func (b *Bed) stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, s := range b.servers {
		if s.server != nil {
			errs = append(errs, s.server.Stop())
		}
	}
	b.servers = nil
	return errors.Join(errs...)
}
