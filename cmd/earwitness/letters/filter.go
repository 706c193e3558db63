package letters

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Filter chooses letters. What is empty lets all pass.
type Filter struct {
	// IDs begin with one of these, in lower-case hex.
	IDs []string
	// Stages and Causes are named by one of these.
	Stages, Causes []string
	// Places are those that the object's address begins with, or is.
	Places []Place
	// Since and Until bound the time of the failure; Until is not in it.
	Since, Until time.Time
}

// Place is an object or a folder of them: file:///logs, s3://bucket/prefix,
// webhook:name.
type Place string

// holds says whether an address lies there.
func (p Place) holds(uri string) bool {
	rest, ok := strings.CutPrefix(uri, string(p))
	// Below a bucket, a prefix need not end with a folder's name.
	inBucket, isBucket := strings.CutPrefix(string(p), "s3://")
	prefixed := isBucket && strings.Contains(inBucket, "/")
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(string(p), "/") || prefixed)
}

// IsEmpty says that all letters pass.
func (f *Filter) IsEmpty() bool {
	return len(f.IDs)+len(f.Stages)+len(f.Causes)+len(f.Places) == 0 && f.Since.IsZero() && f.Until.IsZero()
}

// Passes says whether a letter is chosen.
func (f *Filter) Passes(l *Letter) bool {
	at := time.UnixMilli(l.TimeMs)
	switch {
	case len(f.Stages) > 0 && !slices.Contains(f.Stages, l.Stage),
		len(f.Causes) > 0 && !slices.Contains(f.Causes, l.Cause),
		!f.Since.IsZero() && at.Before(f.Since),
		!f.Until.IsZero() && !at.Before(f.Until):
		return false
	case len(f.Places) > 0 && !slices.ContainsFunc(f.Places, func(p Place) bool { return p.holds(l.Origin.GetUri()) }):
		return false
	case len(f.IDs) == 0:
		return true
	}
	id := hex.EncodeToString(l.Id)
	return slices.ContainsFunc(f.IDs, func(begin string) bool { return strings.HasPrefix(id, begin) })
}
