// Package evidence is one observed fact: its model, identity, subject and
// wire form.
//
// It guarantees that the same fact has the same identity however often and by
// whatever way it came, and that everything about one recording has one
// subject. It imports nothing else of the project, starts no goroutine and
// keeps no state. It does not judge: who a principal is, which storage model
// is in force and what belongs together is decided in the fold
// (pipeline/correlate), so that a changed rule needs no new evidence.
package evidence
