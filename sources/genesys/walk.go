package genesys

import (
	"encoding/json"
	"strings"
)

// members calls f with each member of object, a valid JSON object: its key,
// unescaped, and its value as it stands. Anything else has none.
func members(object string, f func(key, value string)) {
	if object == "" || object[0] != '{' {
		return
	}
	for i := skipSpace(object, 1); i < len(object) && object[i] == '"'; {
		end := valueEnd(object, i)
		key := unquote(object[i:end])
		// valid JSON has a colon here
		i = skipSpace(object, skipSpace(object, end)+1)
		end = valueEnd(object, i)
		f(key, object[i:end])
		i = skipSpace(object, end)
		if i >= len(object) || object[i] != ',' {
			return
		}
		i = skipSpace(object, i+1)
	}
}

// elements calls f with each element of array, a valid JSON array.
func elements(array string, f func(value string)) {
	for i := skipSpace(array, 1); i < len(array) && array[i] != ']'; {
		end := valueEnd(array, i)
		f(array[i:end])
		i = skipSpace(array, end)
		if i >= len(array) || array[i] != ',' {
			return
		}
		i = skipSpace(array, i+1)
	}
}

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// valueEnd gives the place behind the value that begins at i.
func valueEnd(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(s))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// unquote gives the text of a JSON string; the empty string for another value.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' {
		return ""
	}
	if strings.IndexByte(s, '\\') < 0 {
		return strings.ToValidUTF8(s[1:len(s)-1], "\uFFFD")
	}
	var text string
	if json.Unmarshal([]byte(s), &text) != nil {
		return ""
	}
	return text
}

// text is unquote with an empty string and "-" absent.
func text(s string) string {
	if t := unquote(s); t != "-" {
		return t
	}
	return ""
}
