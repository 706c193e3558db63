package engine

import (
	"earwitness/cmd/earwitness/config"
	"earwitness/sources/intake"
)

// Share is one of so many Parts of the objects of sources that list a bucket,
// counted from 1. Each part is read by one process. Zero is all.
type Share struct{ Part, Parts int }

// all says that nothing is shared out.
func (s Share) all() bool { return s.Parts == 0 }

// mine tells which keys belong to it; nil for all.
func (s Share) mine() func(key string) bool {
	if s.all() {
		return nil
	}
	return intake.Share(s.Part, s.Parts)
}

// of gives what a process with a share reads of a source, if anything. Sources
// that can't be divided belong to the first: files of this machine, what is
// asked for or posted, and CloudTrail, whose digests are held against what one
// process has read.
func (s Share) of(source *config.Source) (share Share, reads bool) {
	_, _, listed := source.Objects()
	switch {
	case s.all():
		return s, true
	case source.Queued() && source.Type != config.CloudTrail:
		// The queue itself shares out its messages.
		return Share{}, true
	case listed && source.Type != config.CloudTrail:
		return s, true
	}
	return Share{}, s.Part == 1
}
