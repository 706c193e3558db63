// Package monitor tells over HTTP what a running process does: /healthz,
// /readyz, /status in JSON, and /metrics for Prometheus, all four made of one
// report, so that they never disagree.
//
// A report waits for nothing: neither for work under way nor for other
// systems. It costs a few microseconds for each stage and partition, and is
// made when somebody asks. Every metric is named in docs/operations/metrics.md;
// their number grows with stages, partitions and sources, never with what was
// read.
//
// A Server listens from before the engine is opened until after it is closed;
// Close waits for its goroutine. It knows no password and tells no payload:
// who may reach its address is for the configuration to say. It changes
// nothing and takes no command.
package monitor
