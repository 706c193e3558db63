package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earwitness/sources/simulate"
)

// spool brings the files of a world bit by bit to a folder that is watched.
type spool struct {
	t          *testing.T
	world, dir string
	// files that have not come yet, from the world's folder on.
	files []string
}

func (s *spool) open() {
	s.t.Helper()
	for _, folder := range []string{simulate.LogsDir, simulate.AuditsDir} {
		if err := os.MkdirAll(filepath.Join(s.dir, folder), 0o700); err != nil {
			s.t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(s.world, folder))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, entry := range entries {
			s.files = append(s.files, filepath.Join(folder, entry.Name()))
		}
	}
	slices.Sort(s.files)
}

func (s *spool) feed(n int) {
	s.t.Helper()
	n = min(n, len(s.files))
	for _, name := range s.files[:n] {
		if err := os.Link(filepath.Join(s.world, name), filepath.Join(s.dir, name)); err != nil {
			s.t.Fatal(err)
		}
	}
	s.files = s.files[n:]
}
