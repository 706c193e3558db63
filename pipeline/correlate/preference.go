package correlate

import "sort"

// prefers says whether a comes before b in the order of 6.2.
func (s *state) prefers(a, b *act, anchor int64) bool {
	lateA, lateB := a.sec > anchor+s.skew, b.sec > anchor+s.skew
	if lateA != lateB {
		return lateB
	}
	if da, db := distance(a.sec, anchor), distance(b.sec, anchor); da != db {
		return da < db
	}
	return compareActs(a, b) < 0
}

func distance(a, b int64) int64 {
	if a < b {
		return b - a
	}
	return a - b
}

// preferred is the first of acts, which stand in the order of time, in the
// order of 6.2; nil where there is none.
func (s *state) preferred(acts []*act, anchor int64) *act {
	var first *act
	s.eachPreferred(acts, anchor, func(a *act) bool {
		first = a
		return false
	})
	return first
}

// eachPreferred calls fn for acts, which stand in the order of time, in the
// order of 6.2 until it says no: outward from the anchor, then those that are
// later than the skew allows.
func (s *state) eachPreferred(acts []*act, anchor int64, fn func(*act) bool) {
	late := firstFrom(acts, anchor+s.skew+1)
	right := firstFrom(acts, anchor)
	left := right // acts[:left] lie before the anchor
	for left > 0 || right < late {
		if left > 0 && (right == late || anchor-acts[left-1].sec <= acts[right].sec-anchor) {
			// Of one second the earliest comes first.
			start := firstFrom(acts[:left], acts[left-1].sec)
			for _, a := range acts[start:left] {
				if !fn(a) {
					return
				}
			}
			left = start
			continue
		}
		if !fn(acts[right]) {
			return
		}
		right++
	}
	for _, a := range acts[late:] {
		if !fn(a) {
			return
		}
	}
}

// firstFrom is the place of the first act at second sec or later.
func firstFrom(acts []*act, sec int64) int {
	return sort.Search(len(acts), func(i int) bool { return acts[i].sec >= sec })
}
