package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"

	"earwitness/cmd/earwitness/engine"
)

// barEvery is how often the bar is drawn.
const barEvery = 200 * time.Millisecond

// runBar shows on a terminal how far a run has come: half of the way is
// reading, half is what the sinks have still to get.
type runBar struct {
	bar  *progressbar.ProgressBar // nil where there is no terminal
	out  io.Writer
	mu   sync.Mutex
	stop chan struct{}
	done sync.WaitGroup
}

func newRunBar(out io.Writer) *runBar {
	b := &runBar{out: out, stop: make(chan struct{})}
	if width(out) > 0 {
		b.bar = progressbar.NewOptions64(1000, progressbar.OptionSetWriter(out), progressbar.OptionSetWidth(30),
			progressbar.OptionSetDescription("reading"), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	}
	return b
}

// follow draws what progress says until end.
func (b *runBar) follow(progress func() engine.Progress) {
	if b.bar == nil {
		return
	}
	b.done.Go(func() {
		ticker := time.NewTicker(barEvery)
		defer ticker.Stop()
		for {
			select {
			case <-b.stop:
				return
			case <-ticker.C:
				b.draw(progress())
			}
		}
	})
}

func (b *runBar) draw(p engine.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	read := 1.0
	if p.BytesTotal > 0 {
		read = float64(p.BytesDone) / float64(p.BytesTotal)
	}
	kept := 0.0
	if p.Followed > 0 {
		kept = read * float64(p.Followed) / float64(p.Followed+p.Behind)
	}
	words := fmt.Sprintf("reading %s records", humanize.Comma(p.Records))
	if read >= 1 {
		words = fmt.Sprintf("correlating %s records", humanize.Comma(p.Records))
	}
	b.bar.Describe(words)
	// Drawing is not worth failing for.
	_ = b.bar.Set64(min(999, int64(500*read+500*kept)))
}

func (b *runBar) end() {
	if b.bar == nil {
		return
	}
	close(b.stop)
	b.done.Wait()
	_ = b.bar.Finish()
}

// above gives a writer whose lines stand above the bar.
func (b *runBar) above(out io.Writer) io.Writer {
	if b.bar == nil {
		return out
	}
	return &aboveBar{bar: b, out: out}
}

type aboveBar struct {
	bar *runBar
	out io.Writer
}

func (a *aboveBar) Write(p []byte) (int, error) {
	a.bar.mu.Lock()
	defer a.bar.mu.Unlock()
	_ = a.bar.bar.Clear()
	return a.out.Write(p)
}
