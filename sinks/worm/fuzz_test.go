package worm

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzSegment(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.seg")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		object, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(object)
	}
	key := testKey(f)
	f.Fuzz(func(t *testing.T, object []byte) {
		h, encoded, _, err := readHead(bytes.NewReader(object))
		if err == nil && !bytes.Equal(h.encode(), encoded) {
			t.Errorf("a head was read otherwise than it is written: %s", cmp.Diff(encoded, h.encode()))
		}
		// Whatever it is, under any name: it is judged and nothing breaks.
		store := newMemory()
		store.objects[testLog().Object(0)] = object
		if err == nil {
			store.objects[h.log.Object(h.first)] = object
		}
		verify(t, store, key)
		// And past the signature, as if the adversary had the key.
		if err != nil {
			return
		}
		l := &logCheck{v: fuzzVerification(t, store, key), report: LogReport{Log: h.log}, end: emptyEnd()}
		l.body("object", h, bytes.NewReader(object[len(encoded):]), int64(len(object)), true)
	})
}

func fuzzVerification(t *testing.T, store Store, key *Key) *verification {
	t.Helper()
	known, err := key.Verifiers()
	if err != nil {
		t.Fatal(err)
	}
	v, err := newVerification(store, known, VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func FuzzEntry(f *testing.F) {
	m := testMessage(5)
	f.Add(appendRecord(nil, &m))
	f.Add(appendGap(nil, Gap{First: 1, Next: 3, Reason: "lost"}))
	f.Fuzz(func(t *testing.T, entry []byte) {
		record, err := parseEntry(entry)
		if err != nil {
			return
		}
		var again []byte
		if record.Gap != nil {
			again = appendGap(nil, *record.Gap)
		} else {
			again = appendRecord(nil, &record.Message)
		}
		if !bytes.Equal(entry, again) {
			t.Errorf("%x is written as %x", entry, again)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	c := Checkpoint{Log: testLog(), Size: 5, First: 2, Next: 7}
	f.Add(c.text())
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCheckpoint(text)
		if err == nil && c.text() != text {
			t.Errorf("%q is written as %q", text, c.text())
		}
	})
}

func FuzzObjectName(f *testing.F) {
	f.Add(testLog().Object(5))
	f.Add("00000000000000000000000000000000/t/00000/00000000000000000000.seg")
	f.Fuzz(func(t *testing.T, name string) {
		log, first, err := parseObject(name)
		if err == nil && (log.Object(first) != name || first < 0 || checkName(name) != nil) {
			t.Errorf("%q is written as %q", name, log.Object(first))
		}
	})
}

func FuzzBlock(f *testing.F) {
	f.Add([]byte("plain"), byte(compressionNone))
	c, err := newCodec()
	if err != nil {
		f.Fatal(err)
	}
	var plain []byte
	for range 20 {
		plain = append(plain, 0, 0, 0, 3, 'a', 'b', 'c')
	}
	f.Add(c.pack(compressionZstd, plain, 20), byte(compressionZstd))
	f.Fuzz(func(_ *testing.T, body []byte, compression byte) {
		blocks := newBlockReader(bytes.NewReader(body), compression%2, maxPlain, c.decoder)
		for {
			if _, err := blocks.next(func([]byte) error { return nil }); err != nil {
				return
			}
		}
	})
}
