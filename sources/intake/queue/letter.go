package queue

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
)

// Stage is the stage that dead letters of this package name.
const Stage = "queue"

// letter stands for a message, with its bytes.
func letter(queue string, m Message, cause, detail string) evidence.Batch {
	sum := sha256.Sum256(m.Body)
	id := evidence.DeadLetterID(Stage, cause, sum)
	return evidence.Batch{DeadLetters: []*evidence.DeadLetter{{
		Id: id[:], Stage: Stage, Cause: cause, TimeMs: time.Now().UnixMilli(), Detail: detail, Raw: m.Body,
		Origin: &evidence.Origin{Uri: uri(queue, m), Length: int64(len(m.Body)), Sha256: sum[:]},
	}}}
}

func uri(queue string, m Message) string { return queue + "#" + m.ID }

// publish hands a batch on and waits until it is durable.
func publish(ctx context.Context, publisher intake.Publisher, batch evidence.Batch) error {
	answer := make(chan error, 1)
	if err := publisher.Publish(ctx, batch, func(err error) { answer <- err }); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return <-answer
}
