package correlate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// restore computes what a snapshot leaves out: it follows from the requests
// and acts, so nothing is touched by it.
func (s *state) restore() {
	s.restoreNames()
	trailed := false
	for place := range s.requests.size {
		if r := s.requests.at(place); !r.id.IsZero() {
			s.byID.add(place)
			trailed = trailed || r.has(bitTrail)
		}
	}
	s.eachGroup(s.restoreGroup)
	for _, a := range s.acts {
		a.subject.acts = append(a.subject.acts, a)
		s.awaitAct(a)
	}
	for _, sub := range s.order {
		slices.SortFunc(sub.acts, compareActs)
	}
	var work settling
	s.eachGroup(func(g *group) {
		g.before, g.after = s.onDay(g, g.day-1), s.onDay(g, g.day+1)
		for _, x := range g.sessions {
			s.enterGrant(x)
		}
		work.judge = append(work.judge, g.sessions...)
	})
	s.settleSilently(&work)
	if trailed {
		s.keepJoins()
	}
}

func (s *state) restoreNames() {
	s.requesters.of = make(map[string]uint32, len(s.requesters.list))
	for i, name := range s.requesters.list {
		s.requesters.of[name] = uint32(i)
	}
	for i, addr := range s.addresses.list {
		s.addresses.of[addr] = uint32(i)
	}
	for i, sub := range s.order {
		sub.place = i
		s.subjects[string(evidence.SubjectKey(nil, sub.kind, sub.id))] = sub
	}
}

func (s *state) restoreGroup(g *group) {
	s.groupsByID[g.id] = g
	sub := g.subject
	sub.groups = append(sub.groups, g)
	if g.principal.class == access.PrincipalClass_PRINCIPAL_CLASS_SERVICE {
		sub.service = append(sub.service, g)
	}
	s.awaitGroup(g)
	for _, run := range g.members.runs {
		for _, ref := range run {
			if s.requests.at(ref).has(bitWrite) {
				sub.objectOf(g.object).writes.insert(ref, func(m uint32) bool { return s.less(m, ref) })
			}
		}
	}
}

// settleSilently settles and forgets what that touched.
func (s *state) settleSilently(work *settling) {
	touched := make(map[*session]touch)
	s.eachGroup(func(g *group) {
		for _, x := range g.sessions {
			touched[x] = x.touched
		}
	})
	s.settle(work)
	for x, was := range touched {
		x.touched, x.dirty = was, false
	}
	for _, a := range s.queue.acts {
		a.acc.queued = false
	}
	for _, g := range s.queue.groups {
		g.acc.queued = false
	}
	s.queue, s.dirty = accesses{}, dirt{}
}

// restore opens what the snapshot names, cuts off what was written after it,
// and removes what it does not name.
func (b *bodies) restore() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return fmt.Errorf("list state: %w", err)
	}
	for _, entry := range entries {
		var number uint32
		if n, err := fmt.Sscanf(entry.Name(), "bodies-%08d", &number); n != 1 || err != nil {
			continue
		}
		f := b.files[number]
		if f == nil {
			if err := os.Remove(filepath.Join(b.dir, entry.Name())); err != nil {
				return fmt.Errorf("remove state that is not needed: %w", err)
			}
			continue
		}
		info, err := entry.Info()
		if err == nil && info.Size() < f.size {
			return fmt.Errorf("%s has %d bytes, %d were written", entry.Name(), info.Size(), f.size)
		}
	}
	for number, f := range b.files {
		if err := os.Truncate(b.path(number), f.size); err != nil {
			return fmt.Errorf("open state: %w", err)
		}
	}
	return nil
}

// sync makes what was sealed durable.
func (b *bodies) sync() error {
	if b.out == nil {
		return nil
	}
	if err := b.writePending(); err != nil {
		return err
	}
	if err := b.out.Sync(); err != nil {
		return fmt.Errorf("sync state to %s: %w", b.out.Name(), err)
	}
	return nil
}

// unneeded forgets the files in which no body is in use any more, and gives
// their numbers: once a snapshot without them is durable they may go.
func (b *bodies) unneeded() []uint32 {
	var numbers []uint32
	for number, f := range b.files {
		if f.live == 0 && number != b.file {
			numbers = append(numbers, number)
			delete(b.files, number)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	for number, where := range b.blocks {
		if slices.Contains(numbers, where.file) {
			delete(b.blocks, number)
		}
	}
	return numbers
}

func (b *bodies) remove(files []uint32) error {
	var errs []error
	for _, number := range files {
		if err := os.Remove(b.path(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("remove state that is not needed: %w", err))
		}
	}
	return errors.Join(errs...)
}

// clearDir removes what an earlier fold left in dir.
func clearDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list state: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "bodies-") || strings.HasPrefix(entry.Name(), snapshotName) {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return fmt.Errorf("remove old state: %w", err)
			}
		}
	}
	return nil
}
