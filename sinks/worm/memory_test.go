package worm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// memory is a store that judges its user and fails as it is told.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	// extra versions, newest first, in the place of an object's own listing.
	extra []Object
	// fault is asked before each call: whether a Put is applied all the
	// same, and the error that is returned.
	fault func(call, name string) (apply bool, err error)
}

func newMemory() *memory {
	return &memory{
		objects: make(map[string][]byte),
		fault:   func(string, string) (bool, error) { return true, nil },
	}
}

func (m *memory) Put(_ context.Context, name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	apply, err := m.fault("put", name)
	if _, taken := m.objects[name]; taken && apply {
		return fmt.Errorf("put %s: %w", name, ErrExists)
	}
	if apply {
		m.objects[name] = bytes.Clone(data)
	}
	return err
}

func (m *memory) Open(_ context.Context, name string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.fault("open", name); err != nil {
		return nil, err
	}
	data, ok := m.objects[name]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (m *memory) List(_ context.Context, prefix, from string, fn func(Object) error) error {
	m.mu.Lock()
	_, err := m.fault("list", prefix)
	var list []Object
	for name, data := range m.objects {
		if !slices.ContainsFunc(m.extra, func(o Object) bool { return o.Name == name }) {
			list = append(list, Object{Name: name, Size: int64(len(data))})
		}
	}
	list = append(list, m.extra...)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	for _, object := range list {
		if strings.HasPrefix(object.Name, prefix) && object.Name >= from {
			if err := fn(object); err != nil {
				return err
			}
		}
	}
	return nil
}

func replaceByte(t testing.TB, dir *Directory, name string, at int) {
	t.Helper()
	data, err := os.ReadFile(dir.path(name))
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 0x40
	if err := os.Remove(dir.path(name)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.path(name), data, 0o444); err != nil {
		t.Fatal(err)
	}
}
