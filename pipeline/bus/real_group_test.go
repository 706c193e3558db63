//go:build servers

package bus_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/bus"
)

func realMembers(t *testing.T, cluster *testbed.KafkaCluster) {
	o := newOwnership(t)
	first := o.join(plainly(t, cluster), quick("come and go"), "first")
	settle(t, first)
	second := o.join(plainly(t, cluster), quick("come and go"), "second")
	has := settle(t, first, second)
	if len(has[0]) != 2 || len(has[1]) != 1 {
		t.Errorf("the members have %v", has)
	}
	began := time.Now()
	first.leave(t)
	t.Logf("left after %s", time.Since(began).Round(time.Millisecond))
	settle(t, second)
	took := time.Since(began)
	t.Logf("taken over after %s", took.Round(time.Millisecond))
	if took > 4*time.Second {
		t.Errorf("it took %s to take over: the first did not say goodbye", took)
	}
	second.leave(t)
}

func realManyMembers(t *testing.T, cluster *testbed.KafkaCluster) {
	o := newOwnership(t)
	var members []*member
	for i := range 5 {
		members = append(members, o.join(plainly(t, cluster), quick("many"), fmt.Sprint("member ", i)))
	}
	settle(t, members...)
	for len(members) > 1 {
		members[0].leave(t)
		members = members[1:]
		settle(t, members...)
	}
}

// line is a network that may fail.
type line struct {
	conns  connections
	broken atomic.Bool
	silent atomic.Bool
}

var errCut = errors.New("the line is cut")

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.broken.Load() {
		return nil, errCut
	}
	conn, err := l.conns.dial(ctx, network, address)
	return &lineConn{Conn: conn, line: l}, err
}

// lineConn loses what is written while the line is silent.
type lineConn struct {
	net.Conn
	line *line
}

func (c *lineConn) Write(b []byte) (int, error) {
	if c.line.silent.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// realLostMembers are gone without a word. The others get their partitions
// when the session is over, and not before the lost one stopped.
func realLostMembers(t *testing.T, cluster *testbed.KafkaCluster) {
	for name, lose := range map[string]func(*line){
		"cut": func(l *line) {
			l.broken.Store(true)
			l.conns.cut()
		},
		"silent": func(l *line) { l.silent.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOwnership(t)
			l := &line{}
			lost := o.join(clientOf(t, bus.ClientConfig{Brokers: cluster.Plaintext, Dial: l.dial, Logger: testLogger(t)}), quick("lost "+name), "lost")
			settle(t, lost)
			other := o.join(plainly(t, cluster), quick("lost "+name), "other")
			settle(t, lost, other)
			began := time.Now()
			lose(l)
			settle(t, other)
			took := time.Since(began)
			t.Logf("taken over after %s", took.Round(time.Millisecond))
			if took < 3*time.Second || took > 15*time.Second {
				t.Errorf("it took %s to take over, the session is 6 s", took)
			}
			// When it is back it is a member again.
			l.broken.Store(false)
			l.silent.Store(false)
			settle(t, lost, other)
			t.Logf("shared again after %s", time.Since(began).Round(time.Millisecond))
			lost.leave(t)
			other.leave(t)
		})
	}
}
