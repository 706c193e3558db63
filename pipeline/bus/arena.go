package bus

// Arena gives keys and values of records their bytes, from one space that is
// used again after Reset: a producer keeps nothing of the records it is given.
// The zero value is ready. It is not safe for concurrent use.
type Arena struct {
	space []byte
}

const arenaBytes = 64 << 10

// Take gives n bytes, whose contents are of no meaning, until Reset.
func (a *Arena) Take(n int) []byte {
	at := len(a.space)
	if n > cap(a.space)-at {
		// What was given before stays where it is.
		a.space, at = make([]byte, 0, max(n, 2*cap(a.space), arenaBytes)), 0
	}
	a.space = a.space[:at+n]
	return a.space[at : at+n : at+n]
}

// Reset takes back all that was given.
func (a *Arena) Reset() { a.space = a.space[:0] }
