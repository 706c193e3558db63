package index

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"earwitness/pipeline/access"
)

// Summary counts the current records, the retracted left out.
type Summary struct {
	// Accesses by verdict, and how many of them are pending or final.
	Accesses       map[access.Verdict]int64
	PendingAccess  int64
	FinalAccess    int64
	Requests       int64
	PendingRequest int64
	FinalRequest   int64
	// Recordings, or other subjects, that accesses are about.
	Recordings int64
	// First and Last are times of accesses, milliseconds since 1970.
	First, Last int64
	// Suspicious are final accesses with the highest score, above 0.
	Suspicious []Suspect
}

// Suspect is an access that deserves a look.
type Suspect struct {
	Record  *access.Record
	Score   int
	Reasons []Reason
}

// Summary counts all and picks at most n suspicious accesses: the highest
// scores, at most one of each actor as long as there are others.
func (r *Reader) Summary(ctx context.Context, n int) (*Summary, error) {
	sum := &Summary{Accesses: map[access.Verdict]int64{}}
	err := r.snapshot(ctx, func(s *snapshot) error {
		if err := s.countAccesses(ctx, sum); err != nil {
			return fmt.Errorf("count accesses: %w", err)
		}
		if err := s.countRequests(ctx, sum); err != nil {
			return err
		}
		return s.suspects(ctx, sum, n)
	})
	if err != nil {
		return nil, err
	}
	return sum, nil
}

func (s *snapshot) countAccesses(ctx context.Context, sum *Summary) error {
	rows, err := s.tx.QueryContext(ctx,
		`SELECT verdict, state, count(*) FROM access WHERE state <> ? GROUP BY verdict, state`, int64(access.State_STATE_RETRACTED))
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var verdict, state, count int64
		if err := rows.Scan(&verdict, &state, &count); err != nil {
			return err
		}
		sum.Accesses[access.Verdict(verdict)] += count
		if access.State(state) == access.State_STATE_FINAL {
			sum.FinalAccess += count
		} else {
			sum.PendingAccess += count
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var first, last sql.NullInt64
	err = s.tx.QueryRowContext(ctx,
		`SELECT count(DISTINCT recording), min(time), max(time) FROM access WHERE state <> ?`,
		int64(access.State_STATE_RETRACTED)).Scan(&sum.Recordings, &first, &last)
	sum.First, sum.Last = first.Int64, last.Int64
	return err
}

func (s *snapshot) countRequests(ctx context.Context, sum *Summary) error {
	return s.days(ctx, 0, math.MaxInt32, func(day int64) error {
		v, err := loadView(ctx, s.tx, day)
		if err != nil {
			return err
		}
		final := v.states[access.State_STATE_FINAL]
		live := int64(v.currents) - v.states[access.State_STATE_RETRACTED]
		sum.Requests += live
		sum.FinalRequest += final
		sum.PendingRequest += live - final
		return nil
	})
}

// suspectPool is how many of the highest scores are looked at for each one
// wanted, to find different actors.
const suspectPool = 20

func (s *snapshot) suspects(ctx context.Context, sum *Summary, n int) error {
	if n <= 0 {
		return nil
	}
	bodies, err := s.topScores(ctx, n*suspectPool)
	if err != nil {
		return fmt.Errorf("find suspicious accesses: %w", err)
	}
	var others []Suspect
	seen := map[string]bool{}
	for _, body := range bodies {
		rec, err := s.body(ctx, body)
		if err != nil {
			return err
		}
		suspect := Suspect{Record: rec, Score: Score(rec), Reasons: Reasons(rec)}
		who := rec.Verdict.Name() + "\x00" + cmp.Or(rec.GetPerson().GetId(), rec.PrincipalId, rec.SourceIp)
		if seen[who] || len(sum.Suspicious) == n {
			others = append(others, suspect)
			continue
		}
		seen[who] = true
		sum.Suspicious = append(sum.Suspicious, suspect)
	}
	missing := min(n-len(sum.Suspicious), len(others))
	sum.Suspicious = append(sum.Suspicious, others[:missing]...)
	slices.SortStableFunc(sum.Suspicious, func(a, b Suspect) int { return cmp.Compare(b.Score, a.Score) })
	return nil
}

func (s *snapshot) topScores(ctx context.Context, n int) ([]int64, error) {
	rows, err := s.tx.QueryContext(ctx,
		`SELECT body FROM access WHERE state = ? AND score > 0 ORDER BY score DESC, time DESC, id LIMIT ?`,
		int64(access.State_STATE_FINAL), n)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var bodies []int64
	for rows.Next() {
		var body int64
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, rows.Err()
}
