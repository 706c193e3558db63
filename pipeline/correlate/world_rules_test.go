package correlate_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"earwitness/pipeline/access"
)

// ruleCase is one row of a table of the rules: a world, and what its records
// say. Each line of want names a record (a request by its request id, an
// access by its audit id, or as r^ the access of request r) and then word=value
// for what is to be compared, see wordOf. A record named with "gone" must not
// be.
type ruleCase struct {
	name  string
	world world
	want  []string
}

func row(name string, w world, want ...string) ruleCase { return ruleCase{name, w, want} }

// ruleTables are all rows, by section.
func ruleTables() []ruleCase {
	return slices.Concat(
		mergeRows(), actorRows(), absentRows(), subjectRows(),
		classRows(), actionRows(), principalRows(), patternRows(),
		groupRows(), groupAddressRows(), sessionRows(), midnightRows(), takeOverRows(), exceptionRows(),
		windowRows(), signingWindowRows(), failedActRows(), preferenceRows(), matchRows(),
		linkRows(), addressRows(), foreignRows(), contestedRows(), nobodyRows(), distantRows(), certainRows(), candidateRows(),
		accessRows(), verdictRows(), finalVerdictRows(), groupVerdictRows(), unionRows(),
		takenRows(), takenBoundsRows(), outcomeRows(), unexpectedRows(), overwriteRows(), storageMissingRows(), contestedActRows(),
		pendingRows(), pendingAccessRows(), recordRows(), boundRows(), trailRows(), personRows(),
	)
}

// TestRulesOracle checks each row against the oracle.
func TestRulesOracle(t *testing.T) {
	runRules(t, func(_ *testing.T, w world) []*access.Record {
		return oracle(w.Rules, w.Sources, w.Evidence, w.Coverage)
	})
}

// runRules checks each row of the rules against an implementation of them.
func runRules(t *testing.T, judge func(*testing.T, world) []*access.Record) {
	t.Helper()
	for _, c := range ruleTables() {
		t.Run(c.name, func(t *testing.T) {
			c.world.Name = c.name
			records := judge(t, c.world)
			for _, line := range c.want {
				checkLine(t, records, line)
			}
		})
	}
}

func checkLine(t *testing.T, records []*access.Record, line string) {
	t.Helper()
	words := strings.Fields(line)
	r := recordNamed(records, words[0])
	if len(words) == 2 && words[1] == "gone" {
		if r != nil {
			t.Errorf("%s: there is one", line)
		}
		return
	}
	if r == nil {
		t.Errorf("%s: there is none", line)
		return
	}
	for _, word := range words[1:] {
		name, want, _ := strings.Cut(word, "=")
		if got := wordOf(records, r, name, want); got != want {
			t.Errorf("%s: %s is %q, want %q", words[0], name, got, want)
		}
	}
}

func recordNamed(records []*access.Record, name string) *access.Record {
	if of, found := strings.CutSuffix(name, "^"); found {
		if r := recordNamed(records, of); r != nil {
			return accessOf(records, r)
		}
		return nil
	}
	for _, r := range records {
		if r.GetRequest().GetRequestId() == name || r.GetAct().GetAuditId() == name {
			return r
		}
	}
	return nil
}

func accessOf(records []*access.Record, r *access.Record) *access.Record {
	for _, a := range records {
		if a.Kind == access.Kind_KIND_ACCESS && bytes.Equal(a.Id, r.AccessId) {
			return a
		}
	}
	return nil
}

// wordOf gives what a record says about name; with and apart compare its
// access with that of the record named by want.
func wordOf(records []*access.Record, r *access.Record, name, want string) string {
	switch name {
	case "access":
		a := accessOf(records, r)
		if a != nil && a.Act == nil {
			return "group"
		}
		return a.GetAct().GetAuditId()
	case "with", "apart":
		second := recordNamed(records, want)
		if second != nil && bytes.Equal(r.AccessId, second.AccessId) == (name == "with") {
			return want
		}
		return "not " + want
	case "flags":
		return strings.Join(access.FlagNames(r.Flags), ",")
	case "candidates":
		var audits []string
		for _, c := range r.Candidates {
			audits = append(audits, fmt.Sprintf("%s:%d", c.Audit, c.DistanceS))
		}
		return strings.Join(audits, ",")
	case "uri":
		return r.Evidence[0].GetOrigin().GetUri()
	case "person":
		return r.GetPerson().GetId()
	}
	if text, known := textsOf(r)[name]; known {
		return text
	}
	return strconv.FormatInt(numbersOf(r)[name], 10)
}

func textsOf(r *access.Record) map[string]string {
	return map[string]string{
		"verdict": r.Verdict.Name(), "confidence": r.Confidence.Name(), "class": r.Class.Name(),
		"state": r.State.Name(), "taken": r.Taken.Name(), "principal": r.PrincipalClass.Name(),
		"principal_id": r.PrincipalId, "session": r.PrincipalSession, "action": r.Action, "error": r.ErrorCode,
		"subject": r.SubjectKind.Name() + ":" + r.SubjectId, "kind": r.GetPerson().GetKind().Name(),
		"name": r.GetPerson().GetName(), "ip": r.SourceIp, "ips": strings.Join(r.RelatedIps, ","),
		"users": strings.Join(r.RelatedUsers, ","), "failed": strconv.FormatBool(r.Failed),
		"presigned": strconv.FormatBool(r.Presigned), "grade": r.Grade.Name(), "recording": r.RecordingId,
		"conversation": r.ConversationId, "ua": r.GetRequest().GetUserAgent(),
		"extra": strings.Join(r.GetRequest().GetExtra(), ","), "bucket": r.Bucket, "grant": strconv.Itoa(len(r.Grant)),
	}
}

func numbersOf(r *access.Record) map[string]int64 {
	return map[string]int64{
		"bytes": r.Bytes, "n": r.Requests, "sessions": r.Sessions, "pieces": r.EvidenceCount,
		"refs": int64(len(r.Evidence)), "status": int64(r.GetRequest().GetStatus()), "size": r.ObjectSize,
		"ip_count": int64(len(r.RelatedIps)), "user_count": int64(len(r.RelatedUsers)),
		"time": r.TimeMs - worldDay().UnixMilli(), "start": r.StartMs - worldDay().UnixMilli(),
		"end": r.EndMs - worldDay().UnixMilli(),
	}
}
