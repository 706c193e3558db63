package correlate

import (
	"net/netip"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/evidence"
)

// state is what is known of one partition inside the horizon. All of it but
// what waits for publication is a function of the log up to the offset
// applied last.
type state struct {
	rules                             Rules
	gap, before, after, skew, longest int64 // seconds
	principals                        principals

	epoch      uint64
	lineage    []byte
	rulesHash  []byte
	sources    []string
	statements map[string]int64 // source to milliseconds
	coverage   int64            // seconds

	now touch // of the message that is being applied
	// clock is the latest append time, swept that of the last sweep, and
	// horizon the setting; milliseconds.
	clock, swept, horizon int64
	departed              departed

	applied  int64 // messages, for what is held back
	bodies   *bodies
	requests table[request]
	byID     identities
	// retold are all pieces of requests that have several, in the order of
	// precedence.
	retold     map[uint32][]piece
	joins      *joins // nil until a CloudTrail event came
	requesters words
	addresses  addresses
	groups     groups
	groupsByID map[evidence.ID]*group
	acts       map[string]*act
	subjects   map[string]*subject
	order      []*subject // by place
	deadlines  deadlines

	queue accesses
	dirty dirt
	// people are those who were named since Publish was called; else nil.
	people map[*act]*access.Person
	// decorations are those that were made since then; else nil.
	decorations map[*subject]*decoration
}

