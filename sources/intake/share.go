package intake

import (
	"crypto/sha256"
	"encoding/binary"
)

// Share gives, as BucketConfig.Mine, the part-th of so many parts of all keys,
// counted from 1. The parts are about equal, and each key is in one of them,
// in every process.
func Share(part, parts int) func(key string) bool {
	return func(key string) bool {
		sum := sha256.Sum256([]byte(key))
		return binary.BigEndian.Uint64(sum[:])%uint64(parts) == uint64(part-1) //nolint:gosec // they are small and positive
	}
}
