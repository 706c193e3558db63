package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/klauspost/compress/s2"

	"earwitness/pipeline/access"
)

// Reader answers questions from the file at one path, also while another
// process writes it. Each answer is of one moment. Safe for concurrent use.
type Reader struct {
	path string
	db   *sql.DB
}

// readConnections bounds how many questions are answered at a time.
const readConnections = 4

// OpenReader opens the file for reading alone. It fails when no index was
// ever written there, and with *MismatchError when another version of the
// program wrote it.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open index (has a run written it yet?): %w", err)
	}
	db, err := openDatabase(path, true)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readConnections)
	if err := checkVersion(ctx, db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Reader{path: path, db: db}, nil
}

// Close waits for the answers that are under way.
func (r *Reader) Close() error { return r.db.Close() }

// querier is a connection inside a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// snapshot calls fn with one moment of the file.
func (r *Reader) snapshot(ctx context.Context, fn func(*snapshot) error) error {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read index %s: %w", r.path, err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	blocks, err := newBlockReader()
	if err != nil {
		return err
	}
	defer blocks.close()
	return fn(&snapshot{tx: tx, blocks: blocks})
}

// snapshot is one moment of the file, for one goroutine.
type snapshot struct {
	tx     querier
	blocks *blockReader
	views  []*dayView
}

// days calls fn with each day that holds anything, from first to last, in
// order.
func (s *snapshot) days(ctx context.Context, first, last int64, fn func(day int64) error) error {
	for day := first; day <= last; day++ {
		var access, block sql.NullInt64
		if err := s.tx.QueryRowContext(ctx, `SELECT min(day) FROM access WHERE day >= ?`, day).Scan(&access); err != nil {
			return fmt.Errorf("read days of index: %w", err)
		}
		if err := s.tx.QueryRowContext(ctx, `SELECT min(rowid) FROM block WHERE rowid >= ?`, day<<dayBits).Scan(&block); err != nil {
			return fmt.Errorf("read days of index: %w", err)
		}
		switch next := block.Int64 >> dayBits; {
		case access.Valid && block.Valid:
			day = min(access.Int64, next)
		case access.Valid:
			day = access.Int64
		case block.Valid:
			day = next
		default:
			return nil
		}
		if day > last {
			return nil
		}
		if err := fn(day); err != nil {
			return err
		}
	}
	return nil
}

// body gives the record of an access.
func (s *snapshot) body(ctx context.Context, rowid int64) (*access.Record, error) {
	var data sql.RawBytes
	rows, err := s.tx.QueryContext(ctx, `SELECT data FROM body WHERE rowid = ?`, rowid)
	if err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	if !rows.Next() {
		return nil, errors.Join(fmt.Errorf("read access: its body %d is missing", rowid), rows.Err())
	}
	if err := rows.Scan(&data); err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	plain, err := s2.Decode(nil, data)
	if err != nil {
		return nil, fmt.Errorf("decode access: %w", err)
	}
	return decodeRecord(plain)
}

func decodeRecord(data []byte) (*access.Record, error) {
	r := &access.Record{}
	if err := r.UnmarshalVT(data); err != nil {
		return nil, fmt.Errorf("decode record: %w", err)
	}
	return r, nil
}
