package worm

import (
	"encoding/hex"
	"fmt"
)

// TamperError says that an object of the store is not what was archived. The
// archive appends nothing to a log whose end is so.
type TamperError struct {
	Object string
	Err    error
}

func (e *TamperError) Error() string {
	return fmt.Sprintf("object %s of the archive is not as it was written: %v; run verify, and keep the store as it is",
		e.Object, e.Err)
}

// Unwrap gives what is wrong.
func (e *TamperError) Unwrap() error { return e.Err }

// PositionError says that a write begins behind the offset that is wanted.
// Read again from Position; when the topic no longer has that offset, the
// missing ones have to be accepted as a gap.
type PositionError struct {
	Log Log
	// Want is the next offset of the archive, Got the first that was given.
	Want, Got int64
}

func (e *PositionError) Error() string {
	return fmt.Sprintf("archive %s: the next offset is %d, but %d came; read again from there, or accept the gap if the topic has lost them",
		e.Log, e.Want, e.Got)
}

// LineageError says that the topic is another than the one that is archived.
type LineageError struct {
	Topic string
	// Archive and Found lineage.
	Archive, Found [16]byte
}

func (e *LineageError) Error() string {
	return fmt.Sprintf("archive topic %s: its epoch is of lineage %s, the archive of %s; the topics were made anew, or this is the data of another installation",
		e.Topic, hex.EncodeToString(e.Found[:]), hex.EncodeToString(e.Archive[:]))
}
