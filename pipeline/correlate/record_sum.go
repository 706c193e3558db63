package correlate

import (
	"slices"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// sum is what the requests of an access say together.
type sum struct {
	// refs in order; first is what the first of them says.
	refs  []uint32
	first *evidence.StorageRequest
	ids   []evidence.ID

	n, failed  int
	bytes      int64
	flags      uint32
	start, end int64
	size       int64
	taken      taken
	arrived    int64
	late       bool

	// What all agree in, else nothing.
	principal principal
	presigned bool
	grant     []byte
	address   uint32

	requesters, addresses map[uint32]struct{}
}

// sum walks over the requests of sessions, which stand in order.
func (s *state) sum(sessions []*session) *sum {
	t := &sum{
		refs: s.merged(sessions), taken: newTaken(),
		requesters: make(map[uint32]struct{}), addresses: make(map[uint32]struct{}),
	}
	if len(t.refs) == 0 {
		return t
	}
	t.n = len(t.refs)
	t.ids = make([]evidence.ID, 0, t.n)
	first := s.requests.at(t.refs[0])
	object := s.groups.at(first.group).object
	t.start, t.end, t.arrived = first.time, first.time, first.arrived
	for _, ref := range t.refs {
		r := s.requests.at(ref)
		g := s.groups.at(r.group)
		t.add(r, g, s.ownFlags(r, g))
		if r.has(bitRetold) {
			for _, p := range s.retold[ref] {
				t.ids = append(t.ids, p.id)
			}
		} else {
			t.ids = append(t.ids, r.piece)
		}
		if g.object == object {
			t.size = max(t.size, r.size)
		}
	}
	t.first = mergeRequests(s.load(s.piecesOf(t.refs[0])))
	s.agree(t)
	return t
}

func (t *sum) add(r *request, g *group, own uint32) {
	if r.failed() {
		t.failed++
	}
	t.bytes += r.sent
	t.flags |= own
	t.start, t.end = min(t.start, r.time), max(t.end, r.time)
	t.arrived = min(t.arrived, r.arrived)
	t.late = t.late || r.has(bitLate)
	t.requesters[r.requester] = struct{}{}
	t.addresses[r.address] = struct{}{}
	if isRead(r) {
		t.taken.add(r, g.object)
	}
}

// agree finds what all requests have in common.
func (s *state) agree(t *sum) {
	first := s.groups.at(s.requests.at(t.refs[0]).group)
	t.presigned, t.address = first.presigned, s.requests.at(t.refs[0]).address
	t.principal = s.principals.of(s.requesters.list[s.requests.at(t.refs[0]).requester])
	grant := first.grantBytes()
	for requester := range t.requesters {
		p := s.principals.of(s.requesters.list[requester])
		if p.class != t.principal.class {
			t.principal.class = access.PrincipalClass_PRINCIPAL_CLASS_UNKNOWN
		}
		if p.id != t.principal.id {
			t.principal.id = ""
		}
		if p.session != t.principal.session {
			t.principal.session = ""
		}
	}
	if len(t.addresses) > 1 {
		t.address = 0
	}
	var last *group
	for _, ref := range t.refs {
		g := s.groups.at(s.requests.at(ref).group)
		if g == last {
			continue
		}
		last = g
		if g.presigned != first.presigned {
			t.presigned = false
		}
		if !slices.Equal(g.grantBytes(), grant) {
			grant = nil
		}
	}
	t.grant = grant
}

// grantBytes is a presigned group's grant; nil where there is none.
func (g *group) grantBytes() []byte {
	if !g.presigned || !g.hasGrant {
		return nil
	}
	return g.grant[:]
}

func (t *sum) arrivedOr(otherwise int64) int64 {
	if t.n == 0 {
		return otherwise
	}
	return t.arrived
}

func (t *sum) ips(s *state) []string {
	var list []string
	for number := range t.addresses {
		list = append(list, s.addressText(number))
	}
	return list
}

func (t *sum) users(s *state) []string {
	var list []string
	for number := range t.requesters {
		list = append(list, s.requesters.list[number])
	}
	return list
}

// inOrder sorts sessions by their first requests.
func (s *state) inOrder(sessions []*session) []*session {
	sorted := slices.Clone(sessions)
	firsts := make(map[*session]uint32, len(sorted))
	for _, x := range sorted {
		s.each(x, func(ref uint32) bool {
			firsts[x] = ref
			return false
		})
	}
	slices.SortFunc(sorted, func(a, b *session) int { return s.compare(firsts[a], firsts[b]) })
	return sorted
}

// merged gives the requests of sessions in order.
func (s *state) merged(sessions []*session) []uint32 {
	n := 0
	for _, x := range sessions {
		n += x.n
	}
	refs := make([]uint32, 0, n)
	overlap, last := false, int64(0)
	for i, x := range sessions {
		overlap = overlap || i > 0 && x.first <= last
		last = max(last, x.last)
		s.each(x, func(ref uint32) bool {
			refs = append(refs, ref)
			return true
		})
	}
	if overlap {
		slices.SortStableFunc(refs, s.compare)
	}
	return refs
}
