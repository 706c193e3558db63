package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// standing has, by its identity, the contents of each access that stood, at
// about 40 bytes each.
type standing map[evidence.ID]uint64

// remember notes what is said of accesses before the rebuild.
func (r *Rebuild) remember(ctx context.Context) error {
	r.before = make(standing)
	return r.engine.index.All(ctx, func(rec *access.Record) error {
		if rec.Kind != access.Kind_KIND_ACCESS {
			return nil
		}
		sum, err := contents(rec)
		r.before[evidence.ID(rec.Id)] = sum
		return err
	})
}

// contents is a hash of everything but what depends on when evidence came.
func contents(rec *access.Record) (uint64, error) {
	arrival := rec.Arrival
	rec.Arrival = nil
	data, err := rec.MarshalVT()
	rec.Arrival = arrival
	if err != nil {
		return 0, fmt.Errorf("marshal record %x: %w", rec.Id, err)
	}
	sum := sha256.Sum256(data)
	return binary.BigEndian.Uint64(sum[:]), nil
}

// void is a record of an earlier epoch that did not come again.
type void struct {
	record *access.Record
	// successor is the access that its first evidence belongs to now.
	successor []byte
}

// retract says of the records that did not come again that they are void,
// and which accesses replace them. One whose evidence did not come again
// either, since the archive never got it or it could not be judged, stands.
func (r *Rebuild) retract(ctx context.Context) error {
	voids, err := r.compare(ctx)
	if err != nil {
		return err
	}
	if err := r.findSuccessors(ctx, voids); err != nil {
		return err
	}
	e := r.engine
	out := newBatches(e.access, e.config.Bus.Partitions)
	// By evidence, so that every rebuild does it in one order.
	for _, id := range slices.SortedFunc(maps.Keys(voids), func(a, b evidence.ID) int { return bytes.Compare(a[:], b[:]) }) {
		for _, v := range voids[id] {
			if v.successor == nil {
				r.count(func(d *Rebuilt) { d.Left++ })
				continue
			}
			value, err := r.retraction(v).MarshalVT()
			if err != nil {
				return fmt.Errorf("marshal record %x: %w", v.record.Id, err)
			}
			if err := out.add(ctx, evidence.SubjectKey(nil, v.record.SubjectKind, v.record.SubjectId), value); err != nil {
				return err
			}
			r.count(func(d *Rebuilt) { d.Retracted++ })
		}
	}
	return out.finish(ctx)
}

// compare counts what came again, and gives by their first piece of evidence
// the records that did not.
func (r *Rebuild) compare(ctx context.Context) (map[evidence.ID][]*void, error) {
	voids := make(map[evidence.ID][]*void)
	err := r.engine.index.All(ctx, func(rec *access.Record) error {
		switch {
		case !r.isPresent(rec):
			if len(rec.Evidence) == 0 || len(rec.Evidence[0].Id) != len(evidence.ID{}) {
				r.count(func(d *Rebuilt) { d.Left++ })
				return nil
			}
			id := evidence.ID(rec.Evidence[0].Id)
			voids[id] = append(voids[id], &void{record: stub(rec)})
		case rec.Kind == access.Kind_KIND_REQUEST:
			r.count(func(d *Rebuilt) { d.Requests++ })
		default:
			return r.judgeAccess(rec)
		}
		return nil
	})
	return voids, err
}

func (r *Rebuild) isPresent(rec *access.Record) bool {
	epoch, _ := access.SplitRevision(rec.GetArrival().GetRevision())
	return epoch >= r.engine.epoch.Number
}

func (r *Rebuild) judgeAccess(rec *access.Record) error {
	now, err := contents(rec)
	if err != nil {
		return err
	}
	before, stood := r.before[evidence.ID(rec.Id)]
	r.count(func(d *Rebuilt) {
		switch {
		case !stood:
			d.New++
		case before == now:
			d.Same++
		default:
			d.Changed++
		}
	})
	return nil
}

// findSuccessors looks for the evidence of voids in the present records.
func (r *Rebuild) findSuccessors(ctx context.Context, voids map[evidence.ID][]*void) error {
	if len(voids) == 0 {
		return nil
	}
	return r.engine.index.All(ctx, func(rec *access.Record) error {
		if !r.isPresent(rec) {
			return nil
		}
		for _, ref := range rec.Evidence {
			if len(ref.Id) != len(evidence.ID{}) {
				continue
			}
			for _, v := range voids[evidence.ID(ref.Id)] {
				v.successor = rec.AccessId
			}
		}
		return nil
	})
}

// stub keeps of a record what its retraction says.
func stub(rec *access.Record) *access.Record {
	return &access.Record{
		Id: rec.Id, AccessId: rec.AccessId, Kind: rec.Kind, SubjectKind: rec.SubjectKind, SubjectId: rec.SubjectId,
		TimeMs: rec.TimeMs, RecordingId: rec.RecordingId, Bucket: rec.Bucket, Key: rec.Key, Arrival: rec.Arrival,
	}
}

// retraction replaces all of earlier epochs and nothing of this one: should
// the access come to be again, in whatever partition its subject lies now,
// that revision is higher. So its offset is 0, where no partition has
// anything of a later epoch than the first.
func (r *Rebuild) retraction(v *void) *access.Record {
	rec := v.record
	rec.State, rec.Successor, rec.Model = access.State_STATE_RETRACTED, v.successor, r.engine.config.Rules().Model
	began := r.engine.began.UnixMilli()
	rec.Arrival = &access.Arrival{
		Revision: access.Revision(r.engine.epoch.Number, 0), FirstMs: began, LastMs: began, LateByMs: began - rec.TimeMs,
	}
	return rec
}
