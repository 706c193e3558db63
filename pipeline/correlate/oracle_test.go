package correlate_test

import (
	"bytes"
	"crypto/sha256"
	"math"
	"sort"
	"time"

	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// oracle is the rules of attribution as a batch: the set of evidence in, the
// set of live records out, sorted by identity, everything but arrival filled.
// It is slow and obvious on purpose, and shares nothing with the fold.
func oracle(
	rules correlate.Rules, sources []string, pieces []*evidence.Evidence, coverage map[string]time.Time,
) []*access.Record {
	covered := coveredUntil(sources, coverage)
	var records []*access.Record
	for _, subject := range mergeIntoSubjects(rules, pieces) {
		subject.rules, subject.covered = rules, covered
		subject.cutSessions()
		subject.judgeSessions()
		subject.formAccesses()
		for _, a := range subject.accesses {
			records = append(records, subject.decorated(subject.accessRecord(a)))
			for _, r := range a.requests {
				records = append(records, subject.decorated(subject.requestRecord(a, r)))
			}
		}
	}
	sort.Slice(records, func(i, j int) bool { return bytes.Compare(records[i].Id, records[j].Id) < 0 })
	return records
}

// coveredUntil is the earliest statement over all sources, in whole seconds;
// a source that has stated nothing covers nothing (section 9).
func coveredUntil(sources []string, coverage map[string]time.Time) int64 {
	if len(sources) == 0 {
		return math.MinInt64
	}
	earliest := int64(math.MaxInt64)
	for _, source := range sources {
		until, stated := coverage[source]
		if !stated {
			return math.MinInt64
		}
		earliest = min(earliest, until.Unix())
	}
	return earliest
}

// oSubject is all that is known about one subject (section 2).
type oSubject struct {
	rules    correlate.Rules
	covered  int64
	kind     evidence.SubjectKind
	id       string
	requests []*oRequest
	acts     []*oAct
	uses     []*evidence.KeyUse
	// answers of lookups, see answersBySubject.
	answers  []*evidence.Evidence
	sessions []*oSession
	accesses []*oAccess
}

// oRequest is one storage request, merged from its pieces.
type oRequest struct {
	fact      *evidence.StorageRequest
	pieces    []*evidence.Evidence
	class     access.Class
	principal access.PrincipalClass
	// principalID: of service the ARN without session name, else the whole.
	principalID string
	sessionName string
	presigned   bool
	// person is whom CloudTrail names; sure, that nobody can take the name.
	person  string
	sure    bool
	sec     int64
	session *oSession
}

// oAct is one audit event, merged from its pieces.
type oAct struct {
	fact   *evidence.Act
	pieces []*evidence.Evidence
	class  access.Class
	actor  access.ActorKind
	// actorID names the user or client.
	actorID string
	failed  bool
	sec     int64
}

func (a *oAct) isPerson() bool {
	return a.actor == access.ActorKind_ACTOR_KIND_USER || a.actor == access.ActorKind_ACTOR_KIND_CLIENT
}

func samePerson(a, b *oAct) bool { return a.actor == b.actor && a.actorID == b.actorID }

// oGroup is what the requests of a group have in common (section 5).
type oGroup struct {
	bucket, key string
	principal   access.PrincipalClass
	principalID string
	presigned   bool
	grant       string
	kind        access.Class
	address     string
	person      string
	day         string
}

// oSession is one listening, with what section 6 says about it.
type oSession struct {
	group    oGroup
	requests []*oRequest
	// prev is the session that this one continues, next the one that
	// continues this.
	prev, next *oSession
	class      access.Class

	candidates []*oAct
	chosen     *oAct
	confidence access.Confidence
	flags      uint32
}

func (s *oSession) first() *oRequest { return s.requests[0] }

func (s *oSession) last() *oRequest { return s.requests[len(s.requests)-1] }

// oAccess is what somebody did: an act with its sessions, or the sessions of
// a group that chose none.
type oAccess struct {
	id       evidence.ID
	act      *oAct
	sessions []*oSession
	requests []*oRequest
	verdict  access.Verdict
	flags    uint32
	final    bool
}

// seconds cuts a time in milliseconds down to its second.
func seconds(ms int64) int64 { return time.UnixMilli(ms).Unix() }

// wholeSeconds cuts a setting down to seconds.
func wholeSeconds(d time.Duration) int64 { return int64(d / time.Second) }

// rootOf is SHA-256 over the sorted ids of pieces.
func rootOf(pieces []*evidence.Evidence) []byte {
	var ids [][]byte
	for _, p := range pieces {
		ids = append(ids, p.Id)
	}
	sort.Slice(ids, func(i, j int) bool { return bytes.Compare(ids[i], ids[j]) < 0 })
	sum := sha256.Sum256(bytes.Join(ids, nil))
	return sum[:]
}
