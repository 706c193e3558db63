package embedded

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// strangerFrame bounds what may be sent without the secret.
	strangerFrame = 4 << 10
	// friendFrame bounds what may be sent with it: the largest batch, and
	// what is around it.
	friendFrame = 16 << 20
	// proveWithin is how long a connection may stand without the secret.
	proveWithin = 10 * time.Second
	// acceptAgain is the pause after a connection could not be taken.
	acceptAgain = 50 * time.Millisecond
	// frameHead: length, kind and version of a request.
	frameHead = 8
)

var errStranger = errors.New("connection refused: it did not prove that it comes from this process")

// secrets are two passwords of the same length. The broker writes its own to
// disk, so the one that opens the gate is another.
type secrets struct {
	outer, inner string
}

// gate lets only those in who know the outer secret. The broker alone would
// not do: it takes any unknown user with an empty password, makes room for
// whatever length a stranger claims, and a request of an unknown kind ends
// the process.
type gate struct {
	net.Listener
	secrets secrets
}

// listen takes a free port of this machine alone.
func (b *Broker) listen(network, _ string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), network, "127.0.0.1:0") //nolint:forbidigo // it does not wait
	if err != nil {
		return nil, fmt.Errorf("listen on 127.0.0.1: %w", err)
	}
	return &gate{Listener: l, secrets: b.secrets}, nil
}

// Accept goes on after whatever is not the end of the listener: the broker
// would stop listening for good.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			// Most likely there are too many open files.
			time.Sleep(acceptAgain) //nolint:forbidigo // a closed listener ends it right after
			continue
		}
		if conn.SetReadDeadline(time.Now().Add(proveWithin)) == nil {
			return &gated{Conn: conn, secrets: g.secrets}, nil
		}
		conn.Close() //nolint:errcheck // it broke already
	}
}

// gated reads requests one by one. The broker reads each connection from one
// goroutine at a time.
type gated struct {
	net.Conn
	secrets secrets
	// friend: the secret was shown.
	friend bool
	// ready holds bytes that were looked at, left counts those of the request
	// that were not.
	ready []byte
	left  int
}

func (c *gated) Read(p []byte) (int, error) {
	if len(c.ready) == 0 && c.left == 0 {
		if err := c.open(); err != nil {
			return 0, err
		}
	}
	if len(c.ready) > 0 {
		n := copy(p, c.ready)
		c.ready = c.ready[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// open looks at the head of a request; without the secret, at all of it.
func (c *gated) open() error {
	head := make([]byte, frameHead)
	if _, err := io.ReadFull(c.Conn, head); err != nil {
		return err
	}
	size := int64(binary.BigEndian.Uint32(head))
	kind := int16(binary.BigEndian.Uint16(head[4:]))
	rest := size - (frameHead - 4)
	if rest < 0 || rest > friendFrame || kmsg.RequestForKey(kind) == nil {
		return errStranger
	}
	if c.friend {
		c.ready, c.left = head, int(rest)
		return nil
	}
	if rest > strangerFrame {
		return errStranger
	}
	frame := append(head, make([]byte, rest)...)
	if _, err := io.ReadFull(c.Conn, frame[frameHead:]); err != nil {
		return err
	}
	c.ready = frame
	return c.admit(kmsg.Key(kind), frame[4:])
}

// admit judges a request of somebody who has not shown the secret.
func (c *gated) admit(kind kmsg.Key, frame []byte) error {
	switch kind {
	case kmsg.ApiVersions, kmsg.SASLHandshake:
		return nil
	case kmsg.SASLAuthenticate:
		return c.prove(frame)
	}
	return errStranger
}

// prove reads a SaslAuthenticate request: kind, version, number, the client's
// name, then what it offers.
func (c *gated) prove(frame []byte) error {
	version := int16(binary.BigEndian.Uint16(frame[2:]))
	rest := frame[4:]
	if version < 0 || version > 1 || len(rest) < 6 {
		return errStranger
	}
	name := int(int16(binary.BigEndian.Uint16(rest[4:])))
	rest = rest[6:]
	if name > len(rest) {
		return errStranger
	}
	request := kmsg.NewSASLAuthenticateRequest()
	request.SetVersion(version)
	if err := request.ReadFrom(rest[max(name, 0):]); err != nil {
		return errStranger
	}
	proof := []byte("\x00" + user + "\x00" + c.secrets.outer)
	if subtle.ConstantTimeCompare(request.SASLAuthBytes, proof) != 1 {
		return errStranger
	}
	// The password ends the request. The broker gets the one that it knows.
	copy(frame[len(frame)-len(c.secrets.inner):], c.secrets.inner)
	c.friend = true
	return c.SetReadDeadline(time.Time{})
}
