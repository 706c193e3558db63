package index

import (
	"context"
	"errors"
	"math"

	"earwitness/pipeline/access"
)

// All calls fn with every current record of both kinds, each once, the
// retracted left out: day by day, of each first the accesses in order of
// time, then the requests. It is of one moment, and its memory does not grow
// with the records. An error of fn ends it and comes back.
func (r *Reader) All(ctx context.Context, fn func(*access.Record) error) error {
	return r.snapshot(ctx, func(s *snapshot) error {
		return s.days(ctx, 0, math.MaxInt32, func(day int64) error {
			err := s.accessesOf(ctx, day, fn)
			if err != nil {
				return err
			}
			v, err := loadView(ctx, s.tx, day)
			if err != nil {
				return err
			}
			for n := range v.blocks {
				err := v.readBlock(ctx, s.tx, s.blocks, n, v.live, func(rec *access.Record, _ []byte) error { return fn(rec) })
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *snapshot) accessesOf(ctx context.Context, day int64, fn func(*access.Record) error) error {
	refs, err := s.accessRefs(ctx, day, &Query{}, nil)
	if err != nil {
		return err
	}
	for i := range refs {
		rec, err := s.body(ctx, refs[i].body)
		if err != nil {
			return err
		}
		if err := fn(rec); err != nil {
			return err
		}
	}
	return nil
}

// Access gives one access by its id with its requests in order of time; nil
// where there is none, or it is retracted.
func (r *Reader) Access(ctx context.Context, accessID []byte) (rec *access.Record, requests []*access.Record, err error) {
	if len(accessID) != len(id{}) {
		return nil, nil, nil
	}
	err = r.snapshot(ctx, func(s *snapshot) error {
		err := s.eachAccess(ctx, &Query{AccessID: accessID}, func(found *access.Record) error {
			rec = found
			return errStop
		})
		if !errors.Is(err, errStop) {
			return err
		}
		requests, err = s.requestsOf(ctx, rec)
		return err
	})
	return rec, requests, err
}
