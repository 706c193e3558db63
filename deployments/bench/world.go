package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"earwitness/sources/simulate"
)

// world is a simulated one: of its evidence a tenth are audits, most of the
// rest ranges of a listening.
type world struct {
	dir      string
	settings simulate.Settings
	// log is all access log files, one behind the other.
	log string
}

func (b *bench) theWorld(ctx context.Context) (world, error) {
	return b.world.get(func() (world, error) {
		b.say("simulating a world of %d requests", b.requests)
		w := world{dir: b.path("world"), log: b.path("access.log")}
		_, _, err := execute(ctx, nil, b.program, "simulate", "--out", w.dir, "--requests", strconv.FormatInt(b.requests, 10),
			"--duplicate-audits", "80%", "--gzip-files", "0")
		if err != nil {
			return w, err
		}
		if w.settings, err = simulate.ReadSettings(w.dir); err != nil {
			return w, err
		}
		if err := joinFiles(w.log, filepath.Join(w.dir, simulate.LogsDir)); err != nil {
			return w, err
		}
		// What was written now must not compete for the disk with what is measured.
		_, _, err = execute(ctx, nil, "sync")
		return w, err
	})
}

// sources are the flags of a run that reads the world.
func (w *world) sources() []string {
	args := []string{
		"--model", w.settings.Model,
		"--s3-logs", filepath.Join(w.dir, simulate.LogsDir), "--audits", filepath.Join(w.dir, simulate.AuditsDir),
	}
	for _, role := range w.settings.ServiceRoles {
		args = append(args, "--service-role", role)
	}
	for _, role := range w.settings.OwnRoles {
		args = append(args, "--own-role", role)
	}
	return args
}

// joinFiles writes all files of a folder into one.
func joinFiles(path, dir string) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("join files of %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		in, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, in.Close())
	})
}
