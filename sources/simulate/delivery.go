package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
)

// flushBytes is what a log file gathers before it is written to.
const flushBytes = 64 << 10

// heldShare is the share of lines that wait for the others.
const heldShare = 0.15

// delivery writes log files. Each hour of delivery has one that is being
// filled; those of hours still to come wait for late lines. A file is open
// only while it is written to, so that there may be any number of them.
type delivery struct {
	dir    string
	cfg    *Config
	slots  map[int64]*slot
	spare  [][]byte
	zip    *gzip.Writer
	packed bytes.Buffer
	err    error

	files, bytes int64
}

// slot is the log file that one hour's lines go to at the moment.
type slot struct {
	path string
	gzip bool
	buf  []byte
	// held are lines that come later than their time would have it: several
	// machines write one log.
	held   []byte
	order  source
	lines  int
	number int64
}

func newDelivery(dir string, cfg *Config) (*delivery, error) {
	d := &delivery{dir: dir, cfg: cfg, slots: make(map[int64]*slot)}
	zip, err := gzip.NewWriterLevel(&d.packed, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("make gzip writer: %w", err)
	}
	d.zip = zip
	return d, nil
}

// write delivers line at a time. After a failure it does nothing; close tells.
func (d *delivery) write(at int64, line []byte) {
	if d.err != nil {
		return
	}
	h := at / hour
	s := d.slots[h]
	if s == nil {
		s = &slot{}
		d.slots[h] = s
	}
	if s.lines == 0 {
		d.begin(s, h)
	}
	into := &s.buf
	if s.order.chance(heldShare) {
		into = &s.held
	}
	*into = append(append(*into, line...), '\n')
	s.lines++
	if len(s.buf)+len(s.held) >= flushBytes || s.lines == d.cfg.FileLines {
		d.flush(s)
	}
	if s.lines == d.cfg.FileLines {
		s.lines = 0
	}
}

// begin names a file as S3 does, by the time of its delivery.
func (d *delivery) begin(s *slot, h int64) {
	r := draw(d.cfg.Seed, kindFile, uint64(h)<<20+uint64(s.number))
	s.number++
	at := time.UnixMilli(h*hour + r.below(hour)).UTC()
	name := at.Format("2006-01-02-15-04-05-") + string(r.appendHex(nil, 16, upperHex))
	s.order = r
	s.gzip = r.chance(d.cfg.GzipFiles)
	if s.gzip && r.chance(0.5) {
		name += ".gz"
	}
	s.path = filepath.Join(d.dir, name)
	if s.buf == nil && len(d.spare) > 0 {
		last := len(d.spare) - 1
		s.buf, d.spare = d.spare[last][:0], d.spare[:last]
	}
	d.files++
}

// flush appends to the file; a gzip file gets another member.
func (d *delivery) flush(s *slot) {
	if len(s.buf)+len(s.held) == 0 || d.err != nil {
		return
	}
	s.buf = append(s.buf, s.held...)
	s.held = s.held[:0]
	data := s.buf
	if s.gzip {
		d.packed.Reset()
		d.zip.Reset(&d.packed)
		_, err := d.zip.Write(data)
		if d.err = errors.Join(err, d.zip.Close()); d.err != nil {
			d.err = fmt.Errorf("pack log file %s: %w", s.path, d.err)
			return
		}
		data = d.packed.Bytes()
	}
	d.bytes += int64(len(s.buf))
	s.buf = s.buf[:0]
	if err := appendFile(s.path, data); err != nil {
		d.err = fmt.Errorf("write log file: %w; make room and begin again in an empty folder", err)
	}
}

func appendFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// passed ends the files of all hours before at.
func (d *delivery) passed(at int64) {
	for h, s := range d.slots {
		if h < at/hour {
			d.flush(s)
			for _, buf := range [...][]byte{s.buf, s.held} {
				if buf != nil {
					d.spare = append(d.spare, buf)
				}
			}
			delete(d.slots, h)
		}
	}
}

// close ends all files and tells the first failure.
func (d *delivery) close() error {
	for h, s := range d.slots {
		d.flush(s)
		delete(d.slots, h)
	}
	return d.err
}
