package main

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/mod/sumdb/note"

	"earwitness/cmd/earwitness/config"
	"earwitness/sinks/worm"
	"earwitness/sinks/worm/bucket"
)

// readStore is an archive that nothing is written to.
type readStore struct {
	worm.Store
	// Close lets go of what reading has opened.
	Close func()
}

// openStore opens an archive, a folder or a bucket's address, for reading
// alone, with the verifiers of its keys.
func openStore(ctx context.Context, address, key string) (readStore, note.Verifiers, error) {
	known, err := worm.LoadVerifiers(key)
	if err != nil {
		return readStore{}, nil, err
	}
	if bucket.IsURL(address) {
		store, err := bucket.OpenURL(ctx, address, slog.New(slog.DiscardHandler))
		if err != nil {
			return readStore{}, nil, err
		}
		return readStore{Store: store, Close: store.Close}, known, nil
	}
	store, err := worm.ReadDir(address)
	if err != nil {
		return readStore{}, nil, fmt.Errorf("open archive %s: %w", address, err)
	}
	return readStore{Store: store, Close: func() {}}, known, nil
}

// openArchive opens the archive that the settings name, for reading alone.
func openArchive(ctx context.Context, settings *config.Config) (readStore, error) {
	if settings.WORM.S3.Enabled() {
		where, err := settings.WORM.BucketConfig(slog.New(slog.DiscardHandler))
		if err != nil {
			return readStore{}, err
		}
		store, err := bucket.Read(ctx, where)
		if err != nil {
			return readStore{}, err
		}
		return readStore{Store: store, Close: store.Close}, nil
	}
	store, err := worm.ReadDir(string(settings.WORM.Directory))
	if err != nil {
		return readStore{}, fmt.Errorf("open archive %s (has a run written it yet?): %w", settings.WORM.Directory, err)
	}
	return readStore{Store: store, Close: func() {}}, nil
}

// archiveAddress is what verify takes as --store.
func archiveAddress(settings *config.Config) string {
	if !settings.WORM.S3.Enabled() {
		return string(settings.WORM.Directory)
	}
	where, err := settings.WORM.BucketConfig(slog.New(slog.DiscardHandler))
	if err != nil {
		return string(settings.WORM.S3.URL) // a run has read it, so this is no time to fail
	}
	return where.URL()
}
