package testbed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names of the servers that are shared: each with the default configuration
// of its kind, but for what its name says.
const (
	NameKafka                = "kafka"
	NameKafkaCluster         = "kafka-cluster" // three brokers
	NameElasticsearch        = "elasticsearch"
	NameElasticsearchSecured = "elasticsearch-secured" // authentication and TLS
	NameMinIO                = "minio"
	NameVersityGW            = "versitygw"
	NameElasticMQ            = "elasticmq"
)

// Names lists them.
func Names() []string {
	return []string{NameKafka, NameKafkaCluster, NameElasticsearch, NameElasticsearchSecured, NameMinIO, NameVersityGW, NameElasticMQ}
}

// Server is a shared server. One of its accesses is set, the one of its kind.
type Server struct {
	Name          string               `json:"name"`
	Kafka         *KafkaAccess         `json:"kafka,omitempty"`
	Elasticsearch *ElasticsearchAccess `json:"elasticsearch,omitempty"`
	S3            *S3Access            `json:"s3,omitempty"`
	SQS           *SQSAccess           `json:"sqs,omitempty"`

	stop  func() error
	nodes []*Node
}

// Start fetches and starts the server of a name, for this process.
func Start(ctx context.Context, name string) (*Server, error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	if err := checkNames(name); err != nil {
		return nil, err
	}
	p, err := newPlace(ctx, c, name)
	if err != nil {
		return nil, err
	}
	return startServer(ctx, p, name)
}

// current tells whether it is of the version that is wanted: what is up may
// have been started by another state of this project.
func (s *Server) current() bool {
	switch {
	case s.Kafka != nil:
		return s.Kafka.Version == KafkaVersion
	case s.Elasticsearch != nil:
		return s.Elasticsearch.Version == ElasticsearchVersion
	case s.SQS != nil:
		return s.SQS.Version == ElasticMQVersion
	}
	return s.S3.Version == toolOf(s.S3.Product).version
}

// endedByItself tells of a process that should run, and does not.
func (s *Server) endedByItself() error {
	for _, node := range s.nodes {
		if !node.Running() {
			said := fmt.Errorf("%s ended while it was needed; the end of %s:\n%s", node.Name, node.LogFile, node.logTail())
			return errors.Join(said, node.process.err)
		}
	}
	return nil
}

func checkNames(names ...string) error {
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return fmt.Errorf("start server %q: there is none of that name, but %s", name, strings.Join(Names(), ", "))
		}
	}
	return nil
}

// startServer owns the place, also when it fails.
func startServer(ctx context.Context, p *place, name string) (*Server, error) {
	switch name {
	case NameKafka, NameKafkaCluster:
		cfg := KafkaConfig{Brokers: 1}
		if name == NameKafkaCluster {
			cfg.Brokers = 3
		}
		cluster, err := startKafka(ctx, p, cfg)
		if err != nil {
			return nil, err
		}
		return &Server{Name: name, Kafka: &cluster.KafkaAccess, stop: cluster.Stop, nodes: cluster.Brokers}, nil
	case NameElasticsearch, NameElasticsearchSecured:
		secured := name == NameElasticsearchSecured
		node, err := startElasticsearch(ctx, p, ElasticsearchConfig{Authentication: secured, TLS: secured})
		if err != nil {
			return nil, err
		}
		return &Server{Name: name, Elasticsearch: &node.ElasticsearchAccess, stop: node.Stop, nodes: []*Node{node.Node}}, nil
	case NameMinIO:
		return s3Server(name)(startMinIO(ctx, p, MinIOConfig{}))
	case NameVersityGW:
		return s3Server(name)(startVersityGW(ctx, p, VersityGWConfig{}))
	case NameElasticMQ:
		server, err := startElasticMQ(ctx, p)
		if err != nil {
			return nil, err
		}
		return &Server{Name: name, SQS: &server.SQSAccess, stop: server.Stop, nodes: []*Node{server.Node}}, nil
	}
	return nil, errors.Join(checkNames(name), p.remove())
}

func s3Server(name string) func(*S3Server, error) (*Server, error) {
	return func(server *S3Server, err error) (*Server, error) {
		if err != nil {
			return nil, err
		}
		return &Server{Name: name, S3: &server.S3Access, stop: server.Stop, nodes: []*Node{server.Node}}, nil
	}
}

// Stop ends a server that this process started, and removes its data. One
// that was found stays: it is somebody else's.
func (s *Server) Stop() error {
	if s.stop == nil {
		return nil
	}
	return s.stop()
}

// String names product, version and addresses, and no secrets.
func (s *Server) String() string { return s.access().String() }

func (s *Server) access() access {
	switch {
	case s.Kafka != nil:
		return s.Kafka
	case s.Elasticsearch != nil:
		return s.Elasticsearch
	case s.SQS != nil:
		return s.SQS
	}
	return s.S3
}

// access is what is common to the ways into a server.
type access interface {
	fmt.Stringer
	// answers asks the server whether it is well.
	answers(ctx context.Context) error
}
