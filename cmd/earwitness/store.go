package main

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/mod/sumdb/note"

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
