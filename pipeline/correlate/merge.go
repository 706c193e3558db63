package correlate

import (
	"bytes"
	"cmp"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"earwitness/pipeline/evidence"
)

// comparePieces is the order of precedence among pieces of one identity
// (section 1); of one piece found in two places the first place counts.
func comparePieces(a, b *evidence.Evidence) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind),
		bytes.Compare(a.Raw, b.Raw),
		bytes.Compare(a.Id, b.Id),
		cmp.Compare(a.GetOrigin().GetUri(), b.GetOrigin().GetUri()),
		cmp.Compare(a.GetOrigin().GetOffset(), b.GetOrigin().GetOffset()),
	)
}

// addPiece puts e among the pieces of its identity, and says whether it tells
// anything that they do not.
func (s *state) addPiece(pieces []piece, e *evidence.Evidence, body []byte) ([]piece, bool) {
	id := evidence.ID(e.Id)
	if i := slices.IndexFunc(pieces, func(p piece) bool { return p.id == id }); i >= 0 {
		if comparePieces(e, s.bodies.evidence(pieces[i].body)) >= 0 {
			return pieces, false
		}
		s.bodies.release(pieces[i].body)
		pieces = slices.Clone(pieces)
		pieces[i].body = s.bodies.put(body)
		return pieces, true
	}
	at, _ := slices.BinarySearchFunc(pieces, e, func(p piece, e *evidence.Evidence) int {
		return comparePieces(s.bodies.evidence(p.body), e)
	})
	return slices.Insert(slices.Clone(pieces), at, piece{id: id, body: s.bodies.put(body)}), true
}

// load reads pieces.
func (s *state) load(pieces []piece) []*evidence.Evidence {
	all := make([]*evidence.Evidence, len(pieces))
	for i, p := range pieces {
		all[i] = s.bodies.evidence(p.body)
	}
	return all
}

func (s *state) fact(ref bodyRef) *evidence.StorageRequest {
	return s.bodies.evidence(ref).GetRequest()
}

// mergeRequests takes each field whole from the first piece that has it.
func mergeRequests(pieces []*evidence.Evidence) *evidence.StorageRequest {
	if len(pieces) == 1 {
		return pieces[0].GetRequest()
	}
	merged := &evidence.StorageRequest{}
	for _, p := range pieces {
		fact := p.GetRequest()
		hadAddress := parseAddress(merged.RemoteIp).IsValid()
		fillAbsent(merged.ProtoReflect(), fact.ProtoReflect(), isNumber)
		if !hadAddress && parseAddress(fact.RemoteIp).IsValid() {
			merged.RemoteIp = fact.RemoteIp
		}
		missing := fact.Present &^ merged.Present
		merged.Present |= missing
		takeNumbers(merged, fact, missing)
	}
	return merged
}

// isNumber names the fields that the bits of Present tell about: 0 is a value
// of theirs.
func isNumber(name protoreflect.Name) bool {
	switch name {
	case "present", "status", "bytes_sent", "object_size", "total_time_ms", "turn_around_ms":
		return true
	}
	return false
}

func takeNumbers(dst, src *evidence.StorageRequest, bits uint32) {
	if bits&evidence.PresentStatus != 0 {
		dst.Status = src.Status
	}
	if bits&evidence.PresentBytesSent != 0 {
		dst.BytesSent = src.BytesSent
	}
	if bits&evidence.PresentObjectSize != 0 {
		dst.ObjectSize = src.ObjectSize
	}
	if bits&evidence.PresentTotalTime != 0 {
		dst.TotalTimeMs = src.TotalTimeMs
	}
	if bits&evidence.PresentTurnAround != 0 {
		dst.TurnAroundMs = src.TurnAroundMs
	}
}

// isLookup names what belongs to one lookup, and not to what was answered.
func isLookup(name protoreflect.Name) bool {
	switch name {
	case "about", "about_id", "source", "asked_ms", "missing":
		return true
	}
	return false
}

func mergeActs(pieces []*evidence.Evidence) *evidence.Act {
	if len(pieces) == 1 {
		return pieces[0].GetAct()
	}
	merged := &evidence.Act{}
	for _, p := range pieces {
		fact := p.GetAct()
		hadAddress := slices.ContainsFunc(merged.RemoteIps, isAddress)
		fillAbsent(merged.ProtoReflect(), fact.ProtoReflect(), func(protoreflect.Name) bool { return false })
		if !hadAddress && slices.ContainsFunc(fact.RemoteIps, isAddress) {
			merged.RemoteIps = fact.RemoteIps
		}
	}
	return merged
}

func isAddress(text string) bool { return parseAddress(text).IsValid() }

// fillAbsent gives dst each field that it lacks, but those that are left out.
func fillAbsent(dst, src protoreflect.Message, leftOut func(protoreflect.Name) bool) {
	src.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if !leftOut(field.Name()) && !dst.Has(field) {
			dst.Set(field, value)
		}
		return true
	})
}
