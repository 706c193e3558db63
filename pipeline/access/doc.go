// Package access is the published record: its model and wire form, the names
// of its values, and the documents that search engines and people get.
//
// It guarantees that every reader (index, Elasticsearch, console, trail)
// prints one record in one way, by the contract of docs/formats/record.md. It
// starts no goroutine and keeps no state. It does not decide any value: that
// is pipeline/correlate.
package access
