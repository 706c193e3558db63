package s3log

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"earwitness/pipeline/evidence"
)

func uglyLines(tb testing.TB) []string {
	tb.Helper()
	data, err := os.ReadFile("testdata/ugly.log")
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// plainLines are those that every reader reads.
func plainLines(tb testing.TB) (lines [][]byte, size int) {
	for _, text := range uglyLines(tb) {
		var l Line
		if grade, err := l.Scan([]byte(text)); err == nil && grade == evidence.Grade_GRADE_EXACT {
			lines = append(lines, []byte(text))
			size += len(text) + 1
		}
	}
	return lines, size
}

var allFields = regexp.MustCompile(`^(\S+) (\S+) \[([^\]]+)\] (\S+) (.+?) (\S+) (\S+) (\S+) ("[^"]*"|-) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) ` +
	`("[^"]*"|-) ("[^"]*"|-) (\S+)(?: (\S+) (\S+) (\S+) (\S+) (\S+)(?: (\S+))?(?: (\S+))?(?: (\S+))?(?: (\S+))?)?(.*)$`)

func benchmarkLines(b *testing.B, read func([]byte) bool) {
	lines, size := plainLines(b)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			if !read(line) {
				b.Fatalf("not read: %s", line)
			}
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(lines))/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkScan(b *testing.B) {
	b.Run("scanner", func(b *testing.B) {
		var l Line
		benchmarkLines(b, func(line []byte) bool {
			grade, _ := l.Scan(line)
			return grade == evidence.Grade_GRADE_EXACT
		})
	})
	b.Run("regexp", func(b *testing.B) {
		benchmarkLines(b, func(line []byte) bool { return allFields.FindSubmatchIndex(line) != nil })
	})
}

func BenchmarkDialects(b *testing.B) {
	e, _ := testDecoder().DecodeLine([]byte(uglyLines(b)[0]), nil)
	for name, line := range map[string][]byte{
		"json": jsonOf(b, e.GetRequest()), "versitygw": []byte(gatewayLine("year=2026/month=3/a.opus", "- Mozilla/5.0 (X11; Linux)")),
	} {
		b.Run(name, func(b *testing.B) {
			var l Line
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Scan(redactor{}.redact(line)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRedactNothing(b *testing.B) {
	line := []byte(getHead + request + denied + `"-" "curl/8"` + fullTail)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		redactor{}.redact(line)
	}
}

func BenchmarkDecode(b *testing.B) {
	data, err := os.ReadFile("testdata/ugly.log")
	if err != nil {
		b.Fatal(err)
	}
	data = bytes.Repeat(data, 100)
	decoder := New(Config{})
	records := 0
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		err := decoder.Decode(context.Background(), evidence.Object{}, bytes.NewReader(data), func(batch evidence.Batch) error {
			records += batch.Records
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "lines/s")
}

func TestScanAllocatesNothing(t *testing.T) {
	lines, _ := plainLines(t)
	if len(lines) < 10 {
		t.Fatalf("%d plain lines", len(lines))
	}
	lines = append(lines, []byte(getHead+request+denied+`"-" "x`+fakeTail+`"`+fullTail), []byte("no line"))
	var l Line
	allocs := testing.AllocsPerRun(100, func() {
		for _, line := range lines {
			if _, err := l.Scan(line); err != nil && len(line) > 10 {
				t.Fatal(err)
			}
			redactor{}.redact(lines[len(lines)-1])
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
