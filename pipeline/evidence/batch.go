package evidence

import (
	"context"
	"io"
)

// Object is one log object, or the part of it that is still to be read.
type Object struct {
	// URI of the object: file:///… or s3://bucket/key.
	URI string
	// Offset in bytes, in the decompressed object, of the first byte that
	// the reader gives.
	Offset int64
	// Growing objects may get more bytes later: a last line without its
	// newline is left for then.
	Growing bool
	// Metadata that whoever wrote the object gave it in S3 (x-amz-meta-), by
	// name in lower case; nil where there is none or it is not known.
	Metadata map[string]string
}

// Batch is what was decoded from one stretch of an object, in its order.
type Batch struct {
	Evidence    []*Evidence
	DeadLetters []*DeadLetter
	// End is the offset in bytes, in the decompressed object, behind the
	// last record of the batch. All before it is accounted for: evidence, a
	// dead letter, or an empty line.
	End int64
	// Records counts what the stretch held, empty lines left out: evidence
	// and dead letters together account for each.
	Records int
}

// Decoder turns the bytes of one object into batches.
//
// Decode reads r, which starts at object.Offset, to its end and calls emit
// with one batch after the other, in order, from one goroutine; emit may keep
// the batch and blocks for backpressure. A record that can't be read becomes
// a dead letter (and evidence of GRADE_RAW, so that it is archived) and never
// an error. Decode fails only when r fails, emit fails or ctx ends; what was
// emitted until then stands. It is safe for concurrent use.
type Decoder interface {
	Decode(ctx context.Context, object Object, r io.Reader, emit func(Batch) error) error
}
