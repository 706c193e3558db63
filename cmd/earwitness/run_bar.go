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

const (
	// barEvery is how often a bar is drawn at most.
	barEvery = 200 * time.Millisecond
	// barCells of a bar where the terminal has room for them, and what
	// stands beside them: words, share and seconds.
	barCells  = 30
	wordCells = 34
	barBeside = wordCells + 18
	barSteps  = 1000
)

// bar shows on a terminal how far something has come. Elsewhere it shows
// nothing. Safe for concurrent use.
type bar struct {
	mu    sync.Mutex
	drawn *progressbar.ProgressBar // nil where there is no terminal
	last  time.Time
}

func newBar(out io.Writer) *bar {
	columns := width(out)
	if columns == 0 {
		return &bar{}
	}
	cells := max(5, min(barCells, columns-barBeside))
	return &bar{drawn: progressbar.NewOptions64(barSteps, progressbar.OptionSetWriter(out), progressbar.OptionSetWidth(cells),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(true))}
}

// draw shows a share of 1, and words before it, unless it just did.
func (b *bar) draw(words string, share float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn == nil || time.Since(b.last) < barEvery {
		return
	}
	b.last = time.Now()
	b.drawn.Describe(fmt.Sprintf("%-*s", wordCells, cut(words, wordCells)))
	// Drawing is not worth failing for. The last step ends the bar.
	_ = b.drawn.Set64(max(0, min(barSteps-1, int64(barSteps*share))))
}

// end clears the line.
func (b *bar) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn != nil {
		_ = b.drawn.Finish()
	}
}

// above gives a writer to the same terminal whose lines stand above the bar.
func (b *bar) above(out io.Writer) io.Writer {
	if b.drawn == nil {
		return out
	}
	return &aboveBar{bar: b, out: out}
}

type aboveBar struct {
	bar *bar
	out io.Writer
}

func (a *aboveBar) Write(p []byte) (int, error) {
	a.bar.mu.Lock()
	defer a.bar.mu.Unlock()
	_ = a.bar.drawn.Clear()
	return a.out.Write(p)
}

// follow draws what progress says, now and then, until stop is called.
func (b *bar) follow(progress func() engine.Progress) (stop func()) {
	if b.drawn == nil {
		return func() {}
	}
	return repeat(barEvery, func() { b.draw(runProgress(progress())) })
}

// repeat calls show now and then, until stop is called.
func repeat(every time.Duration, show func()) (stop func()) {
	var done sync.WaitGroup
	quit := make(chan struct{})
	done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
				show()
			}
		}
	})
	return func() {
		close(quit)
		done.Wait()
	}
}

// runProgress says how far a run has come: half of the way is reading, half
// is what the sinks have still to get.
func runProgress(p engine.Progress) (words string, share float64) {
	read, kept := 1.0, 0.0
	if p.BytesTotal > 0 {
		read = float64(p.BytesDone) / float64(p.BytesTotal)
	}
	if p.Followed > 0 {
		kept = float64(p.Followed) / float64(p.Followed+p.Behind)
	}
	doing := "reading"
	if read >= 1 {
		doing = "correlating"
	}
	return doing + " " + humanize.Comma(p.Records) + " records", read * (1 + kept) / 2
}
