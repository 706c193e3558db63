package enrich

// partition is one that the stage reads, with what waits for answers.
type partition struct {
	number int
	// next is the offset behind what was written.
	next int64
	// open counts the questions that wait, by the offset of what asked, and
	// order has those offsets, ascending.
	open  map[int64]int
	order []int64
	// waiting are the tellings that are under way: a subject asks once.
	waiting map[[16]byte]struct{}
	// replay is the offset at which a rebuild began to send evidence again;
	// -1 when none does.
	replay int64
	// stored is the position that was stored last; -1 for none.
	stored int64
	gone   bool
}

func newPartition(number int, at int64) *partition {
	return &partition{
		number: number, next: max(at, 0), open: make(map[int64]int), waiting: make(map[[16]byte]struct{}), replay: -1, stored: at,
	}
}

// begin notes that a question of the evidence at offset waits.
func (p *partition) begin(offset int64) {
	if p.open[offset]++; len(p.order) == 0 || p.order[len(p.order)-1] < offset {
		p.order = append(p.order, offset)
	}
}

func (p *partition) end(offset int64) {
	p.open[offset]--
	if p.open[offset] > 0 {
		return
	}
	delete(p.open, offset)
	for len(p.order) > 0 && p.open[p.order[0]] == 0 {
		p.order = p.order[1:]
	}
}

// position is the offset before which nothing waits.
func (p *partition) position() int64 {
	at := p.next
	if len(p.order) > 0 {
		at = min(at, p.order[0])
	}
	if p.replay >= 0 {
		at = min(at, p.replay)
	}
	return at
}

// waits is how many questions do.
func (p *partition) waits() int { return len(p.waiting) }
