package worm

import (
	"crypto/sha256"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// tree makes compact ranges that can be merged with each other: ranges of
// two factories cannot.
type tree struct{ factory *compact.RangeFactory }

func newTree() tree {
	return tree{&compact.RangeFactory{Hash: hashChildren}}
}

// hashChildren is that of RFC 6962, 2.1, without a hash state for each call.
func hashChildren(left, right []byte) []byte {
	var node [1 + 2*sha256.Size]byte
	node[0] = rfc6962.RFC6962NodeHashPrefix
	copy(node[1:], left)
	copy(node[1+sha256.Size:], right)
	sum := sha256.Sum256(node[:])
	return sum[:]
}

func (t tree) empty(begin uint64) *compact.Range { return t.factory.NewEmptyRange(begin) }

// fromHashes makes a range of hashes that were read; it copies them.
func (t tree) fromHashes(begin, end uint64, hashes []Hash) (*compact.Range, error) {
	parts := make([][]byte, len(hashes))
	for i := range hashes {
		own := hashes[i]
		parts[i] = own[:]
	}
	r, err := t.factory.NewRange(begin, end, parts)
	if err != nil {
		return nil, fmt.Errorf("read range of the tree: %w", err)
	}
	return r, nil
}

func rangeHashes(r *compact.Range) []Hash {
	hashes := make([]Hash, len(r.Hashes()))
	for i, h := range r.Hashes() {
		copy(hashes[i][:], h)
	}
	return hashes
}

// rangeRoot is the root of a range that begins at 0.
func rangeRoot(r *compact.Range) (Hash, error) {
	var root Hash
	if r.End() == 0 {
		copy(root[:], rfc6962.DefaultHasher.EmptyRoot())
		return root, nil
	}
	b, err := r.GetRootHash(nil)
	if err != nil {
		return root, fmt.Errorf("compute root: %w", err)
	}
	copy(root[:], b)
	return root, nil
}
