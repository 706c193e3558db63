package correlate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"earwitness/pipeline/access"
)

// heavyRequests is from how many requests on a session or an access is held
// back while much changes: it comes again when as many messages as it has
// requests were applied, so that one that a million requests belong to
// costs each of them no more than a small one does.
const heavyRequests = 256

func (h *heavy) ready(n int, applied int64) bool {
	if n < heavyRequests {
		return true
	}
	if applied < h.due {
		return false
	}
	h.due = applied + int64(n)
	return true
}

// Pending is how many ids and sessions wait for Publish.
func (f *Fold) Pending() int {
	d := &f.state.dirty
	return len(d.ready) + len(d.requests) + len(d.sessions) + len(d.acts) + len(d.groups)
}

// Publish gives emit the present record of each id that was touched since it
// was last given; the revision is that of the last offset that touched it. A
// record that a great many requests belong to may be held back for a later
// call, but not with all. The record is emit's until it returns. Where it
// fails, Publish returns its error, and the fold must be opened again. Without
// emit no record is made: what was touched counts as given.
func (f *Fold) Publish(all bool, emit func(*access.Record) error) (err error) {
	if f.broken != nil {
		return f.broken
	}
	defer func() {
		if cause := recover(); cause != nil {
			var disk *diskError
			failure, ok := cause.(error)
			if !ok || !errors.As(failure, &disk) {
				panic(cause)
			}
			err = fmt.Errorf("publish partition %d: %w", f.config.Partition, disk.err)
		}
		if err != nil {
			f.broken = err
		}
	}()
	p := publisher{state: f.state, all: all, emit: emit}
	f.state.people, f.state.decorations = make(map[*act]*access.Person), make(map[*subject]*decoration)
	f.state.bodies.cache.lending = true
	defer func() {
		f.state.people, f.state.decorations = nil, nil
		f.state.bodies.cache.lending = false
	}()
	p.departed()
	p.sessions()
	p.requests()
	p.acts()
	p.groups()
	return p.err
}

type publisher struct {
	*state
	all  bool
	emit func(*access.Record) error
	err  error
}

func (p *publisher) give(rec *access.Record) {
	if p.err == nil {
		p.err = p.emit(rec)
	}
	p.bodies.cache.reuse()
}

func (p *publisher) ready(h *heavy, n int) bool { return p.all || h.ready(n, p.applied) }

func (p *publisher) departed() {
	for _, rec := range p.dirty.ready {
		if p.emit != nil {
			p.give(rec)
		}
	}
	p.dirty.ready = nil
}

// request, act and group make a record where somebody wants it. In a replay
// nobody does: what it touches was told before.
func (p *publisher) request(x *session, ref uint32) {
	if p.emit != nil {
		p.give(p.requestRecord(x, ref))
	}
}

func (p *publisher) act(a *act) {
	if p.emit != nil {
		p.give(p.actRecord(a))
	}
}

func (p *publisher) group(g *group) {
	if p.emit != nil {
		p.give(p.groupRecord(g))
	}
}

// told is a request that is due, with its session.
type told struct {
	body bodyRef
	ref  uint32
	x    *session
}

// sessions publishes the requests of what changed, in the order in which
// their bodies lie: so each block of bodies is unpacked once, however much is
// published at a time.
func (p *publisher) sessions() {
	kept := p.dirty.sessions[:0]
	var due []told
	for _, x := range p.dirty.sessions {
		switch {
		case x.gone:
			x.dirty = false
		case !p.ready(&x.heavy, x.n):
			kept = append(kept, x)
		default:
			x.dirty = false
			p.each(x, func(ref uint32) bool {
				r := p.state.requests.at(ref)
				r.clear(bitDirty)
				due = append(due, told{r.body, ref, x})
				return true
			})
		}
	}
	clear(p.dirty.sessions[len(kept):])
	p.dirty.sessions = kept
	slices.SortFunc(due, func(a, b told) int { return cmp.Compare(a.body, b.body) })
	for i := range due {
		p.request(due[i].x, due[i].ref)
	}
}

func (p *publisher) requests() {
	slices.SortFunc(p.dirty.requests, func(a, b uint32) int {
		return cmp.Compare(p.state.requests.at(a).body, p.state.requests.at(b).body)
	})
	for _, ref := range p.dirty.requests {
		r := p.state.requests.at(ref)
		if p.err != nil || !r.has(bitDirty) {
			continue
		}
		r.clear(bitDirty)
		p.request(p.sessionOf(ref), ref)
	}
	p.dirty.requests = p.dirty.requests[:0]
}

func (p *publisher) acts() {
	slices.SortFunc(p.dirty.acts, func(a, b *act) int { return cmp.Compare(a.pieces[0].body, b.pieces[0].body) })
	kept := p.dirty.acts[:0]
	for _, a := range p.dirty.acts {
		if a.left {
			continue
		}
		n := 0
		for _, x := range a.sessions {
			n += x.n
		}
		if !p.ready(&a.acc.heavy, n) {
			kept = append(kept, a)
			continue
		}
		a.acc.dirty = false
		p.act(a)
	}
	clear(p.dirty.acts[len(kept):])
	p.dirty.acts = kept
}

func (p *publisher) groups() {
	kept := p.dirty.groups[:0]
	for _, g := range p.dirty.groups {
		if g.left {
			continue
		}
		if !p.ready(&g.acc.heavy, g.members.len()) {
			kept = append(kept, g)
			continue
		}
		g.acc.dirty = false
		p.group(g)
	}
	clear(p.dirty.groups[len(kept):])
	p.dirty.groups = kept
}
