package correlate

// defaultCachedBlocks make 2 MiB for each partition.
const defaultCachedBlocks = 128

// blockCache keeps the blocks used last. What it gives out stays as it is
// when the block leaves the cache; but while lending, only until reuse is
// called: the space of blocks that were unpacked meanwhile, and have left, is
// then used for others. So is that of blocks which nobody ever asked for.
type blockCache struct {
	places map[uint32]int
	slots  []cachedBlock
	hand   int

	// spaceBytes is what a block unpacks to, with the ends of its bodies,
	// unless one of them is large.
	spaceBytes int
	lending    bool
	// left are spaces of lent blocks that are not cached any more, free those
	// that nobody looks at.
	left, free [][]byte
}

type cachedBlock struct {
	number uint32
	used   bool // since the hand came by
	full   bool
	lent   bool // given out while lending, and never otherwise
	unseen bool // never given out
	buf    []byte
	ends   []uint32
}

func newBlockCache(blocks, spaceBytes int) blockCache {
	return blockCache{places: make(map[uint32]int, blocks), slots: make([]cachedBlock, blocks), spaceBytes: spaceBytes}
}

// get gives a block, which read unpacks where it is not here: into space, or
// what it makes when that is too small.
func (c *blockCache) get(number uint32, read func(number uint32, space []byte) ([]byte, []uint32)) ([]byte, []uint32) {
	if place, ok := c.places[number]; ok {
		slot := &c.slots[place]
		slot.used = true
		slot.lent, slot.unseen = (slot.lent || slot.unseen) && c.lending, false
		return slot.buf, slot.ends
	}
	buf, ends := read(number, c.space())
	c.put(cachedBlock{number: number, buf: buf, ends: ends, lent: c.lending})
	return buf, ends
}

// space to unpack into; nil where nobody promises to give it back.
func (c *blockCache) space() []byte {
	if !c.lending {
		return nil
	}
	space := c.take()
	return space[:cap(space)]
}

// take gives an empty space that nobody looks at.
func (c *blockCache) take() []byte {
	last := len(c.free) - 1
	if last < 0 {
		return make([]byte, 0, c.spaceBytes)
	}
	space := c.free[last]
	c.free[last] = nil
	c.free = c.free[:last]
	return space[:0]
}

// reuse says that nothing is looked at any more that was given out while
// lending.
func (c *blockCache) reuse() {
	c.free = append(c.free, c.left...)
	clear(c.left)
	c.left = c.left[:0]
}

// put gives the block the place of one that was not used for a while.
func (c *blockCache) put(b cachedBlock) {
	for c.slots[c.hand].used {
		c.slots[c.hand].used = false
		c.hand = (c.hand + 1) % len(c.slots)
	}
	slot := &c.slots[c.hand]
	if slot.full {
		delete(c.places, slot.number)
	}
	switch large := cap(slot.buf) > 2*c.spaceBytes; {
	case large: // it held one large body, and few need as much
	case slot.lent:
		c.left = append(c.left, slot.buf)
	case slot.unseen:
		c.free = append(c.free, slot.buf)
	}
	b.full = true
	*slot = b
	c.places[b.number] = c.hand
	c.hand = (c.hand + 1) % len(c.slots)
}
