package main

import (
	"testing"
	"time"

	"earwitness/cmd/earwitness/engine"
)

func TestObjectLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     engine.Progress
		want  string
		share float64
	}{
		{"before the first listing", engine.Progress{}, "listing", 0},
		{
			"reading",
			engine.Progress{FilesTotal: 1200, FilesDone: 300, BytesTotal: 4 << 20, BytesDone: 1 << 20, Records: 5000, Behind: 70},
			"300 of 1,200 objects, 1.0 MiB of 4.0 MiB, 5,000 records, 12s", 0.25,
		},
		{
			"all is read, and on its way",
			engine.Progress{FilesTotal: 1200, FilesDone: 1200, BytesTotal: 4 << 20, BytesDone: 4 << 20, Records: 20000, Followed: 15000, Behind: 5000},
			"all 1,200 objects read, the sinks have 15,000 of 20,000 messages, 20,000 records, 12s", 0.75,
		},
		{
			"all has arrived",
			engine.Progress{FilesTotal: 1200, FilesDone: 1200, BytesTotal: 4 << 20, BytesDone: 4 << 20, Records: 20000, Followed: 20000},
			"1,200 of 1,200 objects, 4.0 MiB of 4.0 MiB, 20,000 records, 12s", 1,
		},
	} {
		if got := objectLine(c.p, 12*time.Second); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if _, share := objectProgress(c.p); share != c.share {
			t.Errorf("%s: the bar stands at %v, want %v", c.name, share, c.share)
		}
	}
}
