// Package engine wires the parts together into one process: sources, the
// embedded broker, the correlator, the index and the archive.
//
// It guarantees that a source's position moves only over what the bus holds;
// that one process at a time uses a data folder; that records under other
// rules than those in force are never mixed with them (a changed rule is
// refused until a rebuild); and that what every consumer has passed, and only
// that, is deleted from the bus.
//
// Once takes in what its sources hold, lets a barrier travel through every
// stage, and ends when each sink has told that it holds everything before it.
// Watch goes on until its context ends; then the sources stop, what they have
// sent is followed to the sinks, and all is flushed, within Grace. A Rebuild
// sends what the archive holds through the same stages, in a new epoch; until
// one has ended, no run is let in. All goroutines end before any of them
// returns. It decides nothing about evidence and formats nothing for people.
package engine
