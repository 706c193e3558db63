package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// connectTimeout bounds the making of a connection: TCP, TLS and SASL.
const connectTimeout = 10 * time.Second

// connect makes a connection over which requests can be sent at once. All of
// a client's come from here, kafka-go's too: so each error names its broker,
// and there is one place that knows the password.
func (c *Client) connect(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := c.cfg.Dial(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("connect to broker %s: %w", address, err)
	}
	if c.cfg.TLS != nil {
		over := tls.Client(conn, tlsFor(c.cfg.TLS, address))
		if err := over.HandshakeContext(ctx); err != nil {
			conn.Close() //nolint:errcheck // the failure is already known
			return nil, fmt.Errorf("connect to broker %s by TLS: %w", address, err)
		}
		conn = over
	}
	if c.cfg.SASL == nil {
		return conn, nil
	}
	if err := c.login(ctx, conn, address); err != nil {
		conn.Close() //nolint:errcheck // the failure is already known
		return nil, err
	}
	return conn, nil
}

func tlsFor(cfg *tls.Config, address string) *tls.Config {
	if cfg.ServerName != "" {
		return cfg
	}
	cfg = cfg.Clone()
	if host, _, err := net.SplitHostPort(address); err == nil {
		cfg.ServerName = host
	}
	return cfg
}

// login proves who we are. What the broker refuses, and a broker that can't
// prove itself, is a *LoginError; a connection that breaks is not.
func (c *Client) login(ctx context.Context, conn net.Conn, address string) error {
	w := c.newWire(conn)
	refused := func(err error, offered ...string) error {
		return &LoginError{Broker: address, Mechanism: c.cfg.SASL.mechanism(), User: c.cfg.SASL.User, Offered: offered, Err: err}
	}
	if c.exchangeErr != nil {
		return refused(c.exchangeErr)
	}
	offered, err := w.chooseMechanism(ctx, c.exchange.Name())
	if err == nil {
		err = w.prove(ctx, c.exchange)
	}
	var refusal kafka.Error
	var proof *proofError
	switch {
	case err == nil:
		return conn.SetDeadline(time.Time{})
	case errors.As(err, &refusal), errors.As(err, &proof):
		return refused(err, offered...)
	}
	return fmt.Errorf("log in at broker %s as %s: %w", address, c.cfg.SASL, err)
}

// chooseMechanism gives what the broker offers instead when it does not know
// the one asked for.
func (w *wire) chooseMechanism(ctx context.Context, name string) ([]string, error) {
	request := kmsg.NewSASLHandshakeRequest()
	request.SetVersion(1)
	request.Mechanism = name
	answer := kmsg.NewPtrSASLHandshakeResponse()
	if _, err := w.roundTrip(ctx, &request, answer, connectTimeout); err != nil {
		return nil, err
	}
	return answer.SupportedMechanisms, kafkaError(answer.ErrorCode)
}

func (w *wire) prove(ctx context.Context, by sasl.Mechanism) error {
	session, say, err := by.Start(ctx)
	if err != nil {
		return &proofError{err}
	}
	for done := false; !done; {
		request := kmsg.NewSASLAuthenticateRequest()
		request.SetVersion(1)
		request.SASLAuthBytes = say
		answer := kmsg.NewPtrSASLAuthenticateResponse()
		if _, err := w.roundTrip(ctx, &request, answer, connectTimeout); err != nil {
			return err
		}
		if err := kafkaError(answer.ErrorCode); err != nil {
			return err
		}
		if done, say, err = session.Next(ctx, answer.SASLAuthBytes); err != nil {
			return &proofError{err}
		}
	}
	return nil
}

// proofError says that the proof did not work out on our side.
type proofError struct{ err error }

func (e *proofError) Error() string { return e.err.Error() }
func (e *proofError) Unwrap() error { return e.err }

// LoginError says that a broker and we do not agree on who we are. No retry
// mends it.
type LoginError struct {
	Broker    string
	Mechanism Mechanism
	User      string
	// Offered are the mechanisms of the broker, where it told them.
	Offered []string
	Err     error
}

func (e *LoginError) Error() string {
	return fmt.Sprintf("log in at broker %s as user %q by %s: %v; %s", e.Broker, e.User, e.Mechanism, e.Err, e.remedy())
}

// Unwrap gives what the broker said.
func (e *LoginError) Unwrap() error { return e.Err }

func (e *LoginError) remedy() string {
	switch {
	case isKafkaError(e.Err, kafka.UnsupportedSASLMechanism):
		return "the broker offers " + strings.ToLower(strings.Join(e.Offered, ", ")) + " there: configure one of them"
	case isKafkaError(e.Err, kafka.IllegalSASLState):
		return "this port of the broker takes no SASL: configure its SASL port, or no SASL"
	}
	return "check user and password, and that the broker knows them for this mechanism"
}
