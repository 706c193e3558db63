package s3log

import "earwitness/pipeline/evidence"

// redactEscaped is redact for a line of JSON: it looks for secrets in the
// line with the escapes undone, so that one whose name, "=" or value is
// escaped is found and hashed like any other, and replaces the bytes that
// they came from. The rest of the line keeps its bytes, escapes and all.
// Broken JSON is read as far as it goes, for it is kept too.
func (r redactor) redactEscaped(line []byte) []byte {
	plain, from := withoutEscapes(line)
	var out []byte
	done := 0
	for at := 0; ; {
		s := nextSecret(plain, at)
		if s.end == 0 {
			break
		}
		at = s.end
		value := plain[s.start:s.end]
		if r.stored && evidence.IsHashedSecret(value) {
			continue
		}
		out = append(out, line[done:from[s.start]]...)
		out = appendHash(out, value, s.level+1)
		done = from[s.end]
	}
	if out == nil {
		return line
	}
	return append(out, line[done:]...)
}

// withoutEscapes undoes the escapes of JSON; from says for each byte, and for
// the end, where in line it comes from.
func withoutEscapes(line []byte) (plain []byte, from []int) {
	plain, from = make([]byte, 0, len(line)), make([]int, 0, len(line)+1)
	for at := 0; at < len(line); {
		before, n := len(plain), 0
		plain, n = appendCharacter(plain, line[at:])
		for range len(plain) - before {
			from = append(from, at)
		}
		at += n
	}
	return plain, append(from, len(line))
}
