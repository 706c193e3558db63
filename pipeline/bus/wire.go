package bus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxAnswerBytes bounds what an answer may claim to be long.
const maxAnswerBytes = 256 << 20

// wire is one connection for the requests that kafka-go can't make as they
// are needed here: Fetch (it drops the append time of batches, and copies
// each record), DeleteRecords (it has none), and those to the coordinator of a
// group (it does not look whether one was found).
type wire struct {
	conn      net.Conn
	formatter *kmsg.RequestFormatter
	number    int32
	request   []byte
	// used tells that it has answered before: the broker may have closed it
	// while it was idle.
	used bool
	// hint is what a broker that hangs up at once may have wanted.
	hint string
}

func (c *Client) newWire(conn net.Conn) *wire {
	return &wire{conn: conn, formatter: kmsg.NewRequestFormatter(kmsg.FormatterClientID(c.cfg.ClientID)), hint: c.cfg.hint()}
}

func (cfg *ClientConfig) hint() string {
	switch {
	case cfg.TLS == nil && cfg.SASL == nil:
		return "; is it a port for TLS, or for SASL?"
	case cfg.TLS == nil:
		return "; is it a port for TLS?"
	case cfg.SASL == nil:
		return "; is it a port for SASL?"
	}
	return ""
}

func (c *Client) dialWire(ctx context.Context, address string) (*wire, error) {
	conn, err := c.connect(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return c.newWire(conn), nil
}

// roundTrip sends a request and reads the answer, within patience. The answer refers to the bytes that are given back. After
// an error the connection is of no more use.
func (w *wire) roundTrip(ctx context.Context, request kmsg.Request, answer kmsg.Response, patience time.Duration) ([]byte, error) {
	if err := w.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, fmt.Errorf("set deadline: %w", err)
	}
	stop := context.AfterFunc(ctx, func() {
		w.conn.SetDeadline(time.Unix(1, 0)) //nolint:errcheck // a closed connection ends the request as well
	})
	defer stop()
	body, err := w.exchange(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("ask broker %s: %w", w.conn.RemoteAddr(), ctx.Err())
		}
		if !w.used && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return nil, fmt.Errorf("ask broker %s: it hung up at once: %w%s", w.conn.RemoteAddr(), err, w.hint)
		}
		return nil, fmt.Errorf("ask broker %s: %w", w.conn.RemoteAddr(), err)
	}
	answer.SetVersion(request.GetVersion())
	if answer.IsFlexible() {
		if body, err = withoutTags(body); err != nil {
			return nil, fmt.Errorf("read answer of broker %s: %w", w.conn.RemoteAddr(), err)
		}
	}
	if err := decodeAnswer(answer, body); err != nil {
		return nil, fmt.Errorf("read answer of broker %s: %w", w.conn.RemoteAddr(), err)
	}
	w.used = true
	return body, nil
}

func (w *wire) exchange(request kmsg.Request) ([]byte, error) {
	w.number++
	w.request = w.formatter.AppendRequest(w.request[:0], request, w.number)
	if _, err := w.conn.Write(w.request); err != nil {
		return nil, err
	}
	var head [8]byte
	if _, err := io.ReadFull(w.conn, head[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[:4])) - 4
	if size < 0 || size > maxAnswerBytes {
		return nil, fmt.Errorf("an answer of %d bytes is not possible", size)
	}
	if number := int32(binary.BigEndian.Uint32(head[4:])); number != w.number {
		return nil, fmt.Errorf("answer to request %d came, %d was sent", number, w.number)
	}
	body := make([]byte, size)
	_, err := io.ReadFull(w.conn, body)
	return body, err
}

// withoutTags leaves out the tagged fields that the header of an answer has in
// flexible versions: none of them is known.
func withoutTags(body []byte) ([]byte, error) {
	short := false
	number := func() uint64 {
		n, size := binary.Uvarint(body)
		if short = short || size <= 0; short {
			return 0
		}
		body = body[size:]
		return n
	}
	for tags := number(); tags > 0 && !short; tags-- {
		number() // which it is
		size := number()
		if short = short || size > uint64(len(body)); !short {
			body = body[size:]
		}
	}
	if short {
		return nil, errors.New("its header is cut short")
	}
	return body, nil
}

// decodeAnswer lets strings and bytes of the answer refer to body.
func decodeAnswer(answer kmsg.Response, body []byte) error {
	if reader, ok := answer.(interface{ UnsafeReadFrom([]byte) error }); ok {
		return reader.UnsafeReadFrom(body)
	}
	return answer.ReadFrom(body)
}

// wirePool keeps idle connections by address.
type wirePool struct {
	dial func(ctx context.Context, address string) (*wire, error)

	mu     sync.Mutex
	idle   map[string][]*wire
	closed bool
}

// do has fn use a connection. One that broke while it was idle is replaced,
// once.
func (p *wirePool) do(ctx context.Context, address string, fn func(*wire) error) error {
	for {
		w, err := p.take(ctx, address)
		if err != nil {
			return err
		}
		stale := w.used
		err = fn(w)
		if refusal := kafka.Error(0); err == nil || errors.As(err, &refusal) {
			p.give(address, w)
			return err
		}
		w.conn.Close() //nolint:errcheck // it broke already
		// One that does not answer will not on another connection either.
		if !stale || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		p.drop(address)
	}
}

func (p *wirePool) take(ctx context.Context, address string) (*wire, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	if list := p.idle[address]; len(list) > 0 {
		w := list[len(list)-1]
		p.idle[address] = list[:len(list)-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	return p.dial(ctx, address)
}

func (p *wirePool) give(address string, w *wire) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		w.conn.Close() //nolint:errcheck // nothing more is expected of it
		return
	}
	if p.idle == nil {
		p.idle = make(map[string][]*wire)
	}
	p.idle[address] = append(p.idle[address], w)
}

// drop closes the idle connections to an address.
func (p *wirePool) drop(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.idle[address] {
		w.conn.Close() //nolint:errcheck // nothing more is expected of it
	}
	delete(p.idle, address)
}

func (p *wirePool) close() {
	p.mu.Lock()
	p.closed = true
	var addresses []string
	for address := range p.idle {
		addresses = append(addresses, address)
	}
	p.mu.Unlock()
	for _, address := range addresses {
		p.drop(address)
	}
}
