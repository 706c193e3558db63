// Package letters reads dead letters with what became of them, and reads their
// records again by the present decoders.
//
// A dead letter waits until an acknowledgement in the same log settles it: it
// was replayed, it fails by another cause now, or somebody has dismissed it.
// The one that fails again behind its acknowledgement waits again. Letters and
// acknowledgements come from the archive and, behind its end, from the topic,
// where there is one to read.
//
// It publishes nothing and settles nothing: the engine does. It has no
// goroutines, and ends with the context that it is given.
package letters
