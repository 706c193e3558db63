// Package correlate is the fold: evidence in, records out, by the rules of
// attribution (docs/attribution.md).
package correlate
