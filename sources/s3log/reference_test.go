package s3log

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/evidence"
)

// The text form's exact reading a second time, slow and obvious: words are cut
// at spaces, and each is held against a list of characters. Scan has to come
// to the same.

const (
	refDigits  = "0123456789"
	refUpper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	refLower   = "abcdefghijklmnopqrstuvwxyz"
	refLetters = refUpper + refLower
	refWord    = refDigits + refLetters + "_-."
)

// refIs holds for words of characters of a set; others refuses some lengths.
func refIs(w, set string, least, most int) bool {
	return len(w) >= least && len(w) <= most && strings.Trim(w, set) == "" // all is trimmed when all is of the set
}

func refText(w string) bool {
	return w != "" && !slices.ContainsFunc([]byte(w), func(c byte) bool { return c <= ' ' || c == '"' || c == 0x7f })
}

// refWords cuts n words off; each is followed by a space.
func refWords(s string, n int) (words []string, rest string, ok bool) {
	for range n {
		w, after, found := strings.Cut(s, " ")
		if !found || w == "" {
			return nil, "", false
		}
		words, s = append(words, w), after
	}
	return words, s, true
}

func refRequestID(w string) bool {
	if refIs(w, refUpper+refDigits, 16, 16) {
		return true
	}
	parts := strings.Split(w, "-")
	for i, part := range parts {
		size := []int{8, 4, 4, 4, 12}[min(i, 4)]
		if !refIs(part, refDigits+"abcdefABCDEF", size, size) {
			return false
		}
	}
	return len(parts) == 5
}

func refOperation(w string) bool {
	parts := strings.Split(w, ".")
	for i, part := range parts {
		if part == "" || i == 0 && !refIs(part, refUpper+refDigits, 1, 128) || !refIs(part, refDigits+refLetters+"_", 1, 128) {
			return false
		}
	}
	return len(parts) >= 2 && len(parts) <= 4 && len(w) <= 128
}

// refHead gives fields 1, 2, 4-8 and what follows them.
func refHead(line string) (fields []string, rest string, ok bool) {
	first, rest, ok := refWords(line, 2)
	if !ok || !refText(first[0]) || !refText(first[1]) || len(rest) <= timeLength {
		return nil, "", false
	}
	if _, ok := parseTime([]byte(rest)); !ok {
		return nil, "", false
	}
	address, rest, ok := refWords(rest[timeLength+1:], 1)
	ip := ok && (address[0] == "-" || refIs(address[0], refDigits+"abcdefABCDEF.:", 2, 45) &&
		(strings.IndexByte(address[0], '.') > 0 || strings.Contains(address[0], ":")))
	if !ip {
		return nil, "", false
	}
	for n := 1; n <= maxRequesterWords; n++ {
		words, after, ok := refWords(rest, n+2)
		if !ok {
			return nil, "", false
		}
		if !refRequestID(words[n]) || !refOperation(words[n+1]) {
			continue
		}
		requester := strings.Join(words[:n], " ")
		key, behind, ok := refWords(after, 1)
		if strings.Contains(requester, `"`) || !ok || !refText(key[0]) {
			return nil, "", false
		}
		return append(append(first, address[0], requester), words[n], words[n+1], key[0]), behind, true
	}
	return nil, "", false
}

// refQuoted takes "…" or a bare dash and the space behind.
func refQuoted(s string) (field, rest string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "- "); ok {
		return "-", rest, true
	}
	if s, ok = strings.CutPrefix(s, `"`); !ok {
		return "", "", false
	}
	field, rest, ok = strings.Cut(s, `"`)
	if !ok || !strings.HasPrefix(rest, " ") {
		return "", "", false
	}
	return field, rest[1:], true
}

func refRequestLine(uri string) bool {
	parts := strings.Split(uri, " ")
	return len(parts) == 3 && refIs(parts[0], refLetters, 1, len(uri)) && parts[1] != "" &&
		strings.HasPrefix(parts[2], "HTTP/") && refIs(parts[2][5:], refWord, 1, 3)
}

// refTail takes fields 18 and later, and gives those that are known.
func refTail(s string) (fields []string, extra string, ok bool) {
	words := strings.Split(s, " ")
	known := words[:min(len(words), lastKnownField-firstTailField+1)]
	for i, w := range known {
		fits := false
		switch i + firstTailField {
		case 18, 23:
			fits = refText(w)
		case 19:
			fits = refIs(w, refDigits+refLetters+"+/=-_", 16, 256)
		case 20:
			fits = strings.HasPrefix(w, "Sig") && refIs(w, refWord, 4, 16)
		case 21:
			fits = refIs(w, refWord, 1, len(w)) && refIs(w[:1], refLetters, 1, 1)
		case 22:
			fits = refIs(w, refLetters, 4, len(w))
		case 24:
			fits = (strings.HasPrefix(w, "TLS") || strings.HasPrefix(w, "SSL")) && refIs(w, refWord, 4, 12)
		case 25:
			fits = strings.HasPrefix(w, "arn:") && len(w) > 4 && refText(w)
		case 26:
			fits = w == "Yes" || w == "No"
		case 27:
			fits = refIs(w, refDigits+refLower+"-", 1, 40)
		}
		if !fits && w != "-" {
			return nil, "", false
		}
	}
	extra = strings.Join(words[len(known):], " ")
	return known, extra, !strings.Contains(extra, `"`)
}

