package correlate

import (
	"hash/maphash"

	"earwitness/pipeline/evidence"
)

// identities finds requests by their identity. It holds their places alone,
// since the table has the identities: a map of both would take 24 to 48 bytes
// for each, this takes 7 to 14.
//
// It is a hash table with open addressing: a slot holds a place, and what
// stands in it is found by going on from the slot of its hash to the first
// empty one. A byte of the hash beside each slot, which is never 0 where there
// is something, saves most looks into the table. The hash has a seed, for
// identities follow from what clients choose.
type identities struct {
	table  *table[request]
	places []uint32 // a power of two of them, or none
	marks  []uint8
	size   int
	seed   maphash.Seed
}

// leastSlots are made at first.
const leastSlots = 1 << 8

func newIdentities(requests *table[request]) identities {
	return identities{table: requests, seed: maphash.MakeSeed()}
}

func (x *identities) len() int { return x.size }

// home is the slot where an identity would stand if nothing stood in its way,
// and its mark.
func (x *identities) home(id evidence.ID) (slot int, mark uint8) {
	hash := maphash.Bytes(x.seed, id[:])
	return int(hash) & (len(x.marks) - 1), uint8(hash>>57) + 1
}

func (x *identities) next(slot int) int { return (slot + 1) & (len(x.marks) - 1) }

// slot of an identity, or the empty one where it would be put.
func (x *identities) slot(id evidence.ID) (slot int, mark uint8) {
	slot, mark = x.home(id)
	for x.marks[slot] != 0 && (x.marks[slot] != mark || x.table.at(x.places[slot]).id != id) {
		slot = x.next(slot)
	}
	return slot, mark
}

func (x *identities) find(id evidence.ID) (ref uint32, known bool) {
	if x.size == 0 {
		return 0, false
	}
	slot, _ := x.slot(id)
	return x.places[slot], x.marks[slot] != 0
}

// add enters a request that has its identity already, which is not known yet.
func (x *identities) add(ref uint32) {
	if 4*(x.size+1) > 3*len(x.marks) {
		x.grow()
	}
	x.put(ref)
	x.size++
}

func (x *identities) put(ref uint32) {
	slot, mark := x.slot(x.table.at(ref).id)
	x.places[slot], x.marks[slot] = ref, mark
}

func (x *identities) grow() {
	places, marks := x.places, x.marks
	n := max(leastSlots, 2*len(marks))
	x.places, x.marks = make([]uint32, n), make([]uint8, n)
	for slot, mark := range marks {
		if mark != 0 {
			x.put(places[slot])
		}
	}
}

// remove takes out a request that still has its identity.
func (x *identities) remove(ref uint32) {
	hole, _ := x.slot(x.table.at(ref).id)
	if x.marks[hole] == 0 {
		return
	}
	x.size--
	// What stands behind the hole moves into it if the hole lies on its way.
	for slot := x.next(hole); x.marks[slot] != 0; slot = x.next(slot) {
		home, _ := x.home(x.table.at(x.places[slot]).id)
		if last := len(x.marks) - 1; (slot-home)&last >= (slot-hole)&last {
			x.places[hole], x.marks[hole] = x.places[slot], x.marks[slot]
			hole = slot
		}
	}
	x.marks[hole] = 0
}

// each calls fn for the place of each request, in no order.
func (x *identities) each(fn func(ref uint32)) {
	for slot, mark := range x.marks {
		if mark != 0 {
			fn(x.places[slot])
		}
	}
}
