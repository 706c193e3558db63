package index

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"

	"earwitness/pipeline/access"
)

// viewEntries bounds how many identities are sorted at a time: about 10 MiB.
// A day with more takes several passes over its lists.
const viewEntries = 1 << 18

// dayView knows which records of a day's blocks are the current revisions.
// It holds 2 bits a record, and the lists of accesses once they are asked
// for.
type dayView struct {
	day    int64
	blocks []viewBlock
	total  int
	// current: no higher revision is in the day. live: and not retracted.
	current, live bitset
	currents      int
	states        [4]int64
	// byAccess gives the blocks that may hold requests of an access.
	byAccess map[uint32][]int32
}

type viewBlock struct {
	rowid   int64
	first   int
	records int
}

type viewEntry struct {
	entry
	at int
}

// loadView reads the lists of a day and works out the current revisions.
func loadView(ctx context.Context, tx querier, day int64) (*dayView, error) {
	return loadViewIn(ctx, tx, day, viewEntries)
}

// loadViewIn sorts about limit identities at a time.
func loadViewIn(ctx context.Context, tx querier, day int64, limit int) (*dayView, error) {
	v := &dayView{day: day}
	if err := v.loadBlocks(ctx, tx); err != nil {
		return nil, fmt.Errorf("read blocks of day %d: %w", day, err)
	}
	v.current, v.live = newBitset(v.total), newBitset(v.total)
	passes := uint64(v.total/limit + 1)
	var entries []viewEntry
	for pass := range passes {
		entries = entries[:0]
		err := v.eachList(ctx, tx, "entries", func(n int, list []byte) error {
			b := v.blocks[n]
			if len(list) != b.records*entrySize {
				return fmt.Errorf("block %d has a list of %d bytes for %d records", b.rowid, len(list), b.records)
			}
			for i := range b.records {
				e := entryAt(list, i)
				if binary.BigEndian.Uint64(e.id[:])%passes == pass {
					entries = append(entries, viewEntry{e, b.first + i})
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read identities of day %d: %w", day, err)
		}
		v.judge(entries)
	}
	return v, nil
}

func (v *dayView) loadBlocks(ctx context.Context, tx querier) error {
	rows, err := tx.QueryContext(ctx, `SELECT rowid, records FROM block WHERE rowid >= ? AND rowid < ? ORDER BY rowid`,
		v.day<<dayBits, (v.day+1)<<dayBits)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		b := viewBlock{first: v.total}
		if err := rows.Scan(&b.rowid, &b.records); err != nil {
			return err
		}
		v.total += b.records
		v.blocks = append(v.blocks, b)
	}
	return rows.Err()
}

// eachList calls fn with a column of each block, in order.
func (v *dayView) eachList(ctx context.Context, tx querier, column string, fn func(n int, list []byte) error) error {
	rows, err := tx.QueryContext(ctx, `SELECT `+column+` FROM block WHERE rowid >= ? AND rowid < ? ORDER BY rowid`,
		v.day<<dayBits, (v.day+1)<<dayBits)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for n := 0; rows.Next(); n++ {
		var list sql.RawBytes
		if err := rows.Scan(&list); err != nil {
			return err
		}
		if err := fn(n, list); err != nil {
			return err
		}
	}
	return rows.Err()
}

// judge marks the highest revision of each identity; of equal ones the first.
func (v *dayView) judge(entries []viewEntry) {
	slices.SortFunc(entries, func(a, b viewEntry) int {
		if c := bytes.Compare(a.id[:], b.id[:]); c != 0 {
			return c
		}
		if c := cmp.Compare(b.revision, a.revision); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	for i := range entries {
		e := &entries[i]
		if i > 0 && e.id == entries[i-1].id {
			continue
		}
		v.current.set(e.at)
		v.currents++
		if int(e.state) < len(v.states) && e.state >= 0 {
			v.states[e.state]++
		}
		if e.state != access.State_STATE_RETRACTED {
			v.live.set(e.at)
		}
	}
}

// loadAccesses reads which accesses each block holds requests of.
func (v *dayView) loadAccesses(ctx context.Context, tx querier) error {
	if v.byAccess != nil {
		return nil
	}
	found := map[uint32][]int32{}
	err := v.eachList(ctx, tx, "accesses", func(n int, list []byte) error {
		for ; len(list) >= prefixSize; list = list[prefixSize:] {
			prefix := binary.BigEndian.Uint32(list)
			found[prefix] = append(found[prefix], int32(n))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read accesses of day %d: %w", v.day, err)
	}
	v.byAccess = found
	return nil
}

// readBlock calls fn with those of a block's records that keep has.
func (v *dayView) readBlock(ctx context.Context, tx querier, r *blockReader, n int, keep bitset, fn func(*access.Record, []byte) error) error {
	b := v.blocks[n]
	if !keep.any(b.first, b.first+b.records) {
		return nil
	}
	var payload []byte
	err := tx.QueryRowContext(ctx, `SELECT payload FROM block WHERE rowid = ?`, b.rowid).Scan(&payload)
	if err != nil {
		return fmt.Errorf("read block %d: %w", b.rowid, err)
	}
	return r.read(payload, func(i int, data []byte) error {
		if i >= b.records || !keep.has(b.first+i) {
			return nil
		}
		record, err := decodeRecord(data)
		if err != nil {
			return fmt.Errorf("read block %d: %w", b.rowid, err)
		}
		return fn(record, data)
	})
}

// bitset holds a bit for each record of a day.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) any(from, to int) bool {
	for i := from; i < to; i++ {
		if i%64 == 0 && i+64 <= to {
			if b[i/64] != 0 {
				return true
			}
			i += 63
			continue
		}
		if b.has(i) {
			return true
		}
	}
	return false
}
