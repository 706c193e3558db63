package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
	"earwitness/sinks/worm/bucket"
)

// openArchives opens the WORM store and the logs of the three topics.
func (e *Engine) openArchives(ctx context.Context) error {
	key, err := e.signingKey()
	if err != nil {
		return err
	}
	known, err := e.config.WORM.Known(key.Line)
	if err != nil {
		return err
	}
	if err := e.openStore(ctx); err != nil {
		return err
	}
	e.worm.key, e.worm.known = key, known
	if e.worm.evidence, err = newArchive[*evidence.Evidence](e, bus.TopicEvidence, nil); err != nil {
		return err
	}
	if e.worm.access, err = newArchive(e, bus.TopicAccess, worm.KeepSettled); err != nil {
		return err
	}
	e.worm.deadLetters, err = newArchive[*evidence.DeadLetter](e, bus.TopicDeadLetter, nil)
	return err
}

// openStore opens the folder or the bucket.
func (e *Engine) openStore(ctx context.Context) error {
	if !e.config.WORM.S3.Enabled() {
		store, err := worm.OpenDir(string(e.config.WORM.Directory), e.log)
		e.worm.store = store
		return err
	}
	settings, err := e.config.WORM.BucketConfig(e.log)
	if err != nil {
		return err
	}
	store, err := bucket.Open(ctx, settings)
	if err != nil {
		return err
	}
	e.worm.store, e.worm.close = store, store.Close
	return nil
}

func newArchive[T any](e *Engine, topic string, keep func(int, *bus.Chunk[T]) bool) (*worm.Archive[T], error) {
	w := e.config.WORM
	compression := worm.Uncompressed
	if w.Compression == config.CompressZstd {
		compression = worm.Zstandard
	}
	return worm.New(worm.Config[T]{
		Store: e.worm.store, Signer: e.worm.key.Signer, Known: e.worm.known, Lineage: e.epoch.lineage(), Topic: topic, Keep: keep,
		SegmentBytes: int64(w.SegmentBytes), SegmentAge: w.SegmentAge.Std(), Compression: compression,
		BufferBytes: segmentBuffer,
		HintDir:     filepath.Join(string(e.config.Data), "worm-hints"), Logger: e.log,
	})
}

// signingKey loads the key, and makes the data folder's own where it is the
// one in force and missing.
func (e *Engine) signingKey() (*worm.Key, error) {
	path, verifier, own := e.config.OwnKey()
	key, err := e.config.WORM.LoadKey()
	if err == nil && own {
		return key, mendVerifier(key, verifier)
	}
	if err == nil || !own || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key, err = worm.GenerateKey("earwitness")
	if err != nil {
		return nil, err
	}
	if err := key.Save(path, verifier); err != nil {
		return nil, fmt.Errorf("make signing key in the data folder: %w", err)
	}
	e.keyMade = true
	return key, nil
}

// mendVerifier writes the line of a key whose making was cut off before it.
func mendVerifier(key *worm.Key, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return key.SaveVerifier(path)
}
