package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

// measureReplay computes the state of row embedded again from its archive.
func measureReplay(ctx context.Context, b *bench) (figure, error) {
	w, err := b.theWorld(ctx)
	if err != nil {
		return figure{}, err
	}
	e, err := b.theEmbedded(ctx)
	if err != nil {
		return figure{}, err
	}
	flags := w.rules()
	flags.Data = e.data
	r, cost, err := call[replayResult](ctx, b, 2, "replay", replayArg{Flags: flags, Dir: b.path("replayed")})
	if err != nil {
		return figure{}, err
	}
	speed := perSecond(r.Messages, r.Took)
	return figure{
		figure: fmt.Sprintf("from the archive, 2 cores: %s evidence/s (%s in %s; %.1f us of CPU each), %s peak", thousands(speed), thousands(float64(r.Messages)),
			seconds(r.Took), each(r.CPU, int(r.Messages)), mebibytes(cost.Peak)),
		beside:  fmt.Sprintf("the archive read, checked and decoded alone: %s/s", rate(r.Messages, r.Read)),
		reached: reached(speed >= 400e3),
	}, nil
}

type replayArg struct {
	Flags config.Flags
	Dir   string
}

type replayResult struct {
	Messages int64
	// Took and CPU with the fold, Read without it.
	Took, CPU, Read time.Duration
}

// replayArchive opens the correlator without state, as a process does that has
// lost it: all partitions at a time.
func replayArchive(ctx context.Context, arg replayArg) (r replayResult, err error) {
	settings, err := config.Load(arg.Flags)
	if err != nil {
		return r, err
	}
	store, err := worm.ReadDir(string(settings.WORM.Directory))
	if err != nil {
		return r, err
	}
	_, verifier, _ := settings.OwnKey()
	known, err := worm.LoadVerifiers(verifier)
	if err != nil {
		return r, err
	}
	a := &archived{}
	if a.reader, err = worm.NewReader(store, known); err != nil {
		return r, err
	}
	if a.logs, err = a.reader.Logs(ctx); err != nil {
		return r, err
	}
	stage := correlate.NewStage(correlate.StageConfig{
		Rules: settings.Rules(), Archive: a, Access: refuse{}, DeadLetters: refuse{}, Logger: slog.New(slog.DiscardHandler),
		Dir: func(partition int) string { return filepath.Join(arg.Dir, strconv.Itoa(partition)) },
	})
	began, cpu := time.Now(), cpuTime()
	err = together(ctx, settings.Bus.Partitions, func(ctx context.Context, partition int) error {
		_, err := stage.Position(ctx, partition)
		return err
	})
	r.Took, r.CPU, r.Messages = time.Since(began), cpuTime()-cpu, a.messages.Load()
	if err := errors.Join(err, stage.Close()); err != nil {
		return r, err
	}
	began = time.Now()
	err = together(ctx, settings.Bus.Partitions, func(ctx context.Context, partition int) error {
		return a.Replay(ctx, partition, 0, func(*bus.Chunk[*evidence.Evidence]) error { return nil })
	})
	r.Read = time.Since(began)
	return r, err
}

// archived gives all evidence of an archive back.
type archived struct {
	reader   *worm.Reader
	logs     []worm.Log
	messages atomic.Int64
}

// Replay implements correlate.Archive.
func (a *archived) Replay(ctx context.Context, partition int, from int64, fn func(*bus.Chunk[*evidence.Evidence]) error) error {
	const at = 1000
	chunk := &bus.Chunk[*evidence.Evidence]{}
	give := func() error {
		full := chunk
		chunk = &bus.Chunk[*evidence.Evidence]{}
		if len(full.Messages) == 0 {
			return nil
		}
		a.messages.Add(int64(len(full.Messages)))
		return fn(full)
	}
	for _, log := range a.logs {
		if log.Topic != bus.TopicEvidence || log.Partition != partition {
			continue
		}
		err := a.reader.Read(ctx, log, from, func(record worm.Record) error {
			appendMessage(chunk, record.Message)
			if len(chunk.Messages) < at {
				return nil
			}
			return give()
		})
		if err != nil {
			return err
		}
	}
	return give()
}

// appendMessage decodes a message as a reader of the topic would.
func appendMessage(chunk *bus.Chunk[*evidence.Evidence], m bus.Message) {
	var value *evidence.Evidence
	var control *bus.Control
	var err error
	if bus.IsControl(&m) {
		control, err = bus.DecodeControl(&m)
	} else {
		value, err = decodeEvidence(&m)
	}
	chunk.Messages, chunk.Values = append(chunk.Messages, m), append(chunk.Values, value)
	chunk.Controls, chunk.Errs = append(chunk.Controls, control), append(chunk.Errs, err)
	chunk.Next, chunk.End = m.Offset+1, m.Offset+1
}

// refuse is a topic to which nothing is to be written.
type refuse struct{}

// ProduceSync implements correlate.Topic.
func (refuse) ProduceSync(context.Context, int, []bus.Record) (int64, error) {
	return 0, errors.New("a replay of what was published publishes nothing")
}
