package simulate

// How a reader can grade a line.
const (
	gradeExact     = "exact"
	gradeRecovered = "recovered"
	gradeRaw       = "raw"
)

// ugly is a way in which a line can be hard to read.
type ugly int

const (
	_ ugly = iota // a clean line
	// uglyCut: the line ends before it has said what was asked for.
	uglyCut
	// uglyOld: from before the last fields were added.
	uglyOld
	// uglyNew: more fields than anybody knows.
	uglyNew
	// uglyText: a user agent that is not ASCII, or not UTF-8.
	uglyText
	// uglyQuote: a quote inside a quoted field.
	uglyQuote
	// uglyForged: a user agent that looks like the fields behind it.
	uglyForged
	// uglyReferrer: a referrer with quotes and spaces.
	uglyReferrer
)

// drawUgly picks a way that r can be ugly in: where no client spoke, there is
// nothing for him to spoil.
func drawUgly(s *source, r *request) ugly {
	if r.method == "" {
		return ugly(s.between(int64(uglyCut), int64(uglyNew)))
	}
	return ugly(s.between(int64(uglyCut), int64(uglyReferrer)))
}

// spoilRequest changes what the client sent.
func (u ugly) spoilRequest(s *source, r *request) {
	switch u {
	case uglyText:
		r.agentText = pick(s, []string{"録音プレーヤー/2.1", "Lecteur\xe9/1.0", "плеер/3 (тест)"})
	case uglyQuote:
		r.agentText += `"`
	case uglyForged:
		r.agentText = pick(s, []string{`a" 200 - 5 5 1 1 "-" "b`, `evil" - - "x`, `x" - AAAAAAAAAAAAAAAAAAAAAAAA SigV4 - AuthHeader h TLSv1.3 "y`})
	case uglyReferrer:
		r.referrer = `https://example.com/" onload="x`
	}
}

// spoilLine changes the line itself; uri is where its request URI begins.
func (u ugly) spoilLine(s *source, line []byte, uri int) []byte {
	switch u {
	case uglyCut:
		return line[:s.between(70, int64(uri))]
	case uglyOld:
		return cutFields(line, int(s.between(1, 3)))
	case uglyNew:
		return append(line, pick(s, []string{" -", " eu-central-1a 7 -", " v2:x=1;y=2"})...)
	}
	return line
}

// cutFields leaves the last n fields out; none of the last three holds a
// space.
func cutFields(line []byte, n int) []byte {
	for range n {
		end := len(line) - 1
		for line[end] != ' ' {
			end--
		}
		line = line[:end]
	}
	return line
}

func (u ugly) grade() string {
	switch u {
	case uglyCut:
		return gradeRaw
	case uglyQuote, uglyForged, uglyReferrer:
		return gradeRecovered
	}
	return gradeExact
}
