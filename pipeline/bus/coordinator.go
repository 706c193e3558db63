package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// unknownPatience is how long a topic may be unknown to a broker: what was
// made just now is not known everywhere at once.
const unknownPatience = 10 * time.Second

// coordinatorTimeout bounds a request to the broker that keeps a group. It
// writes to its replicas; one that hangs is replaced meanwhile.
const coordinatorTimeout = 10 * time.Second

// persist tries until it works, is refused for good, or ctx ends. It says
// once that it waits.
func (c *Client) persist(ctx context.Context, what slog.Attr, try func() error) error {
	began := time.Now()
	delays := backoff{first: 50 * time.Millisecond, most: 3 * time.Second}
	for attempt := 1; ; attempt++ {
		err := try()
		if err == nil || !transient(err) {
			return err
		}
		if isKafkaError(err, kafka.UnknownTopicOrPartition) && time.Since(began) > unknownPatience {
			return err
		}
		if attempt == 1 {
			c.cfg.Logger.WarnContext(ctx, "waiting for the brokers", what, slog.Any("error", err))
		}
		if over := pause(ctx, delays.next()); over != nil {
			return fmt.Errorf("attempt %d: %w; then no more time: %w", attempt, err, over)
		}
	}
}

// askTimeout bounds what any broker answers at once. One that hangs takes
// connections still, and the others know as much.
const askTimeout = 5 * time.Second

// askAny makes a request that any broker answers, of those configured: first
// the one that answered last.
func (c *Client) askAny(ctx context.Context, request kmsg.Request, answer kmsg.Response) error {
	var errs []error
	first := int(c.answered.Load())
	for i := range c.cfg.Brokers {
		n := (first + i) % len(c.cfg.Brokers)
		err := c.ask(ctx, c.cfg.Brokers[n], request, answer)
		if err == nil {
			c.answered.Store(int64(n))
		}
		if err == nil || ctx.Err() != nil || errors.As(err, new(*LoginError)) {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *Client) ask(ctx context.Context, address string, request kmsg.Request, answer kmsg.Response) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return c.wires.do(ctx, address, func(w *wire) error {
		_, err := w.roundTrip(ctx, request, answer, askTimeout)
		return err
	})
}

// coordinator finds the broker that keeps a group.
func (c *Client) coordinator(ctx context.Context, group string) (string, error) {
	request := kmsg.NewFindCoordinatorRequest()
	request.SetVersion(2)
	request.CoordinatorKey = group
	answer := kmsg.NewPtrFindCoordinatorResponse()
	err := c.askAny(ctx, &request, answer)
	if err == nil {
		err = kafkaError(answer.ErrorCode)
	}
	if err != nil {
		return "", fmt.Errorf("find coordinator of group %s: %w", group, err)
	}
	return net.JoinHostPort(answer.Host, fmt.Sprint(answer.Port)), nil
}

// atCoordinator has ask speak with the broker that keeps a group, again and
// again while that one moves, loads or can't be reached.
func (c *Client) atCoordinator(ctx context.Context, group string, ask func(*wire) error) error {
	return c.persist(ctx, slog.String("group", group), func() error {
		address, err := c.coordinator(ctx, group)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, coordinatorTimeout)
		defer cancel()
		return c.wires.do(ctx, address, ask)
	})
}
