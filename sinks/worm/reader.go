package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/note"
)

// Reader gives back what was archived, checking it as it reads. It is safe
// for concurrent use.
type Reader struct {
	store   Store
	known   note.Verifiers
	trees   tree
	decoder *zstd.Decoder
}

// NewReader reads a store whose segments the known keys have signed.
func NewReader(store Store, known note.Verifiers) (*Reader, error) {
	decoder, err := newDecoder(false)
	if err != nil {
		return nil, err
	}
	return &Reader{store: store, known: known, trees: newTree(), decoder: decoder}, nil
}

// Logs of the store, by name.
func (r *Reader) Logs(ctx context.Context) ([]Log, error) {
	var logs []Log
	err := r.store.List(ctx, "", "", func(object Object) error {
		log, _, err := parseObject(object.Name)
		if err == nil && (len(logs) == 0 || logs[len(logs)-1] != log) {
			logs = append(logs, log)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list archive: %w", err)
	}
	return logs, nil
}

// segments lists the objects of a log from the one that covers offset from.
func (r *Reader) segments(ctx context.Context, log Log, from int64) ([]string, error) {
	var names []string
	err := r.store.List(ctx, log.String()+"/", "", func(object Object) error {
		found, first, err := parseObject(object.Name)
		switch {
		case err != nil || found != log:
			return nil //nolint:nilerr // verify names what does not belong
		case object.Marker || object.Noncurrent || object.Irregular:
			return &TamperError{Object: object.Name, Err: errors.New("it was deleted, replaced or laid over")}
		case first <= from:
			names = names[:0]
		}
		names = append(names, object.Name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", log, err)
	}
	return names, nil
}

// Read calls fn for the records of a log from offset from on, in the order of
// their offsets, each once, gaps included. Everything that fn sees is signed.
// It ends with the first error of fn, at the last segment, or with a
// *TamperError. fn may keep the record.
func (r *Reader) Read(ctx context.Context, log Log, from int64, fn func(Record) error) error {
	names, err := r.segments(ctx, log, from)
	if err != nil {
		return err
	}
	var before *end
	for _, name := range names {
		if before, err = r.readSegment(ctx, name, before, from, fn); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) readSegment(ctx context.Context, name string, before *end, from int64, fn func(Record) error) (*end, error) {
	var callerErr error
	h, c, err := readObject(ctx, r.store, name, r.known, func(h *head, rest io.Reader) error {
		if before != nil {
			if err := checkChain(*before, h); err != nil {
				return formatError("%w", err)
			}
		}
		body, err := loadBody(rest, h)
		if err != nil {
			return err
		}
		index := h.sizeBefore
		return walkBody(body, h, r.decoder, func(entry []byte) error {
			record, err := parseEntry(entry)
			if err != nil {
				return formatError("%w", err)
			}
			record.Index, record.Object = index, name
			index++
			if record.Message.Offset < from && (record.Gap == nil || record.Gap.Next <= from) {
				return nil
			}
			callerErr = fn(record)
			return callerErr
		})
	})
	switch {
	case callerErr != nil:
		return nil, callerErr
	case errors.Is(err, fs.ErrNotExist):
		return nil, &TamperError{Object: name, Err: errors.New("it was removed while it was read")}
	case err != nil:
		return nil, fmt.Errorf("read archive: %w", err)
	}
	behind := endOf(h, c.Head)
	return &behind, nil
}
