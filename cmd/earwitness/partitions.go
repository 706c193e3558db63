package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parsePartitions reads a list of numbers and ranges below n, sorted and each
// once; nil for an empty text.
func parsePartitions(text string, n int) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(part), "-")
		from, err := strconv.ParseUint(first, 10, 31)
		to := from
		if err == nil && ranged {
			to, err = strconv.ParseUint(last, 10, 31)
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q is no partition and no range of them; write a list as in 0-15 or 0,2,4-7", part)
		case to < from:
			return nil, fmt.Errorf("range %q ends before it begins", part)
		case to >= uint64(n):
			return nil, fmt.Errorf("there is no partition %d: bus.partitions is %d, and they are numbered from 0", to, n)
		}
		for p := from; p <= to; p++ {
			list = append(list, int(p))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
