// Package genesys reads Genesys Cloud audits from files: it turns the four
// shapes in which they come (platform query, quality query, EventBridge
// event, downloaded file) into evidence.
//
// Objects are recognised by content: JSON arrays, pages with "entities",
// values one a line or one behind the other, pretty-printed or not, of audits
// or of envelopes. It guarantees that each item is accounted for, as an act
// or as raw evidence together with a dead letter; that raw bytes are those of
// the item, secrets of presigned URLs replaced by their SHA-256; and that
// memory is bounded whatever the object's size. Every field but the audit's
// id and time is optional, and unknown services, entities and actions pass.
//
// Resuming at any Batch.End gives the rest, inside an array too: what begins
// with a comma or a closing bracket is the rest of an array, and members
// behind a closed array are the rest of its page. Whether an array that ends
// between two items was cut short is therefore not noticed. In a growing
// object an item at the very end, and whatever is broken or unfinished inside
// an array, waits until more has come or the object is closed.
//
// A Decoder starts no goroutine and stops with its reader, its context or the
// first error of the function that it emits to. It does not fetch,
// decompress, keep a position or judge who acted.
package genesys
