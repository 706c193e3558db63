package testbed

import (
	"context"
	"errors"
	"fmt"
)

// ElasticMQVersion is the ElasticMQ that is run.
const ElasticMQVersion = "1.7.1"

// ElasticMQConfig says what server is wanted. There is nothing to choose yet.
type ElasticMQConfig struct{}

// SQSAccess is what a client needs.
type SQSAccess struct {
	Version  string `json:"version"`
	Endpoint string `json:"endpoint"`
	Region   string `json:"region"`
	// Anybody may do everything: signatures are not checked, but there has to
	// be one.
	Anybody Account `json:"anybody"`
}

// SQSServer is a server that runs.
type SQSServer struct {
	SQSAccess
	// Node to stop, pause and start again; queues and messages are in its
	// memory, and end with it.
	Node *Node

	place *place
}

// ElasticMQ fetches ElasticMQ if need be, and starts one without queues. It
// speaks SQS with its limits: visibility timeouts, redrive to dead letter
// queues, FIFO; no policies, and no encryption.
func ElasticMQ(ctx context.Context, _ ElasticMQConfig) (*SQSServer, error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	p, err := newPlace(ctx, c, "elasticmq")
	if err != nil {
		return nil, err
	}
	return startElasticMQ(ctx, p)
}

// startElasticMQ owns the place, also when it fails.
func startElasticMQ(ctx context.Context, p *place) (*SQSServer, error) {
	s := &SQSServer{SQSAccess: SQSAccess{Version: ElasticMQVersion, Region: "us-east-1", Anybody: newAccount("anybody")}, place: p}
	err := s.prepare(ctx)
	if err == nil {
		err = s.Node.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(p.cache.advise(fmt.Errorf("start elasticmq %s: %w", ElasticMQVersion, err)), s.Stop())
	}
	return s, nil
}

func (s *SQSServer) prepare(ctx context.Context) error {
	installed, err := s.place.cache.fetch(ctx, elasticMQTool())
	if err != nil {
		return err
	}
	java, err := javaHome(ctx)
	if err != nil {
		return err
	}
	port, err := s.place.port(ctx)
	if err != nil {
		return err
	}
	s.Endpoint = "http://" + loopback(port)
	settings, err := s.place.write("elasticmq.conf", fmt.Sprintf(elasticMQSettings, port, port, s.Region))
	if err != nil {
		return err
	}
	s.Node = newNode("elasticmq", program{
		path: javaProgram(java),
		args: []string{"-Xms64m", "-Xmx512m", "-Dconfig.file=" + settings, "-cp", installed + "/lib/*", "org.elasticmq.server.Main"},
		dir:  s.place.dir, log: s.place.path("elasticmq.log"), lasting: s.place.lasting,
	}, s.answers)
	return nil
}

// elasticMQSettings takes the port twice and the region.
const elasticMQSettings = `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = %d, context-path = "" }
rest-sqs { enabled = true, bind-port = %d, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
aws { region = %s, accountId = 000000000000 }
`

// Stop ends the server and removes its data.
func (s *SQSServer) Stop() error {
	if s.Node == nil {
		return s.place.remove()
	}
	return endAll(s.place, s.Node)
}

func (a *SQSAccess) answers(ctx context.Context) error {
	return answersHTTP(ctx, a.Endpoint+"/health", Account{}, "")
}

func (a *SQSAccess) String() string { return fmt.Sprintf("elasticmq %s, %s", a.Version, a.Endpoint) }
