package evidence

import (
	"errors"
	"fmt"
	"strings"
)

// KeyFacts is what an object key says. An id that the key does not name is
// empty.
type KeyFacts struct {
	OrganizationID string
	ConversationID string
	RecordingID    string
	Kind           ObjectKind
	// Pattern is the name of the pattern that matched.
	Pattern string
}

// KeyPattern is a pattern of the user's own.
type KeyPattern struct {
	// Name tells patterns apart in KeyFacts and in errors.
	Name string
	// Template is described at CompileKeyPatterns.
	Template string
	// Kind is media, metadata or other; empty decides by the end of the key:
	// _metadata.json is metadata, an audio or video extension media.
	Kind string
}

// KeyPatterns maps object keys to what they name. It is immutable and safe
// for concurrent use.
type KeyPatterns struct {
	user []keyTemplate
}

// CompileKeyPatterns makes patterns out of the user's, which are tried first
// and in order, and of the built-in ones: PatternExport and PatternGuide.
//
// A template is matched against the whole decoded key. It holds literal text
// and placeholders: {org}, {conversation} and {recording} stand for a UUID,
// or else for a run of letters, digits and "-"; {ext} for a run of letters
// and digits; {yyyy} for four digits; {mm}, {dd} and {hh} for one or two;
// {any} for anything but "/" up to the text that follows it. A leading "**/"
// stands for any prefix, none included.
//
// The error names the pattern and says what is allowed.
func CompileKeyPatterns(user []KeyPattern) (*KeyPatterns, error) {
	p := &KeyPatterns{}
	seen := map[string]bool{PatternExport: true, PatternGuide: true}
	var errs []error
	for i, u := range user {
		t, err := compileKeyTemplate(u)
		switch {
		case u.Name == "":
			errs = append(errs, fmt.Errorf("compile key pattern %d: it has no name; give each pattern a name of its own", i+1))
		case seen[u.Name]:
			errs = append(errs, fmt.Errorf("compile key pattern %q: the name is taken; names are unique, and %s and %s are built in",
				u.Name, PatternExport, PatternGuide))
		case err != nil:
			errs = append(errs, fmt.Errorf("compile key pattern %q: %w", u.Name, err))
		}
		seen[u.Name] = true
		p.user = append(p.user, t)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

// Match says what key, decoded, names, by the first pattern that matches. It
// does not allocate unless an id is in upper case. A nil p knows the built-in
// patterns.
func (p *KeyPatterns) Match(key string) (KeyFacts, bool) {
	if p != nil {
		for i := range p.user {
			if facts, ok := p.user[i].match(key); ok {
				return lowerIDs(facts), true
			}
		}
	}
	if facts, ok := matchExport(key); ok {
		return lowerIDs(facts), true
	}
	if facts, ok := matchGuide(key); ok {
		return lowerIDs(facts), true
	}
	return KeyFacts{}, false
}

func lowerIDs(f KeyFacts) KeyFacts {
	f.OrganizationID = LowerUUID(f.OrganizationID)
	f.ConversationID = LowerUUID(f.ConversationID)
	f.RecordingID = LowerUUID(f.RecordingID)
	return f
}

const sidecarSuffix = "_metadata.json"

// kindByEnd decides what a key names where its pattern does not say.
func kindByEnd(key string) ObjectKind {
	if strings.HasSuffix(key, sidecarSuffix) {
		return ObjectKind_OBJECT_KIND_METADATA
	}
	dot := strings.LastIndexByte(key, '.')
	if dot >= 0 && isMediaExtension(key[dot+1:]) {
		return ObjectKind_OBJECT_KIND_MEDIA
	}
	return ObjectKind_OBJECT_KIND_OTHER
}

func isMediaExtension(ext string) bool {
	for _, known := range [...]string{
		"opus", "ogg", "oga", "mp3", "wav", "webm", "mp4", "m4a", "flac",
		"aac", "wma", "mkv", "mov", "avi", "mpg", "mpeg", "au", "amr", "gsm",
	} {
		if strings.EqualFold(ext, known) {
			return true
		}
	}
	return false
}
