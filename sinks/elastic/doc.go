// Package elastic keeps the published records in Elasticsearch 8, and 9 by
// compatibility mode, where analysts search them.
//
// It is a view: it can be deleted and built again from the topic or from
// WORM. A record lies in the index of its kind and of the month that its
// identity fixes, so it never moves; its document id is its identity and its
// external version is its revision. So whatever is repeated or comes out of
// order, the highest revision is what remains. Retracted records are stored
// as such; the aliases that readers use leave them out.
//
// Each item of a bulk is judged by itself. What Elasticsearch has no room for
// now waits and is sent again, alone, for as long as it takes; a revision
// that is not newer than what is there counts as stored; a document that it
// will never take goes to the dead letters. The position of a partition moves
// over what lies before the first item whose result is not known. Memory is
// bounded: Write blocks while too many bytes are under way.
//
// The mapping is strict: a field that this program does not know is refused
// rather than guessed at. Templates carry a version; an index of an older
// version is extended before anything is written to it.
//
// Close ends the sink and waits for its goroutines: those that send, one that
// seals what has waited long enough, one that stores positions. What was not
// flushed is delivered again from Position.
//
// It does not judge records, does not delete or roll over indices, and does
// not notice when somebody else deletes documents.
package elastic
