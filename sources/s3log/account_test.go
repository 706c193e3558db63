package s3log

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"earwitness/pipeline/evidence"
)

// account checks that each line of data that is not empty became one piece of
// evidence, in order and at its place, and each raw one a dead letter.
func account(t *testing.T, data []byte, oneByte bool) {
	t.Helper()
	var reader interface{ Read([]byte) (int, error) } = bytes.NewReader(data)
	if oneByte {
		reader = iotest.OneByteReader(reader)
	}
	var pieces []*evidence.Evidence
	letters, raw, end := 0, 0, int64(0)
	err := testDecoder().Decode(context.Background(), evidence.Object{}, reader, func(b evidence.Batch) error {
		if b.Records != len(b.Evidence) || b.End <= end {
			t.Errorf("%d records, %d pieces, end %d after %d", b.Records, len(b.Evidence), b.End, end)
		}
		pieces, letters, end = append(pieces, b.Evidence...), letters+len(b.DeadLetters), b.End
		return nil
	})
	if err != nil || end != int64(len(data)) {
		t.Fatalf("end %d of %d: %v", end, len(data), err)
	}
	offset := 0
	for line := range bytes.Lines(data) {
		at := offset
		offset += len(line)
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			continue
		}
		if len(pieces) == 0 {
			t.Fatalf("line at %d is lost", at)
		}
		e := pieces[0]
		pieces = pieces[1:]
		sum := sha256.Sum256(line)
		if e.Origin.Offset != int64(at) || e.Origin.Length != int64(len(line)) || !bytes.Equal(e.Origin.Sha256, sum[:]) {
			t.Errorf("line at %d: %v", at, e.Origin)
		}
		if e.Grade == evidence.Grade_GRADE_RAW {
			raw++
		} else if r := e.GetRequest(); !utf8.ValidString(r.Key + r.UserAgent + r.RequestUri + r.Requester + r.Bucket) {
			t.Errorf("text that is not UTF-8: %v", r)
		}
	}
	if len(pieces) != 0 || letters != raw {
		t.Errorf("%d pieces too many, %d dead letters for %d raw", len(pieces), letters, raw)
	}
}

func TestDecodeAccountsForEveryLine(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	lines := uglyLines(t)
	for range 200 {
		var data []byte
		for range random.IntN(30) {
			line := []byte(lines[random.IntN(len(lines))])
			switch random.IntN(5) {
			case 0:
				line = line[:random.IntN(len(line))]
			case 1:
				line[random.IntN(len(line))] = byte(random.Uint32())
			case 2:
				line = nil
			}
			data = append(data, line...)
			data = append(data, []string{"\n", "\r\n", "\r", "\n\n"}[random.IntN(4)]...)
		}
		account(t, data, random.IntN(2) == 0)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("a\n\r\n\rb\r\r\n\n"), true)
	for _, line := range uglyLines(f)[:5] {
		f.Add([]byte(line+"\n"+line), false)
	}
	f.Fuzz(account)
}

func FuzzDecodeLine(f *testing.F) {
	for _, line := range uglyLines(f) {
		f.Add([]byte(line))
		e, _ := testDecoder().DecodeLine([]byte(line), nil)
		f.Add(jsonOf(f, e.GetRequest()))
		f.Add(escaped(jsonOf(f, e.GetRequest())))
	}
	for _, line := range versityGWLines(f) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, letter := testDecoder().DecodeLine(bytes.Clone(raw), nil)
		if (letter != nil) != (e.Grade == evidence.Grade_GRADE_RAW) || len(e.SubjectId) == 0 && letter != nil {
			t.Errorf("grade %v, dead letter %v", e.Grade, letter)
		}
		again, _ := testDecoder().DecodeLine(bytes.Clone(e.Raw), e.Origin)
		if !bytes.Equal(again.Raw, e.Raw) || again.SubjectId != e.SubjectId || again.Grade != e.Grade {
			t.Errorf("not stable: %v and %v", e, again)
		}
		if _, err := e.MarshalVT(); err != nil {
			t.Error(err)
		}
	})
}
