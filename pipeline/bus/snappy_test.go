package bus

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/segmentio/kafka-go/compress"
)

// TestSnappyOfOthers reads what other clients write, and has kafka-go read
// what is written here.
func TestSnappyOfOthers(t *testing.T) {
	plain := []byte(strings.Repeat("some records of a batch ", 10_000))
	var theirs bytes.Buffer
	w := new(compress.SnappyCodec).NewWriter(&theirs)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	two := append([]byte(snappyMagic), 0, 0, 0, 1, 0, 0, 0, 1)
	for _, part := range [][]byte{plain[:1000], plain[1000:]} {
		block := s2.EncodeSnappy(nil, part)
		two = binary.BigEndian.AppendUint32(two, uint32(len(block)))
		two = append(two, block...)
	}
	ours := appendSnappy(make([]byte, 0, snappyBound(len(plain))), plain)
	for name, packed := range map[string][]byte{
		"kafka-go": theirs.Bytes(), "two blocks": two, "no frame": s2.EncodeSnappy(nil, plain), "ours": ours,
	} {
		got, err := unpackSnappy(packed, len(plain))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes come back, %v", name, len(got), err)
		}
		if cap(got) != len(plain) {
			t.Errorf("%s: %d bytes are held for %d", name, cap(got), len(plain))
		}
		if _, err := unpackSnappy(packed, len(plain)-1); err == nil {
			t.Errorf("%s: more than is allowed was unpacked", name)
		}
		if _, err := unpackSnappy(packed[:len(packed)-1], len(plain)); err == nil {
			t.Errorf("%s: a cut block was unpacked", name)
		}
	}
	r := new(compress.SnappyCodec).NewReader(bytes.NewReader(ours))
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("kafka-go reads %d bytes, %v", len(got), err)
	}
}
