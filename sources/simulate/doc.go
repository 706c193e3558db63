// Package simulate makes a small contact centre and writes what AWS and
// Genesys Cloud would have written about it: S3 server access logs (late,
// repeated, out of order, some lost, some ugly), audits in all of their
// shapes, and, apart from both, the truth: who really made each request and
// did each act.
//
// People, companies and secrets are invented, and addresses are those kept
// for documentation. The same Config gives the same bytes, whatever the
// machine (those of gzip files once unpacked). What is lost, repeated, late or ugly is drawn for each request and
// audit by itself: with another share the world stays the same, and what a
// smaller share loses, a greater one loses too.
//
// Generate writes as it goes, hour by hour of the world's time, so that
// memory stays bounded whatever the size of the world. It starts no goroutine
// and stops with its context or the first file that it can't write; what was
// written until then stays, without the settings that a whole world has. It
// does not read what it wrote and does not judge it.
package simulate
