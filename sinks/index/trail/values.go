package trail

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"

	"earwitness/pipeline/access"
)

func when(r *access.Record) string {
	return time.UnixMilli(r.TimeMs).UTC().Format("2006-01-02 15:04:05")
}

// Actor is what a person calls who did it: the name of the person, else the
// principal without what all principals have in common.
func Actor(r *access.Record) string {
	if p := r.Person; p != nil {
		return cmp.Or(p.Name, p.Email, p.Id)
	}
	switch {
	case r.PrincipalClass == access.PrincipalClass_PRINCIPAL_CLASS_ANONYMOUS:
		return "anonymous"
	case r.PrincipalId == "" && r.Request != nil:
		return shortARN(r.Request.Requester)
	case r.PrincipalId == "":
		return "-"
	}
	name := shortARN(r.PrincipalId)
	if r.PrincipalSession != "" {
		name += "/" + r.PrincipalSession
	}
	return name
}

// shortARN leaves out all before the resource.
func shortARN(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return strings.TrimPrefix(parts[5], "assumed-role/")
	}
	return arn
}

func verdict(r *access.Record) string {
	name := r.Verdict.Name()
	if r.State == access.State_STATE_PENDING {
		name += "?"
	}
	return name
}

func size(r *access.Record) string {
	bytes := r.Bytes
	if r.Request != nil {
		bytes = r.Request.BytesSent
	}
	if bytes <= 0 {
		return ""
	}
	return humanize.IBytes(uint64(bytes))
}

func from(r *access.Record) string {
	if r.SourceIp == "" && r.Request != nil {
		return cmp.Or(r.Request.RemoteIp, "-")
	}
	return cmp.Or(r.SourceIp, "-")
}

func recording(r *access.Record) string { return cmp.Or(r.RecordingId, r.SubjectId) }

// printable replaces what could move the cursor, colour the terminal or turn
// the line around.
func printable(s string) string {
	clean := func(r rune) bool {
		return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != utf8.RuneError
	}
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if clean(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}

// cells is the width of s on a terminal.
func cells(s string) int { return uniseg.StringWidth(s) }

// cut shortens s to width cells, the last of them an ellipsis.
func cut(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	var b strings.Builder
	used := 0
	for rest := s; rest != ""; {
		cluster, tail, w, _ := uniseg.FirstGraphemeClusterInString(rest, -1)
		if used+w > width-1 {
			break
		}
		b.WriteString(cluster)
		used += w
		rest = tail
	}
	return b.String() + "…"
}
