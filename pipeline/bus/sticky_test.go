package bus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
)

// claim is a member that had partitions in a generation.
func claim(id string, generation int32, had ...int) kafka.GroupMember {
	s := &sticky{topic: "t"}
	s.hold(generation, had)
	data, err := s.UserData()
	if err != nil {
		panic(err) // it never fails
	}
	return kafka.GroupMember{ID: id, Topics: []string{"t"}, UserData: data}
}

func partitionsOf(topic string, n int) []kafka.Partition {
	list := make([]kafka.Partition, n)
	for i := range list {
		list[n-1-i] = kafka.Partition{Topic: topic, ID: i}
	}
	return list
}

func TestSharing(t *testing.T) {
	for name, c := range map[string]struct {
		members []kafka.GroupMember
		want    map[string][]int
	}{
		"the first": {
			[]kafka.GroupMember{claim("a", 0)},
			map[string][]int{"a": {0, 1, 2, 3, 4, 5, 6}},
		},
		"one comes": {
			[]kafka.GroupMember{claim("b", 0), claim("a", 1, 0, 1, 2, 3, 4, 5, 6)},
			map[string][]int{"a": {0, 1, 2, 3}, "b": {4, 5, 6}},
		},
		"one goes": {
			[]kafka.GroupMember{claim("c", 5, 6, 1), claim("a", 5, 0, 2, 5)},
			map[string][]int{"a": {0, 2, 3, 5}, "c": {1, 4, 6}},
		},
		"the later generation counts": {
			[]kafka.GroupMember{claim("a", 5, 0, 1, 2, 3), claim("b", 6, 0, 1, 2)},
			map[string][]int{"a": {3, 5, 6}, "b": {0, 1, 2, 4}},
		},
		"more than there are partitions": {
			[]kafka.GroupMember{
				claim("a", 0), claim("b", 0), claim("c", 0), claim("d", 0),
				claim("e", 0), claim("f", 0), claim("g", 0), claim("h", 2, 6),
			},
			map[string][]int{"a": {0}, "b": {1}, "c": {2}, "d": {3}, "e": {4}, "f": {5}, "h": {6}},
		},
		"claims that can't be read": {
			[]kafka.GroupMember{{ID: "a", Topics: []string{"t"}, UserData: []byte{0x80}}, {ID: "b", Topics: []string{"t"}, UserData: []byte{2, 0x80}}},
			map[string][]int{"a": {0, 1, 2, 3}, "b": {4, 5, 6}},
		},
		"somebody else's topic": {
			[]kafka.GroupMember{claim("a", 0), {ID: "b", Topics: []string{"u"}}},
			map[string][]int{"a": {0, 1, 2, 3, 4, 5, 6}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sticky{topic: "t"}
			got := map[string][]int{}
			answer := s.AssignGroups(c.members, append(partitionsOf("t", 7), partitionsOf("u", 9)...))
			for id, topics := range answer {
				if len(topics["t"]) > 0 {
					got[id] = topics["t"]
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(answer) != len(c.members) {
				t.Errorf("%d of %d members were answered", len(answer), len(c.members))
			}
		})
	}
}

// Whoever comes and goes: every partition has one owner, nobody has two more
// than another, and none leaves an owner who stays for no reason.
func TestSharingStaysEvenAndMovesLittle(t *testing.T) {
	const n = 24
	r := rand.New(rand.NewPCG(1, 2))
	held := map[string][]int{}
	for generation := range int32(200) {
		next := map[string]bool{}
		for id := range held {
			next[id] = r.IntN(4) > 0
		}
		next[fmt.Sprint("m", generation)] = true
		var members []kafka.GroupMember
		stay := 0
		for id, stays := range next {
			if stays {
				members = append(members, claim(id, generation, held[id]...))
				stay += len(held[id])
			}
		}
		var owned []int
		kept, most, least := 0, 0, n
		now := map[string][]int{}
		for id, topics := range (&sticky{topic: "t"}).AssignGroups(members, partitionsOf("t", n)) {
			p := topics["t"]
			now[id] = p
			owned = append(owned, p...)
			most, least = max(most, len(p)), min(least, len(p))
			for _, partition := range p {
				if slices.Contains(held[id], partition) {
					kept++
				}
			}
		}
		slices.Sort(owned)
		if owned = slices.Compact(owned); len(owned) != n || owned[n-1] != n-1 || most-least > 1 {
			t.Fatalf("generation %d: %v", generation, now)
		}
		// Those who stay had as many as was fair; only what is over moves.
		if fair := keepable(members, held, n); kept != fair {
			t.Fatalf("generation %d: %d of %d partitions stayed, %d could", generation, kept, stay, fair)
		}
		held = now
	}
}

// keepable is how many partitions can stay where they are.
func keepable(members []kafka.GroupMember, held map[string][]int, n int) int {
	var had []int
	for i := range members {
		had = append(had, len(held[members[i].ID]))
	}
	slices.Sort(had)
	slices.Reverse(had)
	kept := 0
	for i, h := range had {
		quota := n / len(members)
		if i < n%len(members) {
			quota++
		}
		kept += min(h, quota)
	}
	return kept
}
