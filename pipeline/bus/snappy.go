package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"
)

// Kafka's clients put Snappy blocks into the frame of xerial's snappy-java: a
// head, then blocks behind their lengths of 4 bytes, big-endian. Some clients
// leave the frame out and write one block.
const (
	snappyMagic   = "\x82SNAPPY\x00"
	snappyHead    = len(snappyMagic) + 8 // version, and the oldest that can read it
	snappyVersion = 1
)

// snappyBound is the most that packed bytes take, frame included.
func snappyBound(n int) int { return snappyHead + 4 + s2.MaxEncodedLen(n) }

// appendSnappy packs plain as one block in a frame. dst has room for
// snappyBound more bytes.
func appendSnappy(dst, plain []byte) []byte {
	dst = append(dst, snappyMagic...)
	dst = binary.BigEndian.AppendUint32(dst, snappyVersion)
	dst = binary.BigEndian.AppendUint32(dst, snappyVersion)
	at := len(dst)
	dst = dst[:at+4]
	block := s2.EncodeSnappy(dst[at+4:cap(dst)], plain)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(block)))
	return dst[:at+4+len(block)]
}

var errSnappyCut = errors.New("a block is cut off")

// unpackSnappy gives what packed holds, no more than most bytes, in memory of
// its own without room to spare.
func unpackSnappy(packed []byte, most int) ([]byte, error) {
	blocks, err := snappyBlocks(packed)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, block := range blocks {
		n, err := s2.DecodedLen(block)
		if err != nil {
			return nil, err
		}
		if n > most-total {
			return nil, fmt.Errorf("more than %d bytes", most)
		}
		total += n
	}
	plain := make([]byte, 0, total)
	for _, block := range blocks {
		part, err := s2.Decode(plain[len(plain):total], block)
		if err != nil {
			return nil, err
		}
		plain = plain[:len(plain)+len(part)]
	}
	return plain, nil
}

// snappyBlocks takes the frame off.
func snappyBlocks(packed []byte) ([][]byte, error) {
	if !bytes.HasPrefix(packed, []byte(snappyMagic)) {
		return [][]byte{packed}, nil
	}
	if len(packed) < snappyHead {
		return nil, errSnappyCut
	}
	var blocks [][]byte
	for rest := packed[snappyHead:]; len(rest) > 0; {
		if len(rest) < 4 {
			return nil, errSnappyCut
		}
		n := binary.BigEndian.Uint32(rest)
		if rest = rest[4:]; uint64(n) > uint64(len(rest)) {
			return nil, errSnappyCut
		}
		blocks = append(blocks, rest[:n])
		rest = rest[n:]
	}
	return blocks, nil
}
