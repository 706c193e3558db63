package enrich

import "time"

// telling is what a subject was told last of one thing.
type telling struct {
	content uint64 // 0: that there is no answer
	asked   time.Time
	// told is when the content was published last.
	told time.Time
}

// ledger knows what subjects were told. It holds at least the most that were
// told or looked at last, and at most twice as many.
type ledger struct {
	most     int
	now, old map[[16]byte]telling
}

func newLedger(most int) *ledger {
	return &ledger{most: most, now: make(map[[16]byte]telling), old: make(map[[16]byte]telling)}
}

func (l *ledger) get(key [16]byte) (telling, bool) {
	if t, ok := l.now[key]; ok {
		return t, true
	}
	t, ok := l.old[key]
	if ok {
		l.put(key, t)
	}
	return t, ok
}

func (l *ledger) put(key [16]byte, t telling) {
	if len(l.now) >= l.most {
		l.old, l.now = l.now, make(map[[16]byte]telling)
	}
	l.now[key] = t
}

// learn puts what was told by others, unless something later is known.
func (l *ledger) learn(key [16]byte, t telling) {
	if have, ok := l.get(key); !ok || t.asked.After(have.asked) {
		l.put(key, t)
	}
}
