package index

import (
	"net/netip"
	"strings"

	"earwitness/pipeline/access"
)

// The fields that an access can be found by. The letter stands before the
// value in its hash, so it belongs to the format.
const (
	fieldRecording = 'r'
	fieldPerson    = 'p'
	fieldAddress   = 'a'
)

// hashTerm is FNV-1a over the field and the value. Two values with one hash
// cost a look at a record that does not match, no more.
func hashTerm(field byte, value string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (uint64(offset) ^ uint64(field)) * prime
	for i := range len(value) {
		h = (h ^ uint64(value[i])) * prime
	}
	return h
}

// appendTerms gives the hashes of all that r can be found by.
func appendTerms(dst []uint64, r *access.Record) []uint64 {
	if name := recordingName(r); name != "" {
		dst = append(dst, hashTerm(fieldRecording, name))
	}
	eachPerson(r, func(name string) bool {
		dst = append(dst, hashTerm(fieldPerson, strings.ToLower(name)))
		return false
	})
	eachAddress(r, func(ip string) bool {
		dst = append(dst, hashTerm(fieldAddress, canonicalAddress(ip)))
		return false
	})
	return dst
}

// recordingName is what --recording asks for: the recording, else whatever
// the record is about.
func recordingName(r *access.Record) string {
	if r.RecordingId != "" {
		return r.RecordingId
	}
	return r.SubjectId
}

// eachPerson calls fn with each name of who did it, until it returns true.
func eachPerson(r *access.Record, fn func(string) bool) bool {
	names := [...]string{
		r.Person.GetId(), r.Person.GetName(), r.Person.GetEmail(), r.PrincipalId, r.PrincipalSession,
	}
	for _, name := range names {
		if name != "" && fn(name) {
			return true
		}
	}
	for _, name := range r.RelatedUsers {
		if name != "" && fn(name) {
			return true
		}
	}
	return false
}

func eachAddress(r *access.Record, fn func(string) bool) bool {
	if r.SourceIp != "" && fn(r.SourceIp) {
		return true
	}
	for _, ip := range r.RelatedIps {
		if ip != "" && fn(ip) {
			return true
		}
	}
	return false
}

// canonicalAddress is the one text of an address, or the text as it is.
func canonicalAddress(text string) string {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return text
	}
	return ip.Unmap().String()
}
