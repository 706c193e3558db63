package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// requestTimeout bounds each request. The broker gets half of it to reach
// its replicas.
const requestTimeout = 30 * time.Second

// ClientConfig is the one place from which all connections come.
type ClientConfig struct {
	// Brokers to ask for the others, host:port.
	Brokers []string
	// SASL where the broker wants it.
	SASL *SASL
	// TLS where the broker wants it.
	TLS *tls.Config
	// Dial replaces the plain TCP dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Logger for what is waited for. None: nothing is logged.
	Logger *slog.Logger
	// ClientID that brokers show in their logs. None: "earwitness".
	ClientID string
	// Explain, when set, gives what a broker refuses to write its reason, where
	// that is known here; the refusal stays in the error's chain. It is called
	// from several goroutines.
	Explain func(refused error) error
}

// Client speaks with one cluster. It is safe for concurrent use.
type Client struct {
	cfg       ClientConfig
	transport *kafka.Transport
	kafka     kafka.Client
	wires     wirePool
	// answered is which of the brokers answered last.
	answered atomic.Int64
	// exchange is nil without SASL.
	exchange    sasl.Mechanism
	exchangeErr error
}

// NewClient connects to nothing yet: the first request does.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.ClientID == "" {
		cfg.ClientID = "earwitness"
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	}
	c := &Client{cfg: cfg}
	c.answered.Store(int64(rand.N(max(1, len(cfg.Brokers)))))
	if cfg.SASL != nil {
		c.exchange, c.exchangeErr = cfg.SASL.exchange()
	}
	c.transport = &kafka.Transport{Dial: c.connect, ClientID: cfg.ClientID}
	c.kafka = kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Timeout: requestTimeout, Transport: c.transport}
	c.wires.dial = c.dialWire
	return c
}

// Close ends the connections that nobody uses, and the others after their
// present request. Close what uses the client first.
func (c *Client) Close() {
	c.wires.close()
	c.transport.CloseIdleConnections()
}

// leaderPatience is how long a partition may be without a leader, or with one
// that brokers do not agree on yet: topics that were made just now are.
const leaderPatience = 15 * time.Second

// Bounds gives the oldest offset of a partition and the one behind its last
// message.
func (c *Client) Bounds(ctx context.Context, topic string, partition int) (first, end int64, err error) {
	patient, cancel := context.WithTimeout(ctx, leaderPatience)
	defer cancel()
	waits := c.persist(patient, slog.String("topic", topic), func() error {
		first, end, err = c.bounds(ctx, topic, partition)
		if isKafkaError(err, kafka.NotLeaderForPartition) || isKafkaError(err, kafka.LeaderNotAvailable) {
			return err
		}
		return nil
	})
	if waits != nil {
		return 0, 0, waits
	}
	return first, end, err
}

func (c *Client) bounds(ctx context.Context, topic string, partition int) (first, end int64, err error) {
	answer, err := c.kafka.ListOffsets(ctx, &kafka.ListOffsetsRequest{
		Topics: map[string][]kafka.OffsetRequest{
			topic: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)},
		},
	})
	if err != nil {
		return 0, 0, fmt.Errorf("read bounds of %s/%d: %w", topic, partition, c.explain(ctx, topic, err))
	}
	for _, p := range answer.Topics[topic] {
		if p.Partition == partition {
			if p.Error != nil {
				return 0, 0, fmt.Errorf("read bounds of %s/%d: %w", topic, partition, p.Error)
			}
			return p.FirstOffset, p.LastOffset, nil
		}
	}
	return 0, 0, fmt.Errorf("read bounds of %s/%d: the broker did not answer for it", topic, partition)
}

// leader finds the address of the broker that leads a partition. What it
// knows is some seconds old at most.
func (c *Client) leader(ctx context.Context, topic string, partition int) (string, error) {
	answer, err := c.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return "", fmt.Errorf("find leader of %s/%d: %w", topic, partition, err)
	}
	for i := range answer.Topics {
		t := &answer.Topics[i]
		if t.Error != nil {
			return "", fmt.Errorf("find leader of %s/%d: %w", topic, partition, t.Error)
		}
		for j := range t.Partitions {
			p := &t.Partitions[j]
			if p.ID != partition {
				continue
			}
			if p.Leader.Host == "" {
				return "", fmt.Errorf("find leader of %s/%d: %w", topic, partition, errors.Join(kafka.LeaderNotAvailable, p.Error))
			}
			return net.JoinHostPort(p.Leader.Host, fmt.Sprint(p.Leader.Port)), nil
		}
	}
	return "", fmt.Errorf("find leader of %s/%d: %w", topic, partition, kafka.UnknownTopicOrPartition)
}
