package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// unknownPatience is how long a topic may be unknown to a broker: what was
// made just now is not known everywhere at once.
const unknownPatience = 10 * time.Second

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

// askAny makes a request that any broker answers, of those configured.
func (c *Client) askAny(ctx context.Context, request kmsg.Request, answer kmsg.Response) error {
	var errs []error
	for _, i := range rand.Perm(len(c.cfg.Brokers)) {
		err := c.wires.do(ctx, c.cfg.Brokers[i], func(w *wire) error {
			_, err := w.roundTrip(ctx, request, answer, 0)
			return err
		})
		if err == nil || ctx.Err() != nil || errors.As(err, new(*LoginError)) {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
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
		return c.wires.do(ctx, address, ask)
	})
}
