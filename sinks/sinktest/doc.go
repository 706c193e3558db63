// Package sinktest holds the tests that every sink of the pipeline must pass:
// whatever is repeated, cut, reordered between partitions, cancelled or
// crashed, the sink ends up holding what one quiet delivery would have left
// in it, and its position never tells of what is not durable.
//
// A sink's own test gives a Subject and calls Run. The package starts no
// goroutine that outlives a test, and judges only by what Subject.Holds
// reads back.
package sinktest
