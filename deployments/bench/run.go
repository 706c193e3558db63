package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// options of a run.
type options struct {
	program  string
	dir      string
	profiles string
	keep     bool
	requests int64
	horizon  int
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) > 0 && args[0] == workerCommand {
		return work(ctx, args[1:], out)
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.program, "program", "bin/earwitness", "the `FILE` to measure, from make build")
	flags.StringVar(&o.dir, "dir", "", "work below the folder `DIR`, which needs 20 GB (default: the system's for temporary files)")
	flags.StringVar(&o.profiles, "profiles", "", "write CPU profiles of our side to the folder `DIR`")
	flags.BoolVar(&o.keep, "keep", false, "leave the folder of the work")
	flags.Int64Var(&o.requests, "requests", 300_000, "size of the simulated world, in requests")
	flags.IntVar(&o.horizon, "horizon", 10_000_000, "pieces of evidence inside the horizon, in row horizon")
	flags.Usage = func() {
		fmt.Fprintf(errOut, "usage: bench [FLAG...] [ROW...]; rows: %s\n", strings.Join(rowNames(), ", ")) //nolint:errcheck // nobody listens
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := chooseRows(flags.Args())
	if err != nil {
		return err
	}
	return measure(ctx, o, chosen, out, errOut)
}

func chooseRows(names []string) ([]row, error) {
	for _, name := range names {
		if !slices.Contains(rowNames(), name) {
			return nil, fmt.Errorf("there is no row %q; there are %s", name, strings.Join(rowNames(), ", "))
		}
	}
	var chosen []row
	for _, r := range rows() {
		if len(names) == 0 || slices.Contains(names, r.name) {
			chosen = append(chosen, r)
		}
	}
	return chosen, nil
}

// measure prints the table as it grows, so that a run which is broken off has
// told what it knows.
func measure(ctx context.Context, o options, chosen []row, out, errOut io.Writer) (err error) {
	b, err := newBench(o, errOut)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := writeHead(out, readMachine(ctx)); err != nil {
		return err
	}
	failed := 0
	for _, r := range chosen {
		b.say("row %s", r.name)
		before := readActivity()
		f, err := r.measure(ctx, b)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed++
			b.say("row %s: %v", r.name, err)
			f = figure{figure: "not measured: " + firstLine(err.Error())}
		}
		if err := writeRow(out, r, f, before.until(readActivity())); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rows were not measured", failed, len(chosen))
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// bench is what the rows of one run share. What several of them need is made
// when the first asks.
type bench struct {
	options
	self   string
	errOut io.Writer
	// ending is called at the end, last first.
	ending []func() error

	world    once[world]
	embedded once[embeddedRun]
	servers  once[servers]
	cluster  once[clusterRun]
}

func newBench(o options, errOut io.Writer) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	if o.program, err = filepath.Abs(o.program); err != nil {
		return nil, err
	}
	if _, err := os.Stat(o.program); err != nil {
		return nil, fmt.Errorf("find earwitness (make build makes it; -program names another): %w", err)
	}
	if o.profiles != "" {
		if err := os.MkdirAll(o.profiles, 0o755); err != nil {
			return nil, fmt.Errorf("make folder for profiles: %w", err)
		}
	}
	if o.dir, err = os.MkdirTemp(o.dir, "earwitness-bench-"); err != nil {
		return nil, fmt.Errorf("make folder to work in: %w", err)
	}
	b := &bench{options: o, self: self, errOut: errOut}
	if !o.keep {
		b.atEnd(func() error { return os.RemoveAll(o.dir) })
	}
	return b, nil
}

func (b *bench) atEnd(f func() error) { b.ending = append(b.ending, f) }

func (b *bench) close() error {
	var errs []error
	for _, end := range slices.Backward(b.ending) {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// say tells people what goes on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.errOut, "bench: "+format+"\n", args...) //nolint:errcheck // nobody listens
}

// path below the folder of the work.
func (b *bench) path(elem ...string) string {
	return filepath.Join(append([]string{b.dir}, elem...)...)
}

// once makes something when it is first asked for.
type once[T any] struct {
	done  bool
	value T
	err   error
}

func (o *once[T]) get(do func() (T, error)) (T, error) {
	if !o.done {
		o.value, o.err = do()
		o.done = true
	}
	return o.value, o.err
}

// together runs work for each of n numbers at the same time.
func together(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range n {
		group.Go(func() error { return work(ctx, i) })
	}
	return group.Wait()
}
