package bus

import (
	"bytes"
	"testing"
)

func TestArenaKeepsWhatItGave(t *testing.T) {
	var a Arena
	for range 3 {
		var given [][]byte
		for n := range 400 {
			b := a.Take(n * 7)
			for i := range b {
				b[i] = byte(n)
			}
			given = append(given, b)
		}
		for n, b := range given {
			if !bytes.Equal(b, bytes.Repeat([]byte{byte(n)}, n*7)) {
				t.Fatalf("the %d bytes given as number %d were given again", len(b), n)
			}
			if cap(b) != len(b) {
				t.Fatalf("bytes given as number %d reach into what was given next", n)
			}
		}
		a.Reset()
	}
}

func TestArenaAllocatesNothingTwice(t *testing.T) {
	var a Arena
	a.Take(100 << 10)
	if n := testing.AllocsPerRun(10, func() {
		a.Reset()
		a.Take(60 << 10)
		a.Take(40 << 10)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
