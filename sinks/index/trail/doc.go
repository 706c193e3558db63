// Package trail prints access records: a table for people, one JSON document
// a line for programs.
//
// It prints what it is given in the order it is given, as it comes, and holds
// a screenful at most. What an attacker sent (names, keys, agents) cannot
// move the cursor or colour the terminal: everything that is no printable
// character is replaced. It stops at the first error of its input or output.
// It asks no questions of its own: the query is package index's.
package trail
