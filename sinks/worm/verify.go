package worm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/mod/sumdb/note"
)

// VerifyOptions of a check.
type VerifyOptions struct {
	// Checkpoints are signed notes that were kept elsewhere, see Heads.
	// Without any, a removed tail or a store put back to an earlier day
	// cannot be noticed.
	Checkpoints [][]byte
	// Progress, when set, is called after each segment with the bytes that
	// were checked and those that there are.
	Progress func(done, total int64)
}

// Verify checks a whole store. It needs the objects and the verifiers, and
// nothing that is running. A finding is no error: it stands in the report. An
// error says that the check could not be made: the store could not be listed,
// a kept checkpoint is no good, ctx ended.
func Verify(ctx context.Context, store Store, known note.Verifiers, options VerifyOptions) (Report, error) {
	v, err := newVerification(store, known, options)
	if err != nil {
		return Report{}, err
	}
	if err := v.list(ctx); err != nil {
		return Report{}, fmt.Errorf("list archive: %w", err)
	}
	for _, log := range v.order() {
		if err := v.log(ctx, log); err != nil {
			return v.report, err
		}
	}
	return v.report, nil
}

// verification is the state of one check; one goroutine uses it.
type verification struct {
	store   Store
	known   note.Verifiers
	options VerifyOptions
	trees   tree
	// strict unpacks blocks; lenient ignores checksums, to name what was
	// damaged.
	strict, lenient *zstd.Decoder
	objects         map[Log][]Object
	kept            map[Log][]Checkpoint
	done, total     int64
	report          Report
}

func newVerification(store Store, known note.Verifiers, options VerifyOptions) (*verification, error) {
	v := &verification{
		store: store, known: known, options: options, trees: newTree(),
		objects: make(map[Log][]Object), kept: make(map[Log][]Checkpoint),
	}
	for i, signed := range options.Checkpoints {
		c, err := OpenCheckpoint(signed, known)
		if err != nil {
			return nil, fmt.Errorf("read kept checkpoint %d: %w", i+1, err)
		}
		v.kept[c.Log] = append(v.kept[c.Log], c)
	}
	var err error
	if v.strict, err = newDecoder(false); err == nil {
		v.lenient, err = newDecoder(true)
	}
	return v, err
}

// list sorts the objects by log and names those that do not belong.
func (v *verification) list(ctx context.Context) error {
	var versions []Object
	err := v.store.List(ctx, "", "", func(object Object) error {
		if len(versions) > 0 && versions[0].Name != object.Name {
			v.sort(versions)
			versions = versions[:0]
		}
		versions = append(versions, object)
		return nil
	})
	if err == nil && len(versions) > 0 {
		v.sort(versions)
	}
	return err
}

// sort judges the versions of one name, newest first. The oldest is the one
// that is checked; whatever lies over it should not be there.
func (v *verification) sort(versions []Object) {
	object := versions[len(versions)-1]
	for i := len(versions) - 1; i >= 0 && object.Marker; i-- {
		object = versions[i]
	}
	log, _, err := parseObject(object.Name)
	if err != nil {
		v.find(Finding{
			What: FaultForeign, Object: object.Name, Record: -1, Offset: -1, Detail: "it does not have the name of a segment",
		})
		return
	}
	for _, over := range versions {
		if detail := laidOver(over, object); detail != "" {
			v.find(Finding{What: FaultVersion, Log: log.String(), Object: object.Name, Record: -1, Offset: -1, Detail: detail})
		}
	}
	if object.Marker || object.Irregular {
		return
	}
	v.objects[log] = append(v.objects[log], object)
	v.total += object.Size
}

// laidOver says what is wrong with a version, given the one that counts.
func laidOver(version, oldest Object) string {
	switch {
	case version.Irregular:
		return "it is not a plain file"
	case version.Marker && oldest.Marker:
		return fmt.Sprintf("a delete marker, version %s, stands in its place, and no version of it is left", version.Version)
	case version.Marker:
		return fmt.Sprintf("a delete marker, version %s, lies over it; its first version, %s, is there and is what is checked",
			version.Version, oldest.Version)
	case version.Version != oldest.Version:
		return fmt.Sprintf("version %s lies over its first, %s, which is there and is what is checked",
			version.Version, oldest.Version)
	}
	return ""
}

// order gives the logs that there are or should be, by name.
func (v *verification) order() []Log {
	var logs []Log
	for log := range v.objects {
		logs = append(logs, log)
	}
	for log := range v.kept {
		if len(v.objects[log]) == 0 {
			logs = append(logs, log)
		}
	}
	slices.SortFunc(logs, func(a, b Log) int { return strings.Compare(a.String(), b.String()) })
	return logs
}

func (v *verification) find(f Finding) { v.report.Findings = append(v.report.Findings, f) }

// progress counts an object as checked.
func (v *verification) progress(object Object) {
	v.done += object.Size
	if v.options.Progress != nil {
		v.options.Progress(v.done, v.total)
	}
}

// Heads gives the latest checkpoint of each log, checked, to be kept away
// from the store.
func Heads(ctx context.Context, store Store, known note.Verifiers) ([]Checkpoint, error) {
	var names []string
	err := store.List(ctx, "", "", func(object Object) error {
		log, _, err := parseObject(object.Name)
		if err != nil || object.Marker || object.Noncurrent {
			return nil //nolint:nilerr // verify names what does not belong
		}
		if n := len(names); n > 0 {
			if before, _, err := parseObject(names[n-1]); err == nil && before == log {
				names = names[:n-1]
			}
		}
		names = append(names, object.Name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list archive: %w", err)
	}
	heads := make([]Checkpoint, 0, len(names))
	for _, name := range names {
		_, c, err := readSigned(ctx, store, name, known)
		if err != nil {
			return nil, fmt.Errorf("read latest checkpoint: %w", err)
		}
		heads = append(heads, c)
	}
	return heads, nil
}
