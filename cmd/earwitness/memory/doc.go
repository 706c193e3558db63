// Package memory lets a process keep to the memory that it was given.
//
// [Keep] moves the limit of Go's runtime as the heap grows and shrinks, so that
// garbage waits as long as there is room, and collecting is never all that is
// done. It guarantees no bound: what is in use is held whatever it takes; but a
// container's bound is kept to as long as that can be. One goroutine looks at
// the heap each second until it is stopped. It takes nothing from the caches
// and queues of others: those have bounds of their own.
package memory
