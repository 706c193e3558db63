package correlate

// cachedBlocks are kept unpacked: 2 MiB for each partition.
const cachedBlocks = 128

// blockCache keeps the blocks used last. What it gives out stays as it is
// when the block leaves the cache.
type blockCache struct {
	places map[uint32]int
	slots  [cachedBlocks]cachedBlock
	hand   int
}

type cachedBlock struct {
	number uint32
	used   bool // since the hand came by
	full   bool
	buf    []byte
	ends   []uint32
}

func newBlockCache() blockCache { return blockCache{places: make(map[uint32]int, cachedBlocks)} }

func (c *blockCache) get(number uint32, read func(uint32) ([]byte, []uint32)) ([]byte, []uint32) {
	if place, ok := c.places[number]; ok {
		slot := &c.slots[place]
		slot.used = true
		return slot.buf, slot.ends
	}
	buf, ends := read(number)
	c.put(number, buf, ends)
	return buf, ends
}

// put gives the block the place of one that was not used for a while.
func (c *blockCache) put(number uint32, buf []byte, ends []uint32) {
	for c.slots[c.hand].used {
		c.slots[c.hand].used = false
		c.hand = (c.hand + 1) % cachedBlocks
	}
	slot := &c.slots[c.hand]
	if slot.full {
		delete(c.places, slot.number)
	}
	*slot = cachedBlock{number: number, full: true, buf: buf, ends: ends}
	c.places[number] = c.hand
	c.hand = (c.hand + 1) % cachedBlocks
}
