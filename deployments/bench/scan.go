package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"time"

	"earwitness/pipeline/evidence"
	"earwitness/sources/s3log"
)

// scanRounds is how often each side is measured, in turn; medians count.
const scanRounds = 3

// regexpLines is how much of the file the slow side reads.
const regexpLines = 50_000

func measureScan(ctx context.Context, b *bench) (figure, error) {
	w, err := b.theWorld(ctx)
	if err != nil {
		return figure{}, err
	}
	rates := map[string][]float64{}
	var last readResult
	var peerErr error
	for range scanRounds {
		for _, side := range []struct {
			name string
			arg  readArg
		}{
			{"regexp", readArg{File: w.log, Lines: regexpLines}},
			{"decode", readArg{File: w.log}},
			{"lines", readArg{File: w.log}},
			{"scan", readArg{File: w.log}},
		} {
			if last, _, err = call[readResult](ctx, b, 1, side.name, side.arg); err != nil {
				return figure{}, err
			}
			rates[side.name] = append(rates[side.name], perSecond(last.Lines, last.CPU))
		}
		for _, least := range []bool{false, true} {
			if peerErr != nil {
				break
			}
			var lines float64
			lines, peerErr = runGoAccess(ctx, b, w.log, least)
			name := fmt.Sprintf("GoAccess %t", least)
			rates[name] = append(rates[name], lines)
		}
	}
	scanned, matched := median(rates["scan"]), median(rates["regexp"])
	// Lines a second of nothing but the scanner.
	alone := 1 / (1/scanned - 1/median(rates["lines"]))
	few := last.Allocs < uint64(last.Lines/1000)
	f := figure{
		figure: fmt.Sprintf("%s lines/s of %d bytes (%s without reading the file and finding the lines), %d allocations for %s lines, %d past reading; to evidence (hash, redaction, identity too) %s lines/s",
			thousands(scanned), last.Bytes/max(1, last.Lines), thousands(alone), last.Allocs, thousands(float64(last.Lines)), last.Raw, thousands(median(rates["decode"]))),
		beside:  fmt.Sprintf("Go regexp %s lines/s: %.0f times", thousands(matched), scanned/matched),
		reached: fmt.Sprintf("%s, %s", reached(scanned >= 2e6), reached(few)),
	}
	if peerErr != nil {
		f.beside += "; GoAccess: " + firstLine(peerErr.Error())
		return f, nil
	}
	all, least := median(rates["GoAccess false"]), median(rates["GoAccess true"])
	f.beside += fmt.Sprintf("; GoAccess %s lines/s: %.0f times; with one panel %s: %.0f times", thousands(all), scanned/all, thousands(least), scanned/least)
	f.reached += ", " + reached(scanned >= 30*least)
	return f, nil
}

// readArg of the workers that read the joined log.
type readArg struct {
	File string
	// Lines to read at most; 0 for all.
	Lines int64
}

type readResult struct {
	Lines, Bytes, Raw int64
	Allocs            uint64
	CPU               time.Duration
}

// cutFile finds the lines of a file and no more.
func cutFile(_ context.Context, arg readArg) (readResult, error) {
	return readLines(arg, func([]byte) bool { return true })
}

// scanFile reads a file into typed fields.
func scanFile(_ context.Context, arg readArg) (readResult, error) {
	var line s3log.Line
	return readLines(arg, func(text []byte) bool {
		grade, _ := line.Scan(text)
		return grade != evidence.Grade_GRADE_RAW
	})
}

// fieldsOf is what people write who read the format by its description.
const fieldsOf = `^(\S+) (\S+) \[([^\]]+)\] (\S+) (.+?) (\S+) (\S+) (\S+) ("[^"]*"|-) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) ` +
	`("[^"]*"|-) ("[^"]*"|-) (\S+)(?: (\S+) (\S+) (\S+) (\S+) (\S+)(?: (\S+))?(?: (\S+))?(?: (\S+))?(?: (\S+))?)?(.*)$`

// matchFile reads it by a regular expression.
func matchFile(_ context.Context, arg readArg) (readResult, error) {
	fields := regexp.MustCompile(fieldsOf)
	return readLines(arg, func(text []byte) bool { return fields.FindSubmatchIndex(text) != nil })
}

// readLines hands on the lines of a file and reckons the cost, reading it
// included.
func readLines(arg readArg, read func([]byte) bool) (r readResult, err error) {
	f, err := os.Open(arg.File)
	if err != nil {
		return r, err
	}
	defer f.Close()              //nolint:errcheck // it was only read
	buf := make([]byte, 128<<10) // as a source reads
	held := 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := cpuTime()
	for arg.Lines == 0 || r.Lines < arg.Lines {
		n, err := f.Read(buf[held:])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, fmt.Errorf("read %s: %w", arg.File, err)
		}
		rest := buf[:held+n]
		for {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			if !read(rest[:end]) {
				r.Raw++
			}
			r.Lines++
			r.Bytes += int64(end) + 1
			rest = rest[end+1:]
		}
		held = copy(buf, rest)
		if held == len(buf) {
			return r, fmt.Errorf("read %s: a line is longer than %d bytes", arg.File, len(buf))
		}
	}
	r.CPU = cpuTime() - began
	runtime.ReadMemStats(&after)
	r.Allocs = after.Mallocs - before.Mallocs
	return r, nil
}

// decodeFile makes evidence of it, as a source does.
func decodeFile(ctx context.Context, arg readArg) (r readResult, err error) {
	f, err := os.Open(arg.File)
	if err != nil {
		return r, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	began := cpuTime()
	err = s3log.New(s3log.Config{}).Decode(ctx, evidence.Object{URI: "file://" + arg.File}, f, func(batch evidence.Batch) error {
		r.Lines += int64(batch.Records)
		r.Bytes = batch.End
		r.Raw += int64(len(batch.DeadLetters))
		return nil
	})
	r.CPU = cpuTime() - began
	return r, err
}
