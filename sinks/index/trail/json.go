package trail

import (
	"bufio"
	"fmt"
	"io"
	"iter"

	"earwitness/pipeline/access"
)

// JSON writes each record as its document of docs/formats/record.md, one a
// line. It returns the first error of the records or of w.
func JSON(w io.Writer, records iter.Seq2[*access.Record, error]) error {
	lines := NewJSONWriter(w)
	for r, err := range records {
		if err == nil {
			err = lines.Write(r)
		}
		if err != nil {
			return err
		}
	}
	return lines.Flush()
}

// JSONWriter writes documents, one a line, for records that come by calls.
// It is not safe for concurrent use.
type JSONWriter struct {
	out *bufio.Writer
	buf []byte
}

// NewJSONWriter writes to w; what was written is sure to be there after
// Flush.
func NewJSONWriter(w io.Writer) *JSONWriter {
	return &JSONWriter{out: bufio.NewWriterSize(w, 64<<10)}
}

// Write adds the line of r.
func (j *JSONWriter) Write(r *access.Record) error {
	j.buf = append(access.AppendJSON(j.buf[:0], r), '\n')
	if _, err := j.out.Write(j.buf); err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

// Flush hands everything to the writer below.
func (j *JSONWriter) Flush() error {
	if err := j.out.Flush(); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}
