package evidence

import "strings"

// The names of the built-in patterns.
const (
	// PatternExport is the layout of the Genesys Cloud bulk export:
	// [prefix/]{org}/year=…/month=…/day=…/hour=…/conversation_id={conversation}/{recording}[.ext][_metadata.json].
	PatternExport = "genesys-export"
	// PatternGuide is recordings/{yyyy}/{mm}/{dd}/{recording}.{ext} and its
	// sidecar.
	PatternGuide = "guide-recordings"
)

// matchExport takes the key apart from its end, because any prefix may stand
// before the layout. A file in a conversation's folder that is not named
// after a recording (a transcript, say) gives organisation and conversation.
func matchExport(key string) (KeyFacts, bool) {
	rest, file := cutLast(key)
	rest, conversation := cutLast(rest)
	conversation, ok := strings.CutPrefix(conversation, "conversation_id=")
	if !ok || file == "" || !IsUUID(conversation) {
		return KeyFacts{}, false
	}
	for _, part := range [...]struct {
		name     string
		min, max int
	}{{"hour=", 1, 2}, {"day=", 1, 2}, {"month=", 1, 2}, {"year=", 4, 4}} {
		var segment string
		rest, segment = cutLast(rest)
		digits, ok := strings.CutPrefix(segment, part.name)
		if !ok || len(digits) < part.min || len(digits) > part.max || digitRun(digits) != len(digits) {
			return KeyFacts{}, false
		}
	}
	_, org := cutLast(rest)
	if !IsUUID(org) {
		return KeyFacts{}, false
	}
	facts := KeyFacts{
		OrganizationID: org, ConversationID: conversation,
		Kind: ObjectKind_OBJECT_KIND_OTHER, Pattern: PatternExport,
	}
	if recording, kind, ok := recordingFile(file, false); ok {
		facts.RecordingID, facts.Kind = recording, kind
	}
	return facts, true
}

func matchGuide(key string) (KeyFacts, bool) {
	rest, ok := strings.CutPrefix(key, "recordings/")
	if !ok {
		return KeyFacts{}, false
	}
	for _, width := range [...][2]int{{4, 4}, {1, 2}, {1, 2}} {
		n := digitRun(rest)
		if n < width[0] || n > width[1] || n >= len(rest) || rest[n] != '/' {
			return KeyFacts{}, false
		}
		rest = rest[n+1:]
	}
	recording, kind, ok := recordingFile(rest, true)
	if !ok {
		return KeyFacts{}, false
	}
	return KeyFacts{RecordingID: recording, Kind: kind, Pattern: PatternGuide}, true
}

// recordingFile reads {recording}[.ext][_metadata.json]. What bears the name
// of the recording and is not its sidecar is its content, whatever the
// extension: a recorded chat is text.
func recordingFile(file string, wantExt bool) (string, ObjectKind, bool) {
	if len(file) < 36 || !IsUUID(file[:36]) {
		return "", 0, false
	}
	recording, ext := file[:36], file[36:]
	kind := ObjectKind_OBJECT_KIND_MEDIA
	if cut, ok := strings.CutSuffix(ext, sidecarSuffix); ok {
		ext, kind = cut, ObjectKind_OBJECT_KIND_METADATA
	}
	if ext == "" {
		return recording, kind, !wantExt || kind == ObjectKind_OBJECT_KIND_METADATA
	}
	if ext[0] != '.' || len(ext) == 1 || alnumRun(ext[1:]) != len(ext)-1 {
		return "", 0, false
	}
	return recording, kind, true
}

// cutLast cuts the last segment off path.
func cutLast(path string) (before, segment string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

func digitRun(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func alnumRun(s string) int {
	n := 0
	for n < len(s) && isAlnum(s[n]) {
		n++
	}
	return n
}
