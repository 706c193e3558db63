package main

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"earwitness/cmd/earwitness/engine"
)

// linesEvery is how often a line says how far something has come, where there
// is no terminal.
const linesEvery = 10 * time.Second

// lines shows how far reading has come until stop is called: by the bar on a
// terminal, by lines to out elsewhere.
func (b *bar) lines(out io.Writer, progress func() engine.Progress) (stop func()) {
	if b.drawn != nil {
		return repeat(barEvery, func() { b.draw(objectProgress(progress())) })
	}
	began := time.Now()
	return repeat(linesEvery, func() {
		// Who asked for lines that can't be written still wants the work done.
		_, _ = fmt.Fprintln(out, objectLine(progress(), time.Since(began)))
	})
}

// objectProgress counts by bytes, for large objects take longer; once all are
// read, by what the sinks have got of it.
func objectProgress(p engine.Progress) (words string, share float64) {
	if p.FilesTotal == 0 {
		return "listing", 0
	}
	if toSinks(p) {
		return sinkWords(p), float64(p.Followed) / float64(p.Followed+p.Behind)
	}
	words = fmt.Sprintf("%s of %s objects", humanize.Comma(p.FilesDone), humanize.Comma(p.FilesTotal))
	if p.BytesTotal > 0 {
		share = float64(p.BytesDone) / float64(p.BytesTotal)
	}
	return words, share
}

func objectLine(p engine.Progress, took time.Duration) string {
	if p.FilesTotal == 0 {
		return "listing"
	}
	if toSinks(p) {
		return fmt.Sprintf("%s, %s records, %s", sinkWords(p), humanize.Comma(p.Records), took.Round(time.Second))
	}
	words, _ := objectProgress(p)
	return fmt.Sprintf("%s, %s of %s, %s records, %s", words, size(p.BytesDone), size(p.BytesTotal),
		humanize.Comma(p.Records), took.Round(time.Second))
}

// toSinks: all objects are read, and what they gave is on its way.
func toSinks(p engine.Progress) bool { return p.FilesDone >= p.FilesTotal && p.Behind > 0 }

func sinkWords(p engine.Progress) string {
	return fmt.Sprintf("all %s objects read, the sinks have %s of %s messages",
		humanize.Comma(p.FilesTotal), humanize.Comma(p.Followed), humanize.Comma(p.Followed+p.Behind))
}
