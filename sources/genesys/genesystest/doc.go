// Package genesystest serves a fakecloud.Cloud to a test, which is strict: it
// refuses what the real Genesys Cloud refuses (see fakecloud, which is the
// server of "earwitness fake-genesys" too).
//
// Start ends what it has begun when the test ends. It judges nothing.
package genesystest