// refExact gives all fields but the time, an absent one empty, when the line is
// to be read exactly.
func refExact(line string) (fields []string, ok bool) {
	head, rest, ok := refHead(strings.TrimRight(line, " "))
	if !ok {
		return nil, false
	}
	bare := strings.HasPrefix(rest, "-")
	uri, rest, ok := refQuoted(rest)
	if !ok || uri != "-" && !refRequestLine(uri) {
		return nil, false
	}
	numbers, rest, ok := refWords(rest, 6)
	if !ok || numbers[0] != "-" && len(numbers[0]) != 3 || !refIs(numbers[1], refWord, 1, 128) {
		return nil, false
	}
	for _, i := range []int{0, 2, 3, 4, 5} {
		if numbers[i] != "-" && !refIs(numbers[i], refDigits, 1, 18) {
			return nil, false
		}
		numbers[i] = strings.TrimLeft(numbers[i][:len(numbers[i])-1], "0") + numbers[i][len(numbers[i])-1:]
	}
	referrer, rest, ok := refQuoted(rest)
	if !ok {
		return nil, false
	}
	agent, rest, ok := refQuoted(rest)
	if !ok {
		return nil, false
	}
	tail, extra, ok := refTail(rest)
	if !ok || !bare && len(tail) > 1 && (tail[1] == "-" || len(tail) == 2 && tail[0] == "-" && len(tail[1]) <= 40) {
		return nil, false
	}
	fields = slices.Concat(head, []string{uri}, numbers, []string{referrer, agent}, tail)
	for i, f := range fields {
		if f == "-" {
			fields[i] = ""
		}
	}
	return append(fields, extra), true
}

// refFound is what Scan has found, as refExact tells it.
func refFound(l *Line) (fields []string) {
	add := func(texts ...[]byte) {
		for _, text := range texts {
			fields = append(fields, string(text))
		}
	}
	number := func(n int64, bit uint32) {
		if l.Present&bit == 0 {
			add(nil)
			return
		}
		add(strconv.AppendInt(nil, n, 10))
	}
	add(l.BucketOwner, l.Bucket, l.RemoteIP, l.Requester, l.RequestID, l.Operation, l.Key, l.RequestURI)
	number(l.Status, evidence.PresentStatus)
	add(l.ErrorCode)
	number(l.BytesSent, evidence.PresentBytesSent)
	number(l.ObjectSize, evidence.PresentObjectSize)
	number(l.TotalTimeMs, evidence.PresentTotalTime)
	number(l.TurnAroundMs, evidence.PresentTurnAround)
	add(l.Referrer, l.UserAgent)
	tail := [][]byte{
		l.VersionID, l.HostID, l.SignatureVersion, l.CipherSuite, l.AuthenticationType,
		l.HostHeader, l.TLSVersion, l.AccessPointARN, l.ACLRequired, l.SourceRegion,
	}
	add(tail[:min(len(tail), l.Fields-firstTailField+1)]...)
	add(l.Extra)
	return fields
}

func checkAgainstReference(t *testing.T, line []byte) {
	t.Helper()
	var l Line
	grade, _ := l.Scan(line)
	exact := grade == evidence.Grade_GRADE_EXACT && l.Dialect == DialectText
	want, ok := refExact(string(line))
	if ok != exact {
		t.Fatalf("grade %v, exact by the reference %t: %q", grade, ok, line)
	}
	if !ok {
		return
	}
	if diff := cmp.Diff(want, refFound(&l)); diff != "" {
		t.Fatalf("%q: %s", line, diff)
	}
	if want := firstTailField - 1 + len(want) - 17; l.Fields != want && len(l.Extra) == 0 {
		t.Fatalf("%d fields, want %d: %q", l.Fields, want, line)
	}
}

// mutate changes a line where readers go wrong: at its delimiters, in single
// bytes, by pieces that move.
func mutate(random *rand.Rand, line []byte) []byte {
	line = slices.Clone(line)
	for range random.IntN(4) {
		at := random.IntN(len(line) + 1)
		upTo := min(len(line), at+random.IntN(12))
		switch random.IntN(4) {
		case 0:
			line = slices.Insert(line, at, []byte(` "-/.:;0aZ_=+[]%` + "\x00\x1f\x7f\x80\xff")[random.IntN(21)])
		case 1:
			line = slices.Delete(line, at, upTo)
		case 2:
			line = slices.Insert(line, at, slices.Clone(line[at:upTo])...)
		default:
			if at < len(line) {
				line[at] = byte(random.Uint32())
			}
		}
	}
	return line
}

func TestScanEqualsReference(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	lines := append(uglyLines(t), getHead+request+denied+`"-" "curl/8"`+fullTail)
	rounds := 200_000
	if testing.Short() {
		rounds = 20_000
	}
	for range rounds {
		checkAgainstReference(t, mutate(random, []byte(lines[random.IntN(len(lines))])))
	}
}

func FuzzScanEqualsReference(f *testing.F) {
	for _, line := range uglyLines(f) {
		f.Add([]byte(line))
	}
	f.Fuzz(checkAgainstReference)
}
