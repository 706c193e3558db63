package correlate

import (
	"maps"
	"slices"

	"earwitness/pipeline/evidence"
)

// snapshotMagic begins a snapshot; its last byte is the version of the format
// and of the fold, which rises when either changes.
const snapshotMagic = "EARSTAT\x04"

// head is what a snapshot says before the state.
type head struct {
	rules [32]byte
	next  int64
}

func (h *head) code(c *coder) {
	magic := []byte(snapshotMagic)
	c.fixed(magic)
	if string(magic) != snapshotMagic {
		c.fail("it is of another version")
	}
	c.fixed(h.rules[:])
	c.int64(&h.next)
}

// code states what a snapshot holds: what can't be computed again from the
// requests and acts themselves.
func (s *state) code(c *coder) {
	c.uint64(&s.epoch)
	c.bytes(&s.lineage)
	c.bytes(&s.rulesHash)
	list(c, &s.sources, c.text)
	s.codeStatements(c)
	c.int64(&s.coverage)
	c.int64(&s.applied)
	c.int64(&s.clock)
	c.int64(&s.swept)
	list(c, &s.departed.runs, func(run *[]uint64) { list(c, run, c.fixed64) })
	s.bodies.code(c)
	list(c, &s.requesters.list, c.text)
	list(c, &s.addresses.list, c.addr)
	s.codeSubjects(c)
	s.codeRequests(c)
	s.codeGroups(c)
	s.codeActs(c)
	s.codeUses(c)
	s.codeMetadata(c)
}

func (s *state) codeStatements(c *coder) {
	names := slices.Sorted(maps.Keys(s.statements))
	list(c, &names, func(name *string) {
		c.text(name)
		until := s.statements[*name]
		c.int64(&until)
		s.statements[*name] = until
	})
}

func (b *bodies) code(c *coder) {
	whole(c, &b.next)
	whole(c, &b.file)
	c.bytes(&b.buf)
	list(c, &b.ends, func(end *uint32) { whole(c, end) })
	c.int64(&b.live)
	files := slices.Sorted(maps.Keys(b.files))
	list(c, &files, func(number *uint32) {
		whole(c, number)
		f := b.files[*number]
		if f == nil {
			f = &bodyFile{}
			b.files[*number] = f
		}
		c.int64(&f.size)
		c.int64(&f.live)
	})
	numbers := slices.Sorted(maps.Keys(b.blocks))
	list(c, &numbers, func(number *uint32) {
		whole(c, number)
		where := b.blocks[*number]
		whole(c, &where.file)
		whole(c, &where.length)
		c.int64(&where.at)
		b.blocks[*number] = where
	})
}

func (s *state) codeSubjects(c *coder) {
	subjects := s.order
	list(c, &subjects, func(sub **subject) {
		if *sub == nil {
			*sub = &subject{}
		}
		whole(c, &(*sub).kind)
		c.text(&(*sub).id)
		c.int64(&(*sub).oldest)
	})
	s.order = subjects
}

func (s *state) codeRequests(c *coder) {
	n := c.count(int(s.requests.size))
	for place := range n {
		if c.reading() {
			s.requests.take()
		}
		s.requests.at(uint32(place)).code(c)
		if c.err != nil {
			return
		}
	}
	list(c, &s.requests.free, func(place *uint32) { whole(c, place) })
	refs := slices.Sorted(maps.Keys(s.retold))
	list(c, &refs, func(ref *uint32) {
		whole(c, ref)
		pieces := s.retold[*ref]
		c.pieces(&pieces)
		s.retold[*ref] = pieces
	})
}

func (r *request) code(c *coder) {
	c.id(&r.id)
	if r.id.IsZero() {
		return // a free place
	}
	c.id(&r.piece)
	whole(c, &r.body)
	c.touch(&r.touched)
	c.int64(&r.arrived)
	c.int64(&r.time)
	c.int64(&r.signed)
	c.int64(&r.sent)
	c.int64(&r.size)
	c.uint64(&r.order)
	whole(c, &r.group)
	whole(c, &r.requester)
	whole(c, &r.address)
	whole(c, &r.status)
	whole(c, &r.class)
	whole(c, &r.bits)
}

func (acc *standing) code(c *coder) {
	c.touch(&acc.touched)
	c.bool(&acc.exists)
	c.bool(&acc.existed)
	c.bool(&acc.late)
}

func (s *state) codeActs(c *coder) {
	audits := slices.Sorted(maps.Keys(s.acts))
	list(c, &audits, func(audit *string) {
		c.text(audit)
		a := s.acts[*audit]
		if a == nil {
			a = &act{audit: *audit, id: evidence.ActID(*audit)}
			s.acts[*audit] = a
		}
		s.codeSubject(c, &a.subject)
		c.int64(&a.ms)
		whole(c, &a.class)
		whole(c, &a.actor)
		c.text(&a.person)
		c.bool(&a.failed)
		c.bool(&a.missing)
		list(c, &a.addrs, c.addr)
		c.pieces(&a.pieces)
		c.int64(&a.arrived)
		c.int64(&a.last)
		c.uint64(&a.told)
		a.acc.code(c)
		a.sec = floorSecond(a.ms)
	})
}

func (s *state) codeSubject(c *coder, sub **subject) {
	place := 0
	if !c.reading() {
		place = (*sub).place
	}
	whole(c, &place)
	if c.reading() && c.err == nil {
		if place < 0 || place >= len(s.order) {
			c.fail("a subject is out of bounds")
			return
		}
		*sub = s.order[place]
	}
}
