// Package intake brings log objects to a decoder and its batches to a
// publisher, and keeps how far it has come.
//
// A Directory reads a file, or all files below a folder: plain, gzip (of
// several members too) or zstd, told apart by their first bytes. Hidden files
// and folders are left out; symbolic links are not followed, but for the path
// itself, so that no file is read twice and no loop is walked.
//
// It guarantees that a position moves only over what the publisher has
// acknowledged without a gap, and that it is kept: a restart skips nothing,
// and repeats what was sent but not acknowledged, which it counts. A file is
// known by its path and by a hash of the bytes before the position, so that
// one that was truncated, replaced or rotated is read from its start, and one
// that was renamed goes on. With Once every file counts as closed; when
// watching, one that has not changed for Config.Quiet. What an open file
// holds behind its last whole record waits; a line end that comes after a
// file was closed begins a line of its own.
//
// A file that can't be opened or unpacked becomes a dead letter behind what
// could be read; the others go on. Run stops with its context, after every
// batch that was sent is answered for, or with the publisher's first failure;
// all its goroutines end before it does. When watching, a failure that may
// pass (Config.Passing) is logged and waited for instead: then everything
// behind the positions is read and published again. One Directory at a time
// may use a source's positions.
//
// A Bucket lists a prefix again and again, behind Objects, and reads what is
// new in the days that may still get late objects. An object is known by key,
// ETag and size, and forgotten with its day. Each streams; its position moves
// as that of a file does. What does not come is tried again, and after that at
// the next listing, and the others go on; what is gone, denied or changed
// becomes a dead letter, unless everything is denied: then the source waits.
//
// A Delivery is the way in for who is told of single objects, as a queue is:
// Read hands one on and says when all of it is durable, Refuse puts a dead
// letter in its place. It keeps no state, and tries nothing again.
//
// The package does not speak to a server or a queue, or parse records.
package intake
