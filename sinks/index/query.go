package index

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"earwitness/pipeline/access"
)

// Query asks for accesses. An empty field asks nothing; an access must answer
// all that are set.
type Query struct {
	// RecordingID, or the id of whatever else a record is about.
	RecordingID string
	// Person is an id, a name or an address for mail of the person, or the
	// principal, in any case of letters.
	Person string
	// IP is an address in any of its forms.
	IP string
	// Verdict is unknown to ask for all.
	Verdict access.Verdict
	// AccessID of one access.
	AccessID []byte
	// Since and Until bound the record's own time, both ends included.
	Since, Until time.Time
	// Requests has each access followed by its requests.
	Requests bool
	// Limit ends the answer after so many accesses; 0 sets no limit.
	Limit int
}

// errStop ends a walk whose reader has had enough.
var errStop = errors.New("stop")

// Query gives the accesses that q asks for, in order of time (then id), the
// retracted left out. With q.Requests each is followed by its requests in
// order of time. It ends at the first error, which comes with a nil record.
// While it goes on it holds one moment of the file.
func (r *Reader) Query(ctx context.Context, q Query) iter.Seq2[*access.Record, error] {
	return func(yield func(*access.Record, error) bool) {
		left := q.Limit
		err := r.snapshot(ctx, func(s *snapshot) error {
			return s.eachAccess(ctx, &q, func(rec *access.Record) error {
				if !yield(rec, nil) {
					return errStop
				}
				if q.Requests {
					if err := s.eachRequest(ctx, rec, yield); err != nil {
						return err
					}
				}
				if left--; left == 0 {
					return errStop
				}
				return nil
			})
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// eachAccess walks the days of q in order, and each in order of time.
func (s *snapshot) eachAccess(ctx context.Context, q *Query, fn func(*access.Record) error) error {
	first, last := q.days()
	terms := q.terms()
	return s.days(ctx, first, last, func(day int64) error {
		refs, err := s.accessRefs(ctx, day, q, terms)
		if err != nil {
			return err
		}
		for i := range refs {
			rec, err := s.body(ctx, refs[i].body)
			if err != nil {
				return err
			}
			if !q.matches(rec) {
				continue
			}
			if err := fn(rec); err != nil {
				return err
			}
		}
		return nil
	})
}

// days that can hold what q asks for. The day of an act is that of its own
// time, which may lie a little beside that of its record.
func (q *Query) days() (first, last int64) {
	last = math.MaxInt32
	if !q.Since.IsZero() {
		first = max(dayOf(q.Since.UnixMilli())-1, 0)
	}
	if !q.Until.IsZero() {
		last = dayOf(q.Until.UnixMilli()) + 1
	}
	return first, last
}

// terms gives the hashes that what q asks for has all of, the rarest first.
func (q *Query) terms() []uint64 {
	var terms []uint64
	if q.RecordingID != "" {
		terms = append(terms, hashTerm(fieldRecording, q.RecordingID))
	}
	if q.Person != "" {
		terms = append(terms, hashTerm(fieldPerson, strings.ToLower(q.Person)))
	}
	if q.IP != "" {
		terms = append(terms, hashTerm(fieldAddress, canonicalAddress(q.IP)))
	}
	return terms
}

// matches looks at the record itself: terms may be of an older revision.
func (q *Query) matches(r *access.Record) bool {
	switch {
	case q.RecordingID != "" && recordingName(r) != q.RecordingID,
		q.Verdict != access.Verdict_VERDICT_UNKNOWN && r.Verdict != q.Verdict,
		len(q.AccessID) > 0 && !bytes.Equal(r.Id, q.AccessID),
		!q.Since.IsZero() && r.TimeMs < q.Since.UnixMilli(),
		!q.Until.IsZero() && r.TimeMs > q.Until.UnixMilli(),
		q.Person != "" && !eachPerson(r, func(name string) bool { return strings.EqualFold(name, q.Person) }):
		return false
	}
	want := canonicalAddress(q.IP)
	return q.IP == "" || eachAddress(r, func(ip string) bool { return canonicalAddress(ip) == want })
}

// accessRef is where an access lies.
type accessRef struct {
	id   id
	time int64
	body int64
}

// accessRefs gives the accesses of a day that have all terms, in order of
// time.
func (s *snapshot) accessRefs(ctx context.Context, day int64, q *Query, terms []uint64) ([]accessRef, error) {
	text := `SELECT a.id, a.time, a.body FROM access a`
	where := ` WHERE a.day = ? AND a.state <> ?`
	var joins, args []any
	for i, term := range terms {
		alias := fmt.Sprintf("t%d", i)
		text += fmt.Sprintf(` JOIN term %s ON %s.day = ? AND %s.term = ? AND %s.id = a.id`, alias, alias, alias, alias)
		joins = append(joins, day, int64(term))
	}
	args = append(joins, day, int64(access.State_STATE_RETRACTED))
	if len(q.AccessID) > 0 {
		where += ` AND a.id = ?`
		args = append(args, q.AccessID)
	}
	if q.Verdict != access.Verdict_VERDICT_UNKNOWN {
		where += ` AND a.verdict = ?`
		args = append(args, int64(q.Verdict))
	}
	rows, err := s.tx.QueryContext(ctx, text+where, args...)
	if err != nil {
		return nil, fmt.Errorf("find accesses: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var refs []accessRef
	for rows.Next() {
		var ref accessRef
		var raw []byte
		if err := rows.Scan(&raw, &ref.time, &ref.body); err != nil {
			return nil, fmt.Errorf("find accesses: %w", err)
		}
		copy(ref.id[:], raw)
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b accessRef) int {
		if c := cmp.Compare(a.time, b.time); c != 0 {
			return c
		}
		return bytes.Compare(a.id[:], b.id[:])
	})
	return refs, rows.Err()
}

// eachRequest yields the requests of an access, in order of time.
func (s *snapshot) eachRequest(ctx context.Context, rec *access.Record, yield func(*access.Record, error) bool) error {
	requests, err := s.requestsOf(ctx, rec)
	if err != nil {
		return err
	}
	for _, r := range requests {
		if !yield(r, nil) {
			return errStop
		}
	}
	return nil
}

// requestsOf finds the requests of an access among the blocks of its days.
func (s *snapshot) requestsOf(ctx context.Context, rec *access.Record) ([]*access.Record, error) {
	if rec.Requests == 0 || len(rec.Id) < prefixSize {
		return nil, nil
	}
	first, last := rec.StartMs, rec.EndMs
	if first == 0 {
		first, last = rec.TimeMs, rec.TimeMs
	}
	var found []*access.Record
	err := s.days(ctx, dayOf(first), dayOf(max(first, last)), func(day int64) error {
		v, err := s.view(ctx, day)
		if err != nil {
			return err
		}
		for _, n := range v.byAccess[binary.BigEndian.Uint32(rec.Id)] {
			err := v.readBlock(ctx, s.tx, s.blocks, int(n), v.live, func(r *access.Record, _ []byte) error {
				if bytes.Equal(r.AccessId, rec.Id) {
					found = append(found, r)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(found, func(a, b *access.Record) int {
		if c := cmp.Compare(a.TimeMs, b.TimeMs); c != 0 {
			return c
		}
		return bytes.Compare(a.Id, b.Id)
	})
	return found, err
}

// cachedViews is how many days are kept at hand: accesses come in order of
// time, and few reach over midnight.
const cachedViews = 3

func (s *snapshot) view(ctx context.Context, day int64) (*dayView, error) {
	for _, v := range s.views {
		if v.day == day {
			return v, nil
		}
	}
	v, err := loadView(ctx, s.tx, day)
	if err != nil {
		return nil, err
	}
	if err := v.loadAccesses(ctx, s.tx); err != nil {
		return nil, err
	}
	if len(s.views) == cachedViews {
		s.views = slices.Delete(s.views, 0, 1)
	}
	s.views = append(s.views, v)
	return v, nil
}
