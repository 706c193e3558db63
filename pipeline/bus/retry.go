package bus

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/segmentio/kafka-go"
)

// backoff gives waiting times that double from first to most. Each is drawn
// from its upper half, so that those who failed together don't come back
// together.
type backoff struct {
	first, most time.Duration
	at          time.Duration
}

func (b *backoff) next() time.Duration {
	b.at = min(max(b.at*2, b.first), b.most)
	return b.at/2 + rand.N(b.at/2+1)
}

func (b *backoff) reset() { b.at = 0 }

// pause waits for d or until ctx ends, whose error it gives.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func isKafkaError(err error, code kafka.Error) bool {
	var found kafka.Error
	return errors.As(err, &found) && found == code
}

// transient tells whether trying again may help. What the broker refuses for
// good does not get better, nor does a position that the topic lacks; a
// connection that breaks, a leader that moves or a full disk may.
func transient(err error) bool {
	var refusal kafka.Error
	if errors.As(err, &refusal) {
		switch refusal {
		case kafka.Unknown, kafka.BrokerNotAvailable, kafka.ReplicaNotAvailable:
			return true
		}
		return refusal.Temporary()
	}
	for _, target := range []any{new(*GapError), new(*BeyondEndError), new(*HoleError), new(*CorruptError), new(*TooLargeError), new(*PartitionsError), new(*LoginError)} {
		if errors.As(err, target) {
			return false
		}
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, ErrClosed)
}

// Transient tells whether what a Producer gave up may still succeed later. It
// takes errors that it knows nothing of for such as may pass.
func Transient(err error) bool { return transient(err) }

// kafkaError gives nil for code 0.
func kafkaError(code int16) error {
	if code == 0 {
		return nil
	}
	return kafka.Error(code)
}
