// Command earwitness tells who accessed which call recording, when, from
// where and by what right, and proves it.
//
// This package is the wiring of the commands, a file for each, and nothing
// else. Answers go to standard output, everything else to standard error. The
// exit code is 0 for done, 1 for failed, 2 for wrong usage; commands that
// give another meaning to a code say so in their help. The first SIGINT or
// SIGTERM ends a command in order, the second at once.
package main
