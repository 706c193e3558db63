package bus

import (
	"bytes"
	"testing"
)

func TestTagsOfAnAnswerAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body []byte
		want []byte // nil: an error
	}{
		"none":                  {[]byte{0, 7, 8}, []byte{7, 8}},
		"none, and no more":     {[]byte{0}, []byte{}},
		"two":                   {[]byte{2, 0, 1, 99, 0x80, 1, 2, 98, 97, 7}, []byte{7}},
		"nothing":               {nil, nil},
		"cut off in a number":   {[]byte{0x80}, nil},
		"cut off in a tag":      {[]byte{1, 0, 3, 1, 2}, nil},
		"cut off between tags":  {[]byte{2, 0, 1, 9}, nil},
		"a size beyond numbers": {[]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, nil},
	} {
		got, err := withoutTags(test.body)
		if (err == nil) != (test.want != nil) || err == nil && !bytes.Equal(got, test.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
		}
	}
}
