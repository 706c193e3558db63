package testbed

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// KafkaVersion is the Kafka that is run.
const KafkaVersion = "4.3.1"

// KafkaConfig says what cluster is wanted.
type KafkaConfig struct {
	// Brokers, each a controller too: 1 (also for 0) or 3.
	Brokers int
	// Properties replace or add to those of each broker.
	Properties map[string]string
}

// KafkaAccess is what a client needs. Each broker has all four listeners.
type KafkaAccess struct {
	Version string `json:"version"`
	// Plaintext listeners take everybody as a super user.
	Plaintext []string `json:"plaintext"`
	// TLS listeners take everybody too; they show a certificate of CA.
	TLS []string `json:"tls"`
	// SASL listeners want a user: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
	SASL []string `json:"sasl"`
	// SASLTLS listeners want a user, by TLS.
	SASLTLS []string `json:"sasl_tls"`
	// CA is the authority's certificate, PEM.
	CA string `json:"ca"`
	// Admin may do everything.
	Admin Account `json:"admin"`
	// Guest may do nothing, until rights are given to User:guest.
	Guest Account `json:"guest"`
}

// TLSConfig trusts the brokers' authority.
func (a *KafkaAccess) TLSConfig() (*tls.Config, error) { return trusting(a.CA) }

// KafkaCluster is a cluster that runs.
type KafkaCluster struct {
	KafkaAccess
	// Authority has signed the brokers' certificates.
	Authority *Authority
	// Brokers in the order of their ids, which begin with 1.
	Brokers []*Node

	place *place
}

// Kafka fetches Kafka if need be, and starts a cluster with no topics.
func Kafka(ctx context.Context, cfg KafkaConfig) (*KafkaCluster, error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	p, err := newPlace(ctx, c, "kafka")
	if err != nil {
		return nil, err
	}
	return startKafka(ctx, p, cfg)
}

// startKafka owns the place, also when it fails.
func startKafka(ctx context.Context, p *place, cfg KafkaConfig) (*KafkaCluster, error) {
	cluster := &KafkaCluster{
		KafkaAccess: KafkaAccess{Version: KafkaVersion, Admin: newAccount("earwitness"), Guest: newAccount("guest")},
		place:       p,
	}
	err := cluster.prepare(ctx, cfg)
	if err == nil {
		err = cluster.StartBrokers(ctx)
	}
	if err != nil {
		return nil, errors.Join(p.cache.advise(fmt.Errorf("start kafka %s: %w", KafkaVersion, err)), cluster.Stop())
	}
	return cluster, nil
}

func (k *KafkaCluster) prepare(ctx context.Context, cfg KafkaConfig) error {
	cfg.Brokers = max(cfg.Brokers, 1)
	if cfg.Brokers != 1 && cfg.Brokers != 3 {
		return fmt.Errorf("a cluster of %d brokers: 1 or 3 are built here", cfg.Brokers)
	}
	installed, err := k.place.cache.fetch(ctx, kafkaTool())
	if err != nil {
		return err
	}
	java, err := javaHome(ctx)
	if err != nil {
		return err
	}
	if k.Authority, err = NewAuthority(); err != nil {
		return err
	}
	k.CA = k.Authority.PEM
	if _, err := k.place.write("ca.pem", k.CA); err != nil {
		return err
	}
	if _, err := k.place.write("log4j2.properties", kafkaLogging); err != nil {
		return err
	}
	brokers, err := k.layOut(ctx, cfg)
	if err != nil {
		return err
	}
	clusterID := newClusterID()
	formats, ctx := errgroup.WithContext(ctx)
	for _, b := range brokers {
		b.java, b.classes = javaProgram(java), installed+"/lib/*"
		k.Brokers = append(k.Brokers, newNode(fmt.Sprintf("kafka broker %d", b.id), b.program(k.place), b.answers))
		formats.Go(func() error { return b.format(ctx, k.place, clusterID, k.Admin, k.Guest) })
	}
	return formats.Wait()
}

// newClusterID is a Kafka Uuid. None begins with a minus, which the command
// line would take for an option.
func newClusterID() string {
	var id [16]byte
	rand.Read(id[:]) // it never fails
	id[0] &= 0x7f
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// StartBrokers starts those that are not running, and returns when all have
// joined.
func (k *KafkaCluster) StartBrokers(ctx context.Context) error {
	var all errgroup.Group
	for _, broker := range k.Brokers {
		if !broker.Running() {
			all.Go(func() error { return broker.Start(ctx) })
		}
	}
	if err := all.Wait(); err != nil {
		return err
	}
	return k.AwaitInSync(ctx)
}

// StopBrokers stops all; their data stays.
func (k *KafkaCluster) StopBrokers(ctx context.Context) error {
	var all errgroup.Group
	for _, broker := range k.Brokers {
		all.Go(func() error { return broker.Stop(ctx) })
	}
	return all.Wait()
}

// Stop ends the cluster and removes its data.
func (k *KafkaCluster) Stop() error { return endAll(k.place, k.Brokers...) }

// endAll kills: nobody wants to see the data again.
func endAll(p *place, nodes ...*Node) error {
	var errs []error
	for _, node := range nodes {
		errs = append(errs, node.Kill())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return p.remove()
}

func (a *KafkaAccess) String() string {
	return fmt.Sprintf("kafka %s, brokers: %d, plaintext: %v, tls: %v, sasl: %v, sasl over tls: %v", a.Version, len(a.Plaintext), a.Plaintext, a.TLS, a.SASL, a.SASLTLS)
}

// writeKeys makes the file with a broker's key and certificates.
func (k *KafkaCluster) writeKeys(name string) (string, error) {
	certificate, key, err := k.Authority.issueNow(name)
	if err != nil {
		return "", err
	}
	return k.place.write(name+".pem", key+certificate)
}

// kafkaLogging sends what the broker has to say to its standard output.
const kafkaLogging = `appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1}: %m%n%throwable
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
`
