package main

import (
	"slices"
	"strings"
	"testing"
)

func TestParsePartitions(t *testing.T) {
	for _, c := range []struct {
		text, wrong string
		want        []int
	}{
		{text: ""},
		{text: "3", want: []int{3}},
		{text: "0-3", want: []int{0, 1, 2, 3}},
		{text: "7, 0,4-6,5-7", want: []int{0, 4, 5, 6, 7}},
		{text: "0-8", wrong: "there is no partition 8: bus.partitions is 8"},
		{text: "5-2", wrong: `range "5-2" ends before it begins`},
		{text: "a", wrong: `"a" is no partition`},
		{text: "-1", wrong: `"-1" is no partition`},
		{text: "1-", wrong: `"1-" is no partition`},
		{text: "1,,2", wrong: `"" is no partition`},
		{text: "0-99999999999", wrong: `"0-99999999999" is no partition`},
	} {
		got, err := parsePartitions(c.text, 8)
		if !slices.Equal(got, c.want) || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q reads as %v, %v; want %v, %s", c.text, got, err, c.want, c.wrong)
		}
	}
}
