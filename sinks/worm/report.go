package worm

import "fmt"

// Fault is a kind of finding.
type Fault string

// What a check of the store can find.
const (
	// FaultForeign: a file that does not belong in the store.
	FaultForeign Fault = "does not belong"
	// FaultVersion: a delete marker, a second version, or a link.
	FaultVersion Fault = "laid over"
	// FaultSignature: a checkpoint that no known key has signed.
	FaultSignature Fault = "foreign signature"
	// FaultHead: the head is not the one that was signed, or cannot be read.
	FaultHead Fault = "head changed"
	// FaultChain: it does not go on from the segment before.
	FaultChain Fault = "chain broken"
	// FaultMissing: offsets that no segment covers.
	FaultMissing Fault = "segment removed"
	// FaultBody: stored bytes changed and no record can be named.
	FaultBody Fault = "bytes changed"
	// FaultChanged, FaultDropped, FaultAdded and FaultMoved name a record.
	FaultChanged Fault = "record changed"
	FaultDropped Fault = "record dropped"
	FaultAdded   Fault = "record added"
	FaultMoved   Fault = "record moved"
	// FaultTail: the store ends before a checkpoint that was kept.
	FaultTail Fault = "tail removed or store rolled back"
	// FaultHistory: the store has another history than a kept checkpoint.
	FaultHistory Fault = "history rewritten"
)

// Finding is one trace of tampering.
type Finding struct {
	What Fault
	// Log and Object that it is about; empty where it is about neither.
	Log    string
	Object string
	// Record is the index of the entry within its segment, Offset its
	// offset in the topic; -1 where no record can be named.
	Record int64
	Offset int64
	Detail string
}

func (f Finding) String() string {
	text := string(f.What)
	if f.Object != "" {
		text += ": " + f.Object
	} else if f.Log != "" {
		text += ": " + f.Log
	}
	if f.Record >= 0 {
		text += fmt.Sprintf(": record %d", f.Record)
	}
	if f.Offset >= 0 {
		text += fmt.Sprintf(": offset %d", f.Offset)
	}
	return text + ": " + f.Detail
}

// LogReport is what was found about one log.
type LogReport struct {
	Log      Log
	Segments int
	// Records are its leaves that hold messages, Gaps those that state a
	// gap; Bytes are the stored bytes of its segments.
	Records uint64
	Gaps    []Gap
	Bytes   int64
	// Size and Root of the tree, First and Next offset, by the last segment
	// whose signature holds.
	Size     uint64
	Root     Hash
	First    int64
	Next     int64
	Filtered bool
	// Kept counts the checkpoints kept elsewhere that it was held against.
	Kept int
}

// Report is the outcome of a check.
type Report struct {
	Logs []LogReport
	// Findings are traces of tampering, Unread objects that could not be
	// read and so not judged.
	Findings []Finding
	Unread   []*ReadError
}

// Holds says that everything could be read and nothing was found.
func (r Report) Holds() bool { return len(r.Findings) == 0 && len(r.Unread) == 0 }

// Tampered says that something was found, whatever could not be read besides.
func (r Report) Tampered() bool { return len(r.Findings) > 0 }

// ReadError says that an object could not be read. That is no finding: the
// disk or the network may be at fault.
type ReadError struct {
	Object string
	Err    error
}

func (e *ReadError) Error() string { return fmt.Sprintf("read %s: %v", e.Object, e.Err) }

// Unwrap gives the store's error.
func (e *ReadError) Unwrap() error { return e.Err }
