package engine

import (
	"context"
	"fmt"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
)

// publish reads records again, puts what comes of them on the bus, and settles
// their letters when that is durable.
func (r *Redelivery) publish(ctx context.Context, all []*letters.Letter) error {
	var batch evidence.Batch
	fates := make([]fate, len(all))
	for i, l := range all {
		now := r.decoders.Again(l)
		switch fates[i] = fateOf(l, &now); fates[i].kind {
		case fateReplayed:
			batch.Evidence = append(batch.Evidence, now.Evidence)
		case fateSuperseded:
			batch.DeadLetters = append(batch.DeadLetters, now.Letter)
		}
	}
	return r.conclude(ctx, all, fates, batch)
}

// conclude puts what comes of letters on the bus, settles those that are done
// with when it is durable, and counts them all.
func (r *Redelivery) conclude(ctx context.Context, all []*letters.Letter, fates []fate, batch evidence.Batch) error {
	if err := r.hand(ctx, batch); err != nil {
		return err
	}
	var replayed, superseded []*letters.Letter
	for i, l := range all {
		switch fates[i].kind {
		case fateReplayed, fatePassed:
			replayed = append(replayed, l)
		case fateSuperseded:
			superseded = append(superseded, l)
		}
	}
	if err := r.settle(ctx, letters.Replayed, replayed); err != nil {
		return err
	}
	if err := r.settle(ctx, letters.Superseded, superseded); err != nil {
		return err
	}
	for i, l := range all {
		r.count(l.DeadLetter, fates[i])
	}
	return nil
}

// hand puts a batch on the bus and waits until it is durable.
func (r *Redelivery) hand(ctx context.Context, batch evidence.Batch) error {
	if r.options.DryRun {
		return nil
	}
	settled := make(chan error, 1)
	if err := r.engine.publisher.Publish(ctx, batch, func(err error) { settled <- err }); err != nil {
		return fmt.Errorf("publish what was read again: %w", err)
	}
	select {
	case err := <-settled:
		if err != nil {
			return fmt.Errorf("publish what was read again: %w", err)
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// settle acknowledges letters, each in the log that it lies in, and waits
// until that is durable. Logs of former lineages take nothing any more: the
// present one says it.
func (r *Redelivery) settle(ctx context.Context, how string, all []*letters.Letter) error {
	for _, l := range all {
		r.seen[placeOfLetter(l)] = true
	}
	if r.options.DryRun || len(all) == 0 {
		return nil
	}
	if r.unsettled {
		return errUnsettled
	}
	e := r.engine
	byPartition := map[int]*bus.Acknowledgement{}
	for _, l := range all {
		partition, through := l.Log.Partition, l.Offset
		if l.Log.Lineage != e.epoch.lineage() {
			partition, through = bus.PartitionOf(l.Id, e.config.Bus.Partitions), -1
		}
		a := byPartition[partition]
		if a == nil {
			a = &bus.Acknowledgement{How: how, Reason: r.options.Dismiss}
			byPartition[partition] = a
		}
		a.Letters = append(a.Letters, &bus.SettledLetter{Id: l.Id, Through: through})
	}
	records := make([]bus.Record, 0, len(byPartition))
	for partition, a := range byPartition {
		records = append(records, bus.ControlRecord(partition, &bus.Control{Body: &bus.Control_Acknowledgement{Acknowledgement: a}}))
	}
	settled := make(chan error, 1)
	err := e.deadLetters.Produce(ctx, records, func(err error) { settled <- err })
	if err == nil {
		select {
		case err = <-settled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("acknowledge dead letters: %w; what was published is found again, so repeat the replay", err)
	}
	return nil
}