func newState(rules Rules, bodies *bodies) *state {
	s := &state{
		rules: rules, bodies: bodies,
		gap: seconds(rules.SessionGap), before: seconds(rules.Before), after: seconds(rules.After), skew: seconds(rules.Skew),
		statements: make(map[string]int64), coverage: notCovered,
		retold: make(map[uint32][]piece), addresses: newAddresses(),
		groupsByID: make(map[evidence.ID]*group), acts: make(map[string]*act), subjects: make(map[string]*subject),
	}
	s.byID = newIdentities(&s.requests)
	s.horizon = rules.Horizon.Milliseconds()
	s.longest = max(s.gap, s.before, s.after)
	s.principals.rules = &s.rules
	return s
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func (s *state) eachGroup(fn func(g *group)) {
	for place := range s.groups.size {
		if g := s.groups.at(place); g != nil {
			fn(g)
		}
	}
}

// touch is when something last changed: the revision (epoch and offset) and
// the append time of the record that did it.
type touch struct {
	revision uint64
	ms       int64
}

func (t touch) latest(o touch) touch {
	if o.revision > t.revision {
		return o
	}
	return t
}

// request is one storage request inside the horizon, without a pointer, so
// that millions of them cost the collector nothing. Its body, in the body
// store, says the rest.
type request struct {
	id evidence.ID
	// piece and body are its first piece of evidence; further ones lie in
	// state.retold.
	piece   evidence.ID
	body    bodyRef
	touched touch
	arrived int64 // append time of its first piece, milliseconds
	time    int64 // milliseconds
	signed  int64 // signing time, seconds; 0 when there is none
	sent    int64
	size    int64
	// order is the start of the request id: with the second it settles
	// nearly every comparison without its body.
	order uint64
	// group, requester and address are places in the tables of state.
	group     uint32
	requester uint32
	address   uint32
	status    int32
	class     access.Class
	bits      uint16
}

// sec is the time cut down to its second.
func (r *request) sec() int64 { return floorSecond(r.time) }

func floorSecond(ms int64) int64 {
	sec := ms / 1000
	if ms%1000 < 0 {
		sec--
	}
	return sec
}

// The bits of a request.
const (
	bitError     uint16 = 1 << iota // it carried an error code
	bitMedia                        // its key names a media object
	bitWrite                        // it completed a write
	bitOverwrite                    // … to an object written before
	bitPreflight                    // REST.OPTIONS.*
	bitCopyWhole                    // REST.COPY.OBJECT_GET
	bitCopyPart                     // REST.COPY.PART_GET
	bitLate                         // came after its time was covered
	bitDirty                        // waits to be published
	bitRetold                       // further pieces lie in state.retold
	bitTrail                        // an event of CloudTrail is among its pieces
	bitLoose                        // its person stands by a rule that nothing enforces
)

func (r *request) has(bit uint16) bool { return r.bits&bit != 0 }
func (r *request) set(bit uint16)      { r.bits |= bit }
func (r *request) clear(bit uint16)    { r.bits &^= bit }

// failed follows section 7, outcome.
func (r *request) failed() bool { return r.status >= 400 || r.has(bitError) }

// subject is what everything happens inside of.
type subject struct {
	kind  evidence.SubjectKind
	id    string
	place int
	acts  []*act // by time, then audit id
	// uses of keys for its objects, by second, then event.
	uses []*keyUse
	used map[string]int64 // event to second
	// metadata is what was answered about it, by what it is about, id and source.
	metadata []*metadata
	// service are the groups whose sessions look for a person.
	service []*group
	// groups are all of it.
	groups  []*group
	recent  *group // the group found last
	grants  map[[32]byte]*grant
	objects map[objectName]*object
	// oldest bounds, from below, when evidence last came to any part of it:
	// append time, milliseconds; 0 when it has no part.
	oldest int64
}

type objectName struct{ bucket, key string }

// object is what was written to one bucket and key: completed writes by
// second, then identity.
type object struct{ writes members }

// grant is one presigned signature: its sessions judge each other (6.2, row 1).
// Sessions that continue another stand apart.
type grant struct {
	sessions []*session
	matching int // sessions with a matching candidate
	plain    int // sessions without one
}

// shared says whether row 1 applies to a session of the grant.
func (g *grant) shared() bool { return g.matching > 0 && g.plain > 0 }

// group is section 5's: requests of one day by one principal for one object.
type group struct {
	id        evidence.ID
	ref       uint32
	subject   *subject
	object    objectName
	principal principal
	presigned bool
	hasGrant  bool
	grant     [32]byte
	kind      access.Class
	addr      netip.Addr // where it is part of the group
	address   netip.Addr // of presigned requests, for matching
	foreign   bool
	person    string // whom CloudTrail names (6.3)
	late      bool   // it came beyond the horizon of what it belongs to
	left      bool   // it left the horizon
	arrived   int64  // append time of its last evidence
	day       int64  // days since 1970

	members  members
	sessions []*session // by first second
	// before and after are the same group on the neighbouring days.
	before, after *group

	acc standing
	// origin is the first request of the access while it exists, with its
	// time, and successor the access that it belonged to when this one was
	// last found void.
	origin     evidence.ID
	originTime int64
	successor  evidence.ID
}

// share is how a session counts in its grant.
type share uint8

const (
	shareNone share = iota
	shareMatching
	sharePlain
)

// standing is what is known of a published access.
type standing struct {
	touched touch
	exists  bool // it has something to say now
	existed bool // it had once
	dirty   bool // it waits to be published
	late    bool // evidence came after its time was covered
	queued  bool // it waits to be reckoned at the end of this offset
	heavy   heavy
}

// session is one listening.
type session struct {
	group       *group
	first, last int64 // seconds
	n           int
	reads       int
	options     int
	loose       int    // requests whose person stands by a rule that nothing enforces
	signing     int64  // signing time of its first request that has one, …
	signer      uint32 // … which is this one, plus one
	touched     touch  // last change of what its requests say of it
	own         judgement
	out         outcome
	// place in the list of its act's sessions.
	place int
	held  holdings
	// told are the candidates that count this session, and counted what they
	// were told of it.
	told       []*act
	counted    count
	heavy      heavy
	dirty      bool
	gone       bool
	moved      bool  // it is among those that settle has to touch
	awaited    bool  // it stands among the deadlines …
	awaits     int64 // … at this second
	grant      *grant
	grantPlace int
	share      share
}

// count is what a session tells the acts that it holds as candidates.
type count struct {
	holds     bool // it has candidates
	chosen    *act
	final     bool
	contested bool
}

// heavy holds back what is costly to publish: see Fold.Publish.
type heavy struct{ due int64 }

// act is one Genesys audit event.
type act struct {
	id      evidence.ID
	subject *subject
	audit   string
	ms      int64
	sec     int64
	class   access.Class
	actor   access.ActorKind
	person  string
	failed  bool
	missing bool // a candidate for storage-missing by its action
	addrs   []netip.Addr
	pieces  []piece
	arrived int64
	last    int64 // append time of its last piece
	left    bool  // it left the horizon
	// told is the revision at which its contents last changed.
	told uint64
	acc  standing
	// sessions that chose it.
	sessions []*session
	// How many sessions hold it as a candidate; of those, how many are not
	// final, and how many are contested and chose another.
	held, unsettled, slighted int
}

// piece is one record that states a fact.
type piece struct {
	id   evidence.ID
	body bodyRef
}

// isPerson says whether somebody can be named: a user or a client.
func (a *act) isPerson() bool {
	return a.actor == access.ActorKind_ACTOR_KIND_USER || a.actor == access.ActorKind_ACTOR_KIND_CLIENT
}

func samePerson(a, b *act) bool { return a.actor == b.actor && a.person == b.person }

// judgement is what a session's own windows say (6.1, 6.2).
type judgement struct {
	matching   bool // a presigned session with a matching candidate
	failedOnly bool // the candidates are failed acts
	systemFit  bool // a fitting act of system, not failed, in the windows
	chosen     *act
	confidence access.Confidence
	flags      uint32
}

// outcome is what a session's requests and accesses say of it.
type outcome struct {
	act        *act
	told       uint64 // of act
	confidence access.Confidence
	flags      uint32 // of section 6
	verdict    access.Verdict
	final      bool
	continues  bool
	candidates uint64 // hash of the published list
}
