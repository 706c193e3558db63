package correlate

import (
	"net/netip"
	"strings"
)

// pageSize is how many items of a table lie in one allocation.
const pageSize = 1 << 10

// table gives items places that stay where they are: growing it copies
// nothing, and places that were freed are used again, the last one first.
type table[T any] struct {
	pages []*[pageSize]T
	size  uint32
	free  []uint32
}

func (t *table[T]) at(place uint32) *T { return &t.pages[place/pageSize][place%pageSize] }

// take gives the place of a zero item.
func (t *table[T]) take() uint32 {
	if n := len(t.free); n > 0 {
		place := t.free[n-1]
		t.free = t.free[:n-1]
		return place
	}
	if int(t.size) == len(t.pages)*pageSize {
		t.pages = append(t.pages, new([pageSize]T))
	}
	t.size++
	return t.size - 1
}

func (t *table[T]) drop(place uint32) {
	var zero T
	*t.at(place) = zero
	t.free = append(t.free, place)
}

// groups are places of pointers.
type groups struct{ table[*group] }

func (g *groups) at(place uint32) *group { return *g.table.at(place) }

func (g *groups) add(item *group) {
	item.ref = g.take()
	*g.table.at(item.ref) = item
}

// words gives each text a number, so that requests hold no pointer.
type words struct {
	list []string
	of   map[string]uint32
}

func (w *words) number(text string) uint32 {
	if n, ok := w.of[text]; ok {
		return n
	}
	if w.of == nil {
		w.of = make(map[string]uint32)
	}
	text = strings.Clone(text)
	n := uint32(len(w.list))
	w.list = append(w.list, text)
	w.of[text] = n
	return n
}

// addresses gives each address a number; 0 is the absent one.
type addresses struct {
	list []netip.Addr
	of   map[netip.Addr]uint32
}

func newAddresses() addresses {
	return addresses{list: []netip.Addr{{}}, of: map[netip.Addr]uint32{{}: 0}}
}

func (a *addresses) number(addr netip.Addr) uint32 {
	if n, ok := a.of[addr]; ok {
		return n
	}
	n := uint32(len(a.list))
	a.list = append(a.list, addr)
	a.of[addr] = n
	return n
}
