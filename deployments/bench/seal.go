package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
	"earwitness/sources/s3log"
)

func measureSeal(ctx context.Context, b *bench) (figure, error) {
	w, err := b.theWorld(ctx)
	if err != nil {
		return figure{}, err
	}
	const mega = 1e6
	var speeds [2]float64
	var sealed [2]sealResult
	for i, compression := range []worm.Compression{worm.Zstandard, worm.Uncompressed} {
		sealed[i], _, err = call[sealResult](ctx, b, 1, "seal", sealArg{File: w.log, Messages: 100_000, Compression: compression})
		if err != nil {
			return figure{}, err
		}
		speeds[i] = perSecond(sealed[i].Bytes, sealed[i].CPU) / mega
	}
	return figure{
		figure: fmt.Sprintf("%.0f MB/s of records (%s records/s of %d bytes, %.1f to 1)", speeds[0],
			rate(sealed[0].Messages, sealed[0].CPU), sealed[0].Bytes/max(1, sealed[0].Messages), float64(sealed[0].Bytes)/float64(max(1, sealed[0].Stored))),
		beside:  fmt.Sprintf("without compression %.0f MB/s", speeds[1]),
		reached: reached(speeds[0] >= 200),
	}, nil
}

type sealArg struct {
	File        string
	Messages    int
	Compression worm.Compression
}

type sealResult struct {
	Messages, Bytes, Stored int64
	CPU                     time.Duration
}

// sealRounds is how often the same messages are sealed, each time in a log of
// its own.
const sealRounds = 3

// sealWorld seals evidence of access logs, as the topic has it, into a store
// that keeps nothing.
func sealWorld(ctx context.Context, arg sealArg) (r sealResult, err error) {
	chunks, err := evidenceChunks(ctx, arg.File, arg.Messages)
	if err != nil {
		return r, err
	}
	key, err := worm.GenerateKey("bench")
	if err != nil {
		return r, err
	}
	known, err := key.Verifiers()
	if err != nil {
		return r, err
	}
	store := &discard{}
	began := cpuTime()
	for round := range sealRounds {
		archive, err := worm.New(worm.Config[*evidence.Evidence]{
			Store: store, Signer: key, Known: known, Lineage: [16]byte{1 + byte(round)}, Topic: bus.TopicEvidence, Compression: arg.Compression,
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return r, err
		}
		if _, err := archive.Position(ctx, 0); err != nil {
			return r, err
		}
		for _, chunk := range chunks {
			if err := archive.Write(ctx, 0, chunk); err != nil {
				return r, err
			}
			r.Messages += int64(len(chunk.Messages))
			for i := range chunk.Messages {
				r.Bytes += int64(len(chunk.Messages[i].Key) + len(chunk.Messages[i].Value))
			}
		}
		if err := archive.Flush(ctx, 0); err != nil {
			return r, err
		}
	}
	r.CPU, r.Stored = cpuTime()-began, store.stored
	return r, nil
}

// errEnough ends the reading of a file.
var errEnough = errors.New("enough")

// evidenceChunks are the first n lines of a log, as the topic has them.
func evidenceChunks(ctx context.Context, file string, n int) (chunks []*bus.Chunk[*evidence.Evidence], err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	offset := int64(0)
	err = s3log.New(s3log.Config{}).Decode(ctx, evidence.Object{URI: "file://" + file}, f, func(batch evidence.Batch) error {
		chunk := &bus.Chunk[*evidence.Evidence]{}
		for _, e := range batch.Evidence {
			value, err := e.MarshalVT()
			if err != nil {
				return err
			}
			chunk.Messages = append(chunk.Messages, bus.Message{
				Offset: offset, Time: time.UnixMilli(1_770_000_000_000 + offset), Key: evidence.SubjectKey(nil, e.SubjectKind, e.SubjectId), Value: value,
			})
			chunk.Values, chunk.Controls, chunk.Errs = append(chunk.Values, e), append(chunk.Controls, nil), append(chunk.Errs, nil)
			offset++
		}
		chunk.Next, chunk.End = offset, offset
		chunks = append(chunks, chunk)
		if offset >= int64(n) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return chunks, err
}

// discard is a worm.Store that counts and keeps nothing.
type discard struct{ stored int64 }

func (d *discard) Put(_ context.Context, _ string, data []byte) error {
	d.stored += int64(len(data))
	return nil
}

func (d *discard) Open(context.Context, string) (io.ReadCloser, error) { return nil, fs.ErrNotExist }

func (d *discard) List(context.Context, string, string, func(worm.Object) error) error { return nil }
