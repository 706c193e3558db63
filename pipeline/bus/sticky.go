package bus

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go"
)

// sticky shares partitions evenly, and leaves each where it was as far as that
// goes: a partition that changes hands costs its new owner a rebuild of its
// state. Range and round robin go by the members' ids, which are random, so
// that one that comes or goes shuffles most partitions.
//
// Each member tells what it had, and in which generation; the latest counts.
type sticky struct {
	topic string

	mu         sync.Mutex
	generation int32
	partitions []int
}

// hold notes what this member has, for the next generation.
func (s *sticky) hold(generation int32, partitions []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation, s.partitions = generation, partitions
}

// ProtocolName is the same in all members of a group.
func (s *sticky) ProtocolName() string { return "earwitness-sticky-1" }

// UserData is what the other members learn: the generation, and the partitions
// held in it, as varints.
func (s *sticky) UserData() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := binary.AppendVarint(nil, int64(s.generation))
	for _, p := range s.partitions {
		b = binary.AppendUvarint(b, uint64(p))
	}
	return b, nil
}

// share is what one member gets.
type share struct {
	member     string
	generation int64
	claimed    map[int]bool
	// had are the claims that nobody else has better.
	had  []int
	gets []int
}

// AssignGroups gives each member its partitions.
func (s *sticky) AssignGroups(members []kafka.GroupMember, partitions []kafka.Partition) kafka.GroupMemberAssignments {
	var all []int
	for i := range partitions {
		if partitions[i].Topic == s.topic {
			all = append(all, partitions[i].ID)
		}
	}
	slices.Sort(all)
	var shares []*share
	for i := range members {
		if slices.Contains(members[i].Topics, s.topic) {
			shares = append(shares, readShare(&members[i]))
		}
	}
	divide(all, shares)
	assignments := kafka.GroupMemberAssignments{}
	for i := range members {
		assignments[members[i].ID] = map[string][]int{}
	}
	for _, m := range shares {
		assignments[m.member][s.topic] = m.gets
	}
	return assignments
}

// readShare takes a claim that can't be read for none.
func readShare(m *kafka.GroupMember) *share {
	m0 := &share{member: m.ID, claimed: map[int]bool{}}
	generation, n := binary.Varint(m.UserData)
	if n <= 0 {
		return m0
	}
	m0.generation = generation
	for b := m.UserData[n:]; len(b) > 0; b = b[n:] {
		var p uint64
		if p, n = binary.Uvarint(b); n <= 0 {
			break
		}
		m0.claimed[int(p)] = true
	}
	return m0
}

// divide fills what each gets, the same way whoever does it.
func divide(all []int, shares []*share) {
	if len(shares) == 0 {
		return
	}
	var free []int
	for _, p := range all {
		if owner := lastOwner(p, shares); owner != nil {
			owner.had = append(owner.had, p)
		} else {
			free = append(free, p)
		}
	}
	// Where it does not come out even, those who had most have one more.
	slices.SortFunc(shares, func(a, b *share) int {
		return cmp.Or(cmp.Compare(len(b.had), len(a.had)), cmp.Compare(a.member, b.member))
	})
	least, more := len(all)/len(shares), len(all)%len(shares)
	quota := func(i int) int {
		if i < more {
			return least + 1
		}
		return least
	}
	for i, m := range shares {
		keeps := min(len(m.had), quota(i))
		m.gets = slices.Clone(m.had[:keeps])
		free = append(free, m.had[keeps:]...)
	}
	slices.Sort(free)
	for i, m := range shares {
		wants := quota(i) - len(m.gets)
		m.gets = append(m.gets, free[:wants]...)
		free = free[wants:]
		slices.Sort(m.gets)
	}
}

// lastOwner is who had a partition in the latest generation.
func lastOwner(partition int, shares []*share) *share {
	var owner *share
	for _, m := range shares {
		if m.claimed[partition] && (owner == nil || m.generation > owner.generation ||
			m.generation == owner.generation && m.member < owner.member) {
			owner = m
		}
	}
	return owner
}
