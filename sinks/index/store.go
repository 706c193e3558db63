package index

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/s2"
)

// termRows is how many terms one statement takes.
const termRows = 64

// store is the writing side of the file: one connection, its statements and
// buffers. It belongs to one goroutine.
type store struct {
	db       *sql.DB
	conn     *sql.Conn
	stmt     statements
	rows     *rows
	blocks   *blockWriter
	reader   *blockReader
	body     []byte
	args     []any
	sequence int64
	floor    int64
	// small counts the sparsely filled blocks of each day since it was last
	// compacted; dirty are the days written to since purge looked at them.
	small map[int64]int
	dirty map[int64]bool
}

type statements struct {
	access, body, term, terms, block, position, meta *sql.Stmt
}

func newStore(ctx context.Context, db *sql.DB) (*store, error) {
	s := &store{db: db, rows: newRows(), small: map[int64]int{}, dirty: map[int64]bool{}}
	var err error
	if s.conn, err = db.Conn(ctx); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	if s.blocks, err = newBlockWriter(); err != nil {
		return nil, err
	}
	if s.reader, err = newBlockReader(); err != nil {
		return nil, err
	}
	if s.sequence, err = s.loadMeta(ctx, "sequence"); err != nil {
		return nil, err
	}
	s.floor, err = s.loadMeta(ctx, "floor")
	return s, err
}

func (s *store) prepare(ctx context.Context) error {
	all := map[**sql.Stmt]string{
		&s.stmt.access: `INSERT INTO access VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (day, id) DO UPDATE SET revision = excluded.revision, time = excluded.time, state = excluded.state,
			verdict = excluded.verdict, score = excluded.score, recording = excluded.recording
			WHERE excluded.revision > access.revision RETURNING body`,
		&s.stmt.body:     `INSERT OR REPLACE INTO body (rowid, data) VALUES (?, ?)`,
		&s.stmt.term:     `INSERT OR IGNORE INTO term VALUES (?, ?, ?)`,
		&s.stmt.terms:    `INSERT OR IGNORE INTO term VALUES (?, ?, ?)` + strings.Repeat(`, (?, ?, ?)`, termRows-1),
		&s.stmt.block:    `INSERT INTO block (rowid, records, accesses, entries, payload) VALUES (?, ?, ?, ?, ?)`,
		&s.stmt.position: `INSERT OR REPLACE INTO position VALUES (?, ?)`,
		&s.stmt.meta:     `INSERT OR REPLACE INTO meta VALUES (?, ?)`,
	}
	for stmt, text := range all {
		var err error
		if *stmt, err = s.conn.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // closed with the connection
			return fmt.Errorf("prepare statement of index: %w", err)
		}
	}
	return nil
}

func (s *store) loadMeta(ctx context.Context, name string) (int64, error) {
	var value int64
	err := s.conn.QueryRowContext(ctx, `SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?`, name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read %s of index: %w", name, err)
	}
	return value, nil
}

func (s *store) close() error {
	if s.reader != nil {
		s.reader.close()
	}
	return errors.Join(s.conn.Close(), s.db.Close())
}

// apply writes rows and positions in one transaction: all or nothing, and on
// disk when it returns.
func (s *store) apply(ctx context.Context, rows *rows, next map[int]int64) error {
	return s.transaction(ctx, func() error {
		if err := s.putRequests(ctx, rows.requests); err != nil {
			return err
		}
		if err := s.putAccesses(ctx, rows); err != nil {
			return err
		}
		for n, offset := range next {
			if _, err := s.stmt.position.ExecContext(ctx, n, offset); err != nil {
				return fmt.Errorf("store position of partition %d: %w", n, err)
			}
		}
		return nil
	})
}

func (s *store) transaction(ctx context.Context, fn func() error) error {
	if _, err := s.conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	err := fn()
	if err == nil {
		_, err = s.stmt.meta.ExecContext(ctx, "sequence", strconv.FormatInt(s.sequence, 10))
	}
	if err == nil {
		_, err = s.conn.ExecContext(ctx, `COMMIT`)
	}
	if err != nil {
		// The rollback must happen even when ctx is what failed. SQLite may
		// have rolled back by itself; then this one says so, and no harm.
		_, _ = s.conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

func (s *store) nextRow(day int64) int64 {
	s.sequence++
	return day<<dayBits | s.sequence&(1<<dayBits-1)
}

// putRequests appends the requests as blocks.
func (s *store) putRequests(ctx context.Context, requests []request) error {
	sortRequests(requests)
	for len(requests) > 0 {
		n := cutBlock(requests)
		row, day := s.blocks.build(requests[:n]), requests[0].day
		if _, err := s.stmt.block.ExecContext(ctx, s.nextRow(day), row.records, row.accesses, row.entries, row.payload); err != nil {
			return fmt.Errorf("store block: %w", err)
		}
		s.dirty[day] = true
		if n < blockRecords/2 {
			s.small[day]++
		}
		requests = requests[n:]
	}
	return nil
}

// putAccesses stores those that are newer than what is there. They are sorted
// so that neighbours in the file are written together.
func (s *store) putAccesses(ctx context.Context, rows *rows) error {
	slices.SortFunc(rows.accesses, func(a, b accessRow) int {
		if c := cmp.Compare(a.day, b.day); c != 0 {
			return c
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
	for i := range rows.accesses {
		row := &rows.accesses[i]
		stored, err := s.putAccess(ctx, row)
		if err != nil {
			return fmt.Errorf("store access %x: %w", row.id, err)
		}
		if !stored {
			continue
		}
		rows.termBuffer = appendTerms(rows.termBuffer[:0], row.record)
		for _, hash := range rows.termBuffer {
			rows.terms = append(rows.terms, term{row.day, hash, row.id})
		}
	}
	return s.putTerms(ctx, rows)
}

func (s *store) putAccess(ctx context.Context, row *accessRow) (stored bool, err error) {
	r := row.record
	body := s.nextRow(row.day)
	err = s.stmt.access.QueryRowContext(ctx, row.day, row.id[:], int64(r.Arrival.Revision), r.TimeMs, int64(r.State),
		int64(r.Verdict), Score(r), int64(hashTerm(fieldRecording, recordingName(r))), body).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.body = s2.Encode(s.body[:cap(s.body)], row.data)
	_, err = s.stmt.body.ExecContext(ctx, body, s.body)
	return true, err
}

// putTerms adds what the accesses can be found by. Terms of an older revision
// stay: readers look at the record itself.
func (s *store) putTerms(ctx context.Context, rows *rows) error {
	slices.SortFunc(rows.terms, func(a, b term) int {
		if c := cmp.Compare(a.day, b.day); c != 0 {
			return c
		}
		if c := cmp.Compare(int64(a.hash), int64(b.hash)); c != 0 {
			return c
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
	terms := slices.Compact(rows.terms)
	for len(terms) > 0 {
		stmt, n := s.stmt.terms, termRows
		if len(terms) < termRows {
			stmt, n = s.stmt.term, 1
		}
		s.args = s.args[:0]
		for i := range terms[:n] {
			s.args = append(s.args, terms[i].day, int64(terms[i].hash), terms[i].id[:])
		}
		if _, err := stmt.ExecContext(ctx, s.args...); err != nil {
			return fmt.Errorf("store terms: %w", err)
		}
		terms = terms[n:]
	}
	return nil
}
