package index

import (
	"context"
	"fmt"

	"earwitness/pipeline/access"
)

const (
	// smallBlocks of a day, written by slow traffic, are put together. A view
	// of the day reads as many bytes before as after, so this is for the size
	// of the file, and can wait: a load that is soon over never pays for it.
	smallBlocks = 1024
	// compactRecords are rewritten in one transaction.
	compactRecords = 32 * blockRecords
)

// purge drops the days before floor, then compacts the days written to since
// the last time where under two thirds of the records are current.
func (s *store) purge(ctx context.Context, floor int64) error {
	if floor > s.floor {
		if err := s.dropBefore(ctx, floor); err != nil {
			return err
		}
	}
	for day := range s.dirty {
		v, err := loadView(ctx, s.conn, day)
		if err != nil {
			return err
		}
		if 3*v.currents < 2*v.total {
			if err := s.compact(ctx, v, v.places(func(viewBlock) bool { return true })); err != nil {
				return err
			}
		}
		delete(s.dirty, day)
	}
	return nil
}

// dropBefore deletes a day at a time, so that no transaction grows large.
func (s *store) dropBefore(ctx context.Context, floor int64) error {
	past := &snapshot{tx: s.conn}
	err := past.days(ctx, 0, floor-1, func(day int64) error {
		delete(s.small, day)
		delete(s.dirty, day)
		return s.transaction(ctx, func() error { return s.dropDay(ctx, day) })
	})
	if err != nil {
		return err
	}
	err = s.transaction(ctx, func() error {
		_, err := s.stmt.meta.ExecContext(ctx, "floor", fmt.Sprint(floor))
		return err
	})
	if err == nil {
		s.floor = floor
	}
	return err
}

func (s *store) dropDay(ctx context.Context, day int64) error {
	from, to := day<<dayBits, (day+1)<<dayBits
	for _, table := range []string{"block", "body"} {
		if _, err := s.conn.ExecContext(ctx, `DELETE FROM `+table+` WHERE rowid >= ? AND rowid < ?`, from, to); err != nil {
			return fmt.Errorf("purge %s: %w", table, err)
		}
	}
	for _, table := range []string{"access", "term"} {
		if _, err := s.conn.ExecContext(ctx, `DELETE FROM `+table+` WHERE day = ?`, day); err != nil {
			return fmt.Errorf("purge %s: %w", table, err)
		}
	}
	return nil
}

// compactSmall puts together the blocks of days that slow traffic has left
// many small ones of.
func (s *store) compactSmall(ctx context.Context) error {
	for day, n := range s.small {
		if n < smallBlocks {
			continue
		}
		delete(s.small, day)
		v, err := loadView(ctx, s.conn, day)
		if err != nil {
			return err
		}
		sparse := v.places(func(b viewBlock) bool { return b.records < blockRecords/2 })
		if err := s.compact(ctx, v, sparse); err != nil {
			return err
		}
	}
	return nil
}

// places of the blocks that which picks.
func (v *dayView) places(which func(viewBlock) bool) []int {
	var places []int
	for n, b := range v.blocks {
		if which(b) {
			places = append(places, n)
		}
	}
	return places
}

// compact rewrites blocks of a day in runs, each in a transaction of its own:
// what is no longer current is left out, tombstones stay. Answers are the
// same before, between and after.
func (s *store) compact(ctx context.Context, v *dayView, places []int) error {
	small := s.small[v.day]
	for len(places) > 0 {
		run := v.cutRun(places)
		places = places[len(run):]
		err := s.transaction(ctx, func() error { return s.compactRun(ctx, v, run) })
		if err != nil {
			return fmt.Errorf("compact day %d: %w", v.day, err)
		}
	}
	s.small[v.day] = small
	return nil
}

// cutRun gives the first places that hold about compactRecords.
func (v *dayView) cutRun(places []int) []int {
	records := 0
	for i, n := range places {
		if records += v.blocks[n].records; records >= compactRecords {
			return places[:i+1]
		}
	}
	return places
}

func (s *store) compactRun(ctx context.Context, v *dayView, places []int) error {
	var kept []request
	for _, n := range places {
		err := v.readBlock(ctx, s.conn, s.reader, n, v.current, func(r *access.Record, data []byte) error {
			row := request{
				day: v.day, id: id(r.Id), revision: r.GetArrival().GetRevision(),
				state: r.State, time: r.TimeMs, data: data,
			}
			copy(row.access[:], r.AccessId)
			kept = append(kept, row)
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(ctx, `DELETE FROM block WHERE rowid = ?`, v.blocks[n].rowid); err != nil {
			return err
		}
	}
	return s.putRequests(ctx, kept)
}
