// Package coverage reckons up to when sources have delivered: by a clock that
// is not carried away by a step, and, where several processes read the same
// sources, by what each of them states under a lease.
//
// A source may be divided into parts that are read by one each; it is covered
// as far as all of its parts are.
//
// It guarantees that nothing is covered before every process that reads a
// source, and whose lease runs, has stated it; that a process whose lease has
// ended holds its sources back until those that are left have read them whole,
// in a pass that began after that end; and that a clock which runs ahead, of
// one process or of the brokers, covers nothing too early while the other is
// right. It has no goroutine and asks nobody: its owner gives it the time and
// the messages.
package coverage
