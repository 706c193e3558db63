package queue

import (
	"context"
	"errors"
	"sync"

	"earwitness/sources/intake"
	"earwitness/sources/intake/notification"
)

// Objects carries the log objects that notifications tell of.
type Objects struct {
	scope    notification.Scope
	delivery *intake.Delivery
	// reading bounds how many are read at a time.
	reading chan struct{}
}

var _ Carrier = (*Objects)(nil)

// NewObjects reads objects of a scope by a delivery for its bucket, some at a
// time [16].
func NewObjects(scope notification.Scope, delivery *intake.Delivery, parallel int) *Objects {
	if parallel <= 0 {
		parallel = 16
	}
	return &Objects{scope: scope, delivery: delivery, reading: make(chan struct{}, parallel)}
}

// Progress implements Carrier.
func (o *Objects) Progress() intake.Progress { return o.delivery.Progress() }

// Carry implements Carrier. One object that can't be read does not keep the
// others of a message from being read.
func (o *Objects) Carry(ctx context.Context, m Message) error {
	message, err := notification.Read(m.Body)
	if err == nil {
		err = o.scope.Check(message.Objects)
	}
	if err != nil {
		return err
	}
	var (
		settled sync.WaitGroup
		mu      sync.Mutex
		first   error
	)
	note := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		var refused *intake.RefusalError
		if first == nil || errors.As(first, &refused) { // what may pass comes first
			first = err
		}
	}
	for _, object := range message.Objects {
		settled.Add(1)
		err := o.read(ctx, object, func(err error) {
			if err != nil {
				note(err)
			}
			settled.Done()
		})
		if err != nil {
			note(err)
			settled.Done()
		}
	}
	// Those who were handed something answer soon, also when ctx ends.
	settled.Wait()
	return first
}

// read hands on an object in the state that was told of. Where that is not the
// current one any more, it is looked for among the bucket's versions.
func (o *Objects) read(ctx context.Context, object notification.Object, settled func(error)) error {
	select {
	case o.reading <- struct{}{}:
		defer func() { <-o.reading }()
	case <-ctx.Done():
		return ctx.Err()
	}
	listed := intake.Listed{Key: object.Key, Size: object.Size, ETag: object.ETag, Modified: object.Time}
	err := o.delivery.Read(ctx, listed, settled)
	var refused *intake.RefusalError
	if object.VersionID == "" || !errors.As(err, &refused) || refused.Cause == intake.CauseDenied {
		return err
	}
	listed.VersionID = object.VersionID
	return o.delivery.Read(ctx, listed, settled)
}
