// Package config is what the user has decided: the configuration file, the
// quick flags laid over it, and the defaults for all the rest. No file at all
// is a valid configuration.
//
// It is strict: a key that it does not know, a value of the wrong type or
// unit, and a number out of its range are mistakes, each reported with file,
// line, column, field, what is allowed, and the line itself. All mistakes are
// reported at once. Secrets stand in files or in the environment, never in
// the configuration; what looks like one is not shown. Every key is described
// in docs/configuration.md, and a test keeps that page complete.
//
// It reads one file and nothing else: whether folders exist, keys fit and
// sources can be read is found out by those who use them. It starts no
// goroutine and keeps no state; a Config is not changed once it is loaded.
package config
