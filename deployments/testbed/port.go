package testbed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"

	"github.com/gofrs/flock"
)

// Ports below those that systems hand out by themselves, so that no client's
// connection takes one while its server is stopped.
const (
	lowestPort  = 12000
	highestPort = 32000
)

// ports are reserved against every other process of the test bed, also while
// nobody listens on them.
type ports []*flock.Flock

// reserve takes another free port of the loopback interface.
func (p *ports) reserve(ctx context.Context, c cache) (int, error) {
	for range 500 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		lock := flock.New(c.path("ports", strconv.Itoa(port)))
		held, err := lock.TryLock()
		if err != nil {
			return 0, fmt.Errorf("reserve port %d: %w", port, err)
		}
		if held && unused(ctx, port) {
			*p = append(*p, lock)
			return port, nil
		}
		if err := lock.Close(); err != nil {
			return 0, fmt.Errorf("release port %d: %w", port, err)
		}
	}
	return 0, fmt.Errorf("find a free port between %d and %d on 127.0.0.1: 500 tried ones were taken", lowestPort, highestPort)
}

func unused(ctx context.Context, port int) bool {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", loopback(port))
	return err == nil && listener.Close() == nil
}

func (p *ports) release() error {
	var errs []error
	for _, lock := range *p {
		errs = append(errs, lock.Close())
	}
	*p = nil
	return errors.Join(errs...)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
