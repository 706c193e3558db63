// Package bus is the spine: topics, producer, partition streams and control records.
package bus
