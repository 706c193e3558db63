package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"

	"earwitness/cmd/earwitness/memory"
	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
	"earwitness/sources/s3log"
)

// The sizes of the rows on the fold.
const (
	windowPieces   = 100_000
	subjectPieces  = 1_000_000
	meanRecordings = 2000
)

// measureHorizon holds the cost of the last pieces against that of the first.
func measureHorizon(ctx context.Context, b *bench) (figure, error) {
	// All of it within eight of the horizon's nine days, no recording twice.
	arg := foldArg{Dir: b.path("horizon"), Pieces: b.horizon, Recordings: b.horizon/listening + 1, Step: 8 * 24 * time.Hour / time.Duration(b.horizon)}
	r, cost, err := call[foldResult](ctx, b, 1, "fold", arg)
	if err != nil {
		return figure{}, err
	}
	ratio := r.Last.Seconds() / r.First.Seconds()
	return figure{
		figure: fmt.Sprintf("%s pieces: %s peak, %s of live heap (%d bytes a piece); %.1f us each for the last %s; ten snapshots took %s", thousands(float64(b.horizon)), mebibytes(cost.Peak),
			mebibytes(r.Live), r.Live/int64(b.horizon), each(r.Last, windowPieces), thousands(windowPieces), seconds(r.Snapshots)),
		beside:  fmt.Sprintf("%.1f us each for the first %s: %.2f times", each(r.First, windowPieces), thousands(windowPieces), ratio),
		reached: reached(cost.Peak <= 1<<30) + ", " + reached(ratio <= 1.1),
	}, nil
}

// measureSubject holds one subject against two thousand.
func measureSubject(ctx context.Context, b *bench) (figure, error) {
	arg := foldArg{Pieces: subjectPieces, Step: 500 * time.Millisecond}
	var results [2]foldResult
	var costs [2]spent
	for i, recordings := range []int{meanRecordings, 1} {
		arg.Recordings, arg.Dir = recordings, b.path("subjects", fmt.Sprint(recordings))
		var err error
		if results[i], costs[i], err = call[foldResult](ctx, b, 1, "fold", arg); err != nil {
			return figure{}, err
		}
	}
	ratio := results[1].All.Seconds() / results[0].All.Seconds()
	return figure{
		figure: fmt.Sprintf("%.1f us a piece, %.2f records a piece, %s peak", each(results[1].All, subjectPieces),
			float64(results[1].Records)/subjectPieces, mebibytes(costs[1].Peak)),
		beside: fmt.Sprintf("%s subjects: %.1f us, %.2f records, %s: %.2f times", thousands(meanRecordings), each(results[0].All, subjectPieces),
			float64(results[0].Records)/subjectPieces, mebibytes(costs[0].Peak), ratio),
		reached: reached(ratio <= 1.5),
	}, nil
}

// each is microseconds for each of n.
func each(d time.Duration, n int) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(n) }

type foldArg struct {
	Dir        string
	Pieces     int
	Recordings int
	Step       time.Duration
}

// foldResult is CPU time for applying, making the records and encoding them:
// of the first pieces, the last, and all.
type foldResult struct {
	First, Last, All time.Duration
	Snapshots        time.Duration
	Records          int64
	// Live is what the heap holds at the end, when all garbage is gone.
	Live int64
}

// foldStream gives a fold evidence in chunks of a thousand and takes what it
// publishes, with a snapshot for each tenth. Making the evidence is not
// reckoned.
func foldStream(ctx context.Context, arg foldArg) (r foldResult, err error) {
	giveBack := memory.Keep(ctx, slog.New(slog.DiscardHandler), wantedMemory)
	defer giveBack()
	rules := correlate.DefaultRules()
	rules.Model, rules.ServiceRoles = access.Model_MODEL_DIRECT, []string{syntheticRole}
	fold, err := correlate.Open(correlate.Config{Rules: rules, Dir: arg.Dir})
	if err != nil {
		return r, err
	}
	source := &synthetic{recordings: arg.Recordings, step: arg.Step, decoder: s3log.New(s3log.Config{})}
	emit := func(rec *access.Record) error {
		r.Records++
		_, err := rec.MarshalVT()
		return err
	}
	const at = 1000
	for source.made < arg.Pieces {
		chunk, err := source.chunk(at)
		if err != nil {
			return r, err
		}
		began := cpuTime()
		if err := fold.Apply(chunk); err != nil {
			return r, err
		}
		if err := fold.Publish(false, emit); err != nil {
			return r, err
		}
		took := cpuTime() - began
		r.All += took
		if source.made <= windowPieces {
			r.First += took
		}
		if source.made > arg.Pieces-windowPieces {
			r.Last += took
		}
		if source.made%(arg.Pieces/10) < at {
			began := cpuTime()
			if err := fold.Publish(true, emit); err != nil {
				return r, err
			}
			r.All += cpuTime() - began
			began = cpuTime()
			if err := fold.Snapshot(); err != nil {
				return r, err
			}
			r.Snapshots += cpuTime() - began
		}
	}
	if r.Live, err = liveHeap(); err != nil {
		return r, err
	}
	return r, fold.Close()
}

// liveHeap gives what lives on the heap, bytes, and writes a heap profile
// beside the CPU profile where one is wanted.
func liveHeap() (int64, error) {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	path := os.Getenv(profileVariable)
	if path == "" {
		return int64(stats.HeapAlloc), nil
	}
	f, err := os.Create(strings.TrimSuffix(path, ".pprof") + "-heap.pprof")
	if err != nil {
		return 0, fmt.Errorf("write heap profile: %w", err)
	}
	return int64(stats.HeapAlloc), errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
