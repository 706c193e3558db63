// Package bedtest gives tests the servers of the test bed.
//
// A Bed shares servers between the tests of a package: the one that `bedctl
// with` lends to all packages (make test), the one that `make testbed-up` has
// started when it runs and answers, else one that the first test to ask
// starts. What it started ends with Main, or else with the process. Tests
// share its state too, also with other packages and with earlier runs: they
// name topics, indices and buckets of their own. A test that stops servers, or fills them, starts one for itself
// (Kafka, Elasticsearch, MinIO, VersityGW, ElasticMQ), which ends with it.
//
// What can't be fetched or started fails the test that asked, never skips it.
// Each server's name and version is written to the test's log.
package bedtest
