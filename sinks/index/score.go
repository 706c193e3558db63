package index

import "earwitness/pipeline/access"

// Reason is one thing that makes an access suspicious, and its weight.
type Reason struct {
	Weight int
	Text   string
}

var verdictReasons = map[access.Verdict]Reason{
	access.Verdict_VERDICT_ANONYMOUS:    {60, "nobody had to say who they are"},
	access.Verdict_VERDICT_UNATTRIBUTED: {50, "the contact centre's role acted and no audit explains it"},
	access.Verdict_VERDICT_DIRECT:       {40, "a principal went around the contact centre"},
}

var takenReasons = map[access.Taken]Reason{
	access.Taken_TAKEN_FULL:        {25, "the whole recording was taken"},
	access.Taken_TAKEN_LIKELY_FULL: {20, "most likely the whole recording was taken"},
	access.Taken_TAKEN_PARTIAL:     {10, "a part of the recording was taken"},
}

var classReasons = map[access.Class]Reason{
	access.Class_CLASS_DELETE: {20, "it was a deletion"},
	access.Class_CLASS_CHANGE: {10, "it changed settings"},
	access.Class_CLASS_WRITE:  {5, "it wrote"},
}

// A flag counts whatever the verdict.
var flagReasons = []struct {
	flag uint32
	Reason
}{
	{access.FlagLinkShared, Reason{30, "the link was used from elsewhere than it was made for"}},
	{access.FlagAddressMismatch, Reason{25, "the address is not the one of the act"}},
	{access.FlagCopied, Reason{15, "the recording was copied"}},
	{access.FlagUnexpected, Reason{15, "this role has no business with it under this storage model"}},
	{access.FlagActFailed, Reason{15, "the act that would explain it was refused"}},
	{access.FlagOverwrite, Reason{10, "it replaced what was there"}},
	{access.FlagContested, Reason{5, "several people could have done it"}},
	{access.FlagDistant, Reason{5, "the act lies far from the request"}},
}

// failedWeight is taken off where nothing was reached: an attempt is worth
// telling, below a deed.
const failedWeight = -30

// Reasons tells why an access deserves a look, the verdict first. What
// somebody took, deleted or wrote counts only beside a verdict or a flag that
// is suspicious by itself: people do listen to recordings.
func Reasons(r *access.Record) []Reason {
	var found []Reason
	if reason, ok := verdictReasons[r.Verdict]; ok {
		found = append(found, reason)
	}
	for _, f := range flagReasons {
		if r.Flags&f.flag != 0 {
			found = append(found, f.Reason)
		}
	}
	if len(found) == 0 {
		return nil
	}
	if reason, ok := takenReasons[r.Taken]; ok {
		found = append(found, reason)
	}
	if reason, ok := classReasons[r.Class]; ok {
		found = append(found, reason)
	}
	if r.Failed {
		found = append(found, Reason{failedWeight, "it failed"})
	}
	return found
}

// Score is the sum of the weights of Reasons, not below 0. 0 is nothing to
// look at.
func Score(r *access.Record) int {
	sum := 0
	for _, reason := range Reasons(r) {
		sum += reason.Weight
	}
	return max(sum, 0)
}
