package simulate

import "math/bits"

// source is a stream of random numbers (splitmix64). It is our own so that a
// seed means the same world with every release of Go, and small enough to
// make one for each thing that is drawn.
type source uint64

const golden = 0x9E3779B97F4A7C15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// draw begins the stream of thing number n of a kind.
func draw(seed, kind, n uint64) source {
	return source(mix(mix(seed+golden*kind) + golden*n))
}

func (s *source) next() uint64 {
	*s += golden
	return mix(uint64(*s))
}

// below gives a number from 0 up to n, n left out.
func (s *source) below(n int64) int64 {
	if n <= 1 {
		return 0
	}
	high, _ := bits.Mul64(s.next(), uint64(n))
	return int64(high)
}

// between gives a number from low to high, both included.
func (s *source) between(low, high int64) int64 { return low + s.below(high-low+1) }

// share gives a number from 0 up to 1.
func (s *source) share() float64 { return float64(s.next()>>11) / (1 << 53) }

func (s *source) chance(p float64) bool { return s.share() < p }

func pick[T any](s *source, of []T) T { return of[s.below(int64(len(of)))] }

const (
	upperHex = "0123456789ABCDEF"
	lowerHex = "0123456789abcdef"
	base64   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

// appendHex appends n digits.
func (s *source) appendHex(dst []byte, n int, digits string) []byte {
	for n > 0 {
		v := s.next()
		for i := 0; i < 16 && n > 0; i++ {
			dst = append(dst, digits[v&15])
			v >>= 4
			n--
		}
	}
	return dst
}

// appendBase64 appends n characters without padding.
func (s *source) appendBase64(dst []byte, n int) []byte {
	for n > 0 {
		v := s.next()
		for i := 0; i < 10 && n > 0; i++ {
			dst = append(dst, base64[v&63])
			v >>= 6
			n--
		}
	}
	return dst
}

// appendUUID appends a UUID of version 4.
func (s *source) appendUUID(dst []byte) []byte {
	start := len(dst)
	dst = s.appendHex(dst, 36, lowerHex)
	b := dst[start:]
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	b[14] = '4'
	b[19] = "89ab"[s.below(4)]
	return dst
}

func (s *source) uuid() string { return string(s.appendUUID(make([]byte, 0, 36))) }
