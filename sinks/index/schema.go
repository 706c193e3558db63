package index

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	_ "modernc.org/sqlite" // the driver, pure Go
)

// schemaVersion is the format of the file. A file of another version is
// refused: it is a view, and quicker made again than converted.
const schemaVersion = 1

// day numbers are days since 1970, UTC. A block's rowid is day<<32 | sequence
// and a body's likewise, so that each day is one range of its table.
const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE position (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE access (
  day INTEGER NOT NULL, id BLOB NOT NULL,
  revision INTEGER NOT NULL, time INTEGER NOT NULL,
  state INTEGER NOT NULL, verdict INTEGER NOT NULL, score INTEGER NOT NULL,
  recording INTEGER NOT NULL, body INTEGER NOT NULL,
  PRIMARY KEY (day, id)) WITHOUT ROWID;
CREATE TABLE body (rowid INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE term (
  day INTEGER NOT NULL, term INTEGER NOT NULL, id BLOB NOT NULL,
  PRIMARY KEY (day, term, id)) WITHOUT ROWID;
CREATE TABLE block (
  rowid INTEGER PRIMARY KEY,
  records INTEGER NOT NULL,
  accesses BLOB NOT NULL, entries BLOB NOT NULL, payload BLOB NOT NULL);
`

// openDatabase opens the file at path. Pages are SQLite's 4 KiB: larger
// ones would have each scattered term write more. The cache bounds memory.
func openDatabase(path string, readOnly bool) (*sql.DB, error) {
	mode, cache := "rwc", "cache_size(-24576)"
	if readOnly {
		mode, cache = "ro", "cache_size(-4096)"
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	q := url.Values{"mode": {mode}, "_pragma": {
		"busy_timeout(10000)", cache, "temp_store(2)",
	}}
	if !readOnly {
		q["_pragma"] = append([]string{"journal_mode(WAL)"}, q["_pragma"]...)
		q.Add("_pragma", "synchronous(FULL)")
		q.Add("_pragma", "wal_autocheckpoint(8192)")
		q.Add("_pragma", "journal_size_limit(67108864)")
	}
	u.RawQuery = q.Encode()
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("open index %s: %w", path, err)
	}
	return db, nil
}

// prepareSchema makes the tables in an empty file and checks what a full one
// was made for.
func prepareSchema(ctx context.Context, db *sql.DB, cfg *Config) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("open index %s: %w", cfg.Path, err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	var tables int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return fmt.Errorf("read schema of index %s: %w", cfg.Path, err)
	}
	want := map[string]string{
		"schema":     strconv.Itoa(schemaVersion),
		"lineage":    hex.EncodeToString(cfg.Lineage),
		"partitions": strconv.Itoa(cfg.Partitions),
	}
	if tables == 0 {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return fmt.Errorf("make tables of index %s: %w", cfg.Path, err)
		}
		for name, value := range want {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES (?, ?)`, name, value); err != nil {
				return fmt.Errorf("make tables of index %s: %w", cfg.Path, err)
			}
		}
		if err := tx.Commit(); err != nil {
			// One that was cancelled says no more than that it is over.
			return fmt.Errorf("make tables of index %s: %w", cfg.Path, cmp.Or(ctx.Err(), err))
		}
		return nil
	}
	for _, name := range []string{"schema", "lineage", "partitions"} {
		var have string
		err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&have)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read schema of index %s: %w", cfg.Path, err)
		}
		if have != want[name] {
			return &MismatchError{Path: cfg.Path, What: name, Have: have, Want: want[name]}
		}
	}
	return nil
}

// checkVersion refuses a file of another format.
func checkVersion(ctx context.Context, db *sql.DB, path string) error {
	var have string
	err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'schema'`).Scan(&have)
	if err != nil {
		return fmt.Errorf("read index %s (has a run written it yet?): %w", path, err)
	}
	if want := strconv.Itoa(schemaVersion); have != want {
		return &MismatchError{Path: path, What: "schema", Have: have, Want: want}
	}
	return nil
}

// MismatchError says that the file was made for something else: another
// format of ours, other topics (lineage), another count of partitions.
type MismatchError struct {
	Path, What, Have, Want string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("open index %s: it has %s %q and this run %q: delete the file and let it be built again, or give its own data folder",
		e.Path, e.What, e.Have, e.Want)
}
