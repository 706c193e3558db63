package intake_test

import (
	"fmt"
	"testing"
)

func TestThousandsOfSmallFiles(t *testing.T) {
	n := 5_000
	if testing.Short() {
		n = 1_000
	}
	f := newFolder(t)
	for i := range n {
		f.write(fmt.Sprintf("d%02d/f%d", i%100, i), lines(3*i, 3))
	}
	f.want("all", 3*n, "")
	f.want("again", 0, "")
}
