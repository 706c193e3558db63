package s3log

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

const (
	// MaxLine is the length in bytes up to which a line is read.
	MaxLine = 512 << 10
	// KeptOfLong is how much is kept of a longer one.
	KeptOfLong = 64 << 10

	readSize = 128 << 10
)

// rawLine is a line without its line end; data holds until the next call.
type rawLine struct {
	data   []byte
	offset int64
	// length is more than len(data) where the line was too long.
	length int64
	sha    [sha256.Size]byte
}

// lines splits a reader at \n and \r\n in bounded memory.
type lines struct {
	r          io.Reader
	growing    bool
	buf        []byte
	start, end int
	// offset is the place of buf[start] in the object: behind the last line
	// that next gave.
	offset int64
	err    error
}

func newLines(r io.Reader, object int64, growing bool, buf *[readSize]byte) *lines {
	return &lines{r: r, growing: growing, offset: object, buf: buf[:]}
}

// fill reads more behind what is there.
func (s *lines) fill() {
	if s.start > 0 {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	if s.end == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf)
		s.buf = grown
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// next gives the next line, empty ones too; false at the end or on an error
// other than io.EOF, which stands in s.err.
func (s *lines) next() (rawLine, bool) {
	for searched := 0; ; {
		window := s.buf[s.start:s.end]
		if i := bytes.IndexByte(window[searched:], '\n'); i >= 0 {
			return s.take(searched+i, 1), true
		}
		searched = len(window)
		switch {
		case s.err == io.EOF: //nolint:errorlint // an end that is wrapped is a failure
			if s.growing || len(window) == 0 {
				return rawLine{}, false
			}
			return s.take(len(window), 0), true
		case s.err != nil:
			return rawLine{}, false
		case len(window) > MaxLine+1:
			return s.takeLong()
		}
		s.fill()
	}
}

// take gives the first n bytes of the window, which end bytes of line end
// follow.
func (s *lines) take(n, end int) rawLine {
	data := s.buf[s.start : s.start+n]
	line := rawLine{offset: s.offset}
	s.start += n + end
	s.offset += int64(n + end)
	if n > 0 && data[n-1] == '\r' {
		data = data[:n-1]
	}
	line.length = int64(len(data))
	line.sha = sha256.Sum256(data)
	line.data = data
	if len(data) > MaxLine {
		line.data = data[:KeptOfLong]
	}
	return line
}

// takeLong hashes a line that is too long as it comes and keeps its
// beginning. A growing object's unfinished line is left for later, whole.
func (s *lines) takeLong() (rawLine, bool) {
	line := rawLine{offset: s.offset, data: bytes.Clone(s.buf[s.start : s.start+KeptOfLong])}
	sum := sha256.New()
	held := false
	for {
		window := s.buf[s.start:s.end]
		i := bytes.IndexByte(window, '\n')
		part := window
		if i >= 0 {
			part = window[:i]
		}
		line.length += hashPart(sum, part, &held)
		if i >= 0 {
			s.start += i + 1
			s.offset = line.offset + line.length + 1
			if held {
				s.offset++
			}
			break
		}
		s.start = s.end
		if s.err != nil {
			if s.err != io.EOF || s.growing { //nolint:errorlint // as above
				return rawLine{}, false
			}
			s.offset = line.offset + line.length
			if held {
				s.offset++
			}
			break
		}
		s.fill()
	}
	sum.Sum(line.sha[:0])
	return line, true
}

// hashPart adds part to sum and says how many bytes that were. A \r at its end
// is held back, for it may belong to the line end.
func hashPart(sum hash.Hash, part []byte, held *bool) (n int64) {
	if *held && len(part) > 0 {
		sum.Write([]byte{'\r'})
		n++
		*held = false
	}
	if len(part) > 0 && part[len(part)-1] == '\r' {
		part = part[:len(part)-1]
		*held = true
	}
	sum.Write(part)
	return n + int64(len(part))
}

// failure is the error that ended the reading, nil at a proper end.
func (s *lines) failure() error {
	if s.err == nil || errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}
