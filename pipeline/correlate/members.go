package correlate

import "sort"

// members are the requests of one group, in the order of the rules. It is a
// list of short runs, so that a group of a million requests takes one more in
// whatever order they come without moving the rest.
type members struct {
	runs [][]uint32
	size int
}

const longestRun = 512

func (m *members) len() int { return m.size }

// find gives the run and the place in it of the first member that is not
// before the one that before tells about.
func (m *members) find(before func(member uint32) bool) (run, place int) {
	run = sort.Search(len(m.runs), func(i int) bool {
		last := m.runs[i]
		return !before(last[len(last)-1])
	})
	if run == len(m.runs) {
		return run, 0
	}
	place = sort.Search(len(m.runs[run]), func(i int) bool { return !before(m.runs[run][i]) })
	return run, place
}

func (m *members) insert(member uint32, before func(member uint32) bool) {
	m.size++
	run, place := m.find(before)
	if run == len(m.runs) {
		if run == 0 {
			m.runs = append(m.runs, []uint32{member})
			return
		}
		run--
		place = len(m.runs[run])
	}
	items := append(m.runs[run], 0)
	copy(items[place+1:], items[place:])
	items[place] = member
	m.runs[run] = items
	if len(items) > longestRun {
		m.split(run)
	}
}

func (m *members) split(run int) {
	items := m.runs[run]
	half := len(items) / 2
	if run == len(m.runs)-1 {
		// Members mostly come in order: leave the full run behind.
		half = len(items) - 1
	}
	right := append(make([]uint32, 0, longestRun+1), items[half:]...)
	m.runs[run] = items[:half:half]
	m.runs = append(m.runs, nil)
	copy(m.runs[run+2:], m.runs[run+1:])
	m.runs[run+1] = right
}

// push adds one that comes after all others.
func (m *members) push(member uint32) {
	m.size++
	last := len(m.runs) - 1
	if last < 0 || len(m.runs[last]) == longestRun {
		m.runs = append(m.runs, nil)
		last++
	}
	m.runs[last] = append(m.runs[last], member)
}

// remove takes member away; before tells which members stand before it.
func (m *members) remove(member uint32, before func(member uint32) bool) bool {
	run, place := m.find(before)
	if run == len(m.runs) || m.runs[run][place] != member {
		return false
	}
	m.size--
	items := m.runs[run]
	m.runs[run] = append(items[:place], items[place+1:]...)
	if len(m.runs[run]) == 0 {
		m.runs = append(m.runs[:run], m.runs[run+1:]...)
	}
	return true
}

// from calls fn for each member that is not before, in order, until fn says
// no.
func (m *members) from(before func(member uint32) bool, fn func(member uint32) bool) {
	run, place := m.find(before)
	for ; run < len(m.runs); run, place = run+1, 0 {
		for _, member := range m.runs[run][place:] {
			if !fn(member) {
				return
			}
		}
	}
}

func (m *members) first() (uint32, bool) {
	if m.size == 0 {
		return 0, false
	}
	return m.runs[0][0], true
}
