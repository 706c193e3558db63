package intake_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"earwitness/sources/genesys"
	"earwitness/sources/intake"
	"earwitness/sources/intake/intaketest"

	"github.com/google/go-cmp/cmp"
)

var today = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

// stored is a bucket in memory, which fails as it is told.
type stored struct {
	mu      sync.Mutex
	objects map[string][]byte
	// fail is asked before an object is opened, and may give its bytes.
	fail func(key string) (io.Reader, error)
	// folders that were listed, in their order.
	folders []string
}

func etag(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

func (s *stored) List(ctx context.Context, folder, after string, fn func(intake.Listed) error) error {
	s.mu.Lock()
	s.folders = append(s.folders, folder)
	below := map[string]intake.Listed{}
	for key, data := range s.objects {
		rest, inside := strings.CutPrefix(key, folder)
		if name, _, deeper := strings.Cut(rest, "/"); inside && deeper {
			below[folder+name+"/"] = intake.Listed{Key: folder + name + "/", Folder: true}
		} else if inside {
			below[key] = intake.Listed{Key: key, Size: int64(len(data)), ETag: etag(data), Modified: today}
		}
	}
	s.mu.Unlock()
	keys := make([]string, 0, len(below))
	for key := range below {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if key <= after {
			continue
		}
		if err := errors.Join(ctx.Err(), fn(below[key])); err != nil {
			return err
		}
	}
	return nil
}

func (s *stored) Open(_ context.Context, o intake.Listed) (io.ReadCloser, map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if r, err := s.fail(o.Key); r != nil || err != nil {
			return io.NopCloser(r), nil, err
		}
	}
	return io.NopCloser(bytes.NewReader(s.objects[o.Key])), nil, nil
}

type bucketRun struct {
	audits   int
	causes   string
	progress intake.Progress
	err      error
}

// once lists the bucket once at a time, with positions in state.
func (s *stored) once(t *testing.T, state string, now time.Time, limit int) bucketRun {
	t.Helper()
	p := &intaketest.Publisher{Limit: limit}
	b, err := intake.NewBucket(intake.BucketConfig{
		Source: "audits", Objects: s, Bucket: "logs", StateDir: state, Once: true, PastDays: 3, Attempts: 1,
		Decoder: genesys.New(genesys.Config{}), Publisher: p, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	err = b.Run(t.Context())
	audits, causes := ids(p.Taken())
	return bucketRun{len(audits), causes, b.Progress(), err}
}

func (s *stored) want(t *testing.T, state, what string, now time.Time, audits int, causes string) {
	t.Helper()
	if r := s.once(t, state, now, -1); r.err != nil || r.audits != audits || r.causes != causes {
		t.Errorf("%s: %d audits, causes %q: %v; want %d and %q", what, r.audits, r.causes, r.err, audits, causes)
	}
}

func TestBucketConformance(t *testing.T) {
	t.Parallel()
	s := &stored{objects: map[string][]byte{
		"a.json": lines(0, 1800), "b/c.gz": gz(lines(1800, 700), lines(2500, 900)), "b/d.zst": zst(lines(3400, 1200)),
		"e.json": lines(4600, 3), "empty": nil,
	}}
	intaketest.Bucket(t, genesys.New(genesys.Config{}), s, "", today, 4603)
}

func TestBucketWindow(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := &stored{objects: map[string][]byte{
		"1/eu/b/2026/03/16/x": lines(0, 1), "1/eu/b/2026/03/17/x": lines(1, 1), "1/eu/b/2026/03/20/x": lines(2, 1), "1/eu/b/2025/12/31/x": lines(3, 1),
		"2025-03-18-00-00-00-A": lines(4, 1), "2026-03-16-23-59-59-A": lines(5, 1), "2026-03-17-00-00-00-A": lines(6, 1), "20267/x": lines(7, 1),
	}}
	s.want(t, state, "three days back", today, 4, "")
	if slices.ContainsFunc(s.folders, func(f string) bool { return strings.HasPrefix(f, "1/eu/b/2025/12/") }) {
		t.Errorf("folders that are too old were listed: %v", s.folders)
	}
	s.objects["1/eu/b/2026/03/17/late"] = lines(8, 1)
	s.want(t, state, "a late one in an old folder", today, 1, "")
	s.objects["1/eu/b/2026/03/18/y"] = lines(9, 1)
	s.want(t, state, "a month later, from where it was", today.AddDate(0, 1, 0), 1, "")
	s.objects["1/eu/b/2026/04/20/y"] = lines(10, 1)
	s.want(t, state, "then on", today.AddDate(0, 1, 0), 1, "")
	s.want(t, state, "and nothing again", today.AddDate(0, 1, 0), 0, "")
}

// refuse has keys refused, all where there are none.
func (s *stored) refuse(cause string, keys ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = func(key string) (io.Reader, error) {
		if len(keys) > 0 && !slices.Contains(keys, key) {
			return nil, nil
		}
		return nil, &intake.RefusalError{Cause: cause, Err: errors.New("no")}
	}
}

func TestBucketRefusals(t *testing.T) {
	t.Parallel()
	for _, cause := range []string{intake.CauseGone, intake.CauseDenied, intake.CauseChanged} {
		state := t.TempDir()
		s := &stored{objects: map[string][]byte{"bad": lines(0, 2), "good": lines(2, 3)}}
		s.refuse(cause, "bad")
		s.want(t, state, cause, today, 3, cause)
		s.want(t, state, "still "+cause, today, 0, "")
		s.fail = nil
		s.want(t, state, "readable again", today, 2, "")
		s.want(t, state, "read", today, 0, "")
	}
}

// Where nothing can be opened, nothing is wrong with the objects.
func TestBucketWithoutAccess(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := &stored{objects: map[string][]byte{}}
	for i := range 300 {
		s.objects[strconv.Itoa(i)] = lines(i, 1)
	}
	s.refuse(intake.CauseDenied)
	for _, objects := range []int{300, 3} {
		var refused *intake.RefusalError
		if r := s.once(t, state, today, -1); !errors.As(r.err, &refused) || r.audits != 0 || r.causes != "" {
			t.Errorf("%d objects, all denied: %+v", objects, r)
		}
		for i := 3; i < 300; i++ {
			delete(s.objects, strconv.Itoa(i))
		}
	}
	s.fail = nil
	s.want(t, state, "access was given", today, 3, "")
}

func TestBucketTellsTransferFromObject(t *testing.T) {
	t.Parallel()
	packed := gz(lines(0, 2000))
	state := t.TempDir()
	s := &stored{objects: map[string][]byte{"x.gz": packed}}
	s.fail = func(string) (io.Reader, error) {
		return io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), iotest.ErrReader(io.ErrUnexpectedEOF)), nil
	}
	var transfer *intake.TransferError
	if r := s.once(t, state, today, -1); !errors.As(r.err, &transfer) || r.causes != "" {
		t.Errorf("a broken transfer: %v, causes %q", r.err, r.causes)
	}
	s.fail = nil
	if r := s.once(t, state, today, -1); r.err != nil || r.audits == 0 || r.causes != "" {
		t.Errorf("afterwards: %+v", r)
	}
	cut := &stored{objects: map[string][]byte{"x.gz": packed[:len(packed)/2], "good": lines(5000, 1)}}
	r := cut.once(t, t.TempDir(), today, -1)
	if diff := cmp.Diff(intake.CauseTruncated, r.causes); r.err != nil || diff != "" || r.progress.Problems != 1 {
		t.Errorf("a truncated object: %+v %s", r, diff)
	}
}

// What does not come is left to the next listing; the others go on, and the
// window stays where it is.
func TestBucketOthersGoOn(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := &stored{objects: map[string][]byte{"a-bad": lines(0, 2), "good": lines(2, 3)}}
	s.fail = func(key string) (io.Reader, error) {
		if key == "a-bad" {
			return nil, errors.New("503 SlowDown")
		}
		return nil, nil
	}
	var transfer *intake.TransferError
	if r := s.once(t, state, today, -1); !errors.As(r.err, &transfer) || r.audits != 3 || r.causes != "" {
		t.Errorf("one that does not come: %+v", r)
	}
	s.fail = nil
	s.want(t, state, "a month later it comes", today.AddDate(0, 1, 0), 2, "")
}

// A range of days is read and nothing else, and its state is gone in the end.
func TestBucketRange(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	s := &stored{objects: map[string][]byte{
		"1/eu/b/2026/03/01/x": lines(0, 1), "1/eu/b/2026/03/02/x": lines(1, 1), "1/eu/b/2026/03/03/x": lines(2, 1), "1/eu/b/2026/04/02/x": lines(3, 1),
		"2025-03-02-00-00-00-A": lines(4, 1), "2026-03-01-23-59-59-A": lines(5, 1), "2026-03-02-00-00-00-A": lines(6, 1),
		"2026-03-03-23-59-59-A": lines(7, 1), "2026-03-04-00-00-00-A": lines(8, 1), "2027-03-02-00-00-00-A": lines(9, 1), "z": lines(10, 1),
		"A/CloudTrail-Digest/2026/03/04/d": lines(11, 1), "A/CloudTrail-Digest/2026/03/02/d": lines(12, 1),
	}}
	run := func(limit int) (int, error) {
		p := &intaketest.Publisher{Limit: limit}
		b, err := intake.NewBucket(intake.BucketConfig{
			Source: "audits", State: "audits.backfill", Objects: intake.Throttle(s, 1e6, 1<<40), Bucket: "logs", StateDir: state, Once: true, Ended: true,
			From: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC),
			Decoder: genesys.New(genesys.Config{}), Publisher: p, Now: func() time.Time { return today },
		})
		if err != nil {
			t.Fatal(err)
		}
		err = b.Run(t.Context())
		audits, _ := ids(p.Taken())
		if total := b.Progress().FilesTotal; total != 5 {
			t.Errorf("%d objects are counted", total)
		}
		return len(audits), err
	}
	if n, err := run(2); err == nil || n != 2 {
		t.Fatalf("%d audits before it fails: %v", n, err)
	}
	if files, err := os.ReadDir(state); err != nil || len(files) != 1 {
		t.Errorf("the state is in %v, %v", files, err)
	}
	if n, err := run(-1); err != nil || n != 3 {
		t.Errorf("%d audits are left: %v", n, err)
	}
	if files, err := os.ReadDir(state); err != nil || len(files) != 0 {
		t.Errorf("afterwards there is %v, %v", files, err)
	}
	if slices.ContainsFunc(s.folders, func(f string) bool { return strings.HasPrefix(f, "1/eu/b/2026/04/") }) {
		t.Errorf("folders that are too new were listed: %v", s.folders)
	}
}

func TestThrottleStops(t *testing.T) {
	t.Parallel()
	s := &stored{objects: map[string][]byte{"a": make([]byte, 1<<20)}}
	ctx, cancel := context.WithCancel(t.Context())
	slow := intake.Throttle(s, 1e-6, 1)
	r, _, err := slow.Open(ctx, intake.Listed{Key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 2)
	go func() {
		_, err := io.Copy(io.Discard, r)
		waiting <- err
	}()
	go func() {
		_, _, err := slow.Open(ctx, intake.Listed{Key: "a"})
		waiting <- err
	}()
	cancel()
	for range 2 {
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	}
}

// Each object is in one share, and the shares are about equal.
func TestShare(t *testing.T) {
	t.Parallel()
	var count [3]int
	for i := range 3000 {
		holders := 0
		for part := range count {
			if intake.Share(part+1, len(count))(fmt.Sprintf("logs/2026/03/02/%d", i)) {
				holders++
				count[part]++
			}
		}
		if holders != 1 {
			t.Fatalf("%d is in %d shares", i, holders)
		}
	}
	for part, n := range count {
		if n < 900 || n > 1100 {
			t.Errorf("share %d has %d of 3000", part+1, n)
		}
	}
}

// Two that read a share each read everything, and nothing twice.
func TestBucketShares(t *testing.T) {
	t.Parallel()
	s, all := &stored{objects: map[string][]byte{}}, 0
	for i := range 40 {
		s.objects[fmt.Sprintf("%d/x", i)] = lines(i*10, 10)
	}
	for part := 1; part <= 2; part++ {
		p := &intaketest.Publisher{Limit: -1}
		b, err := intake.NewBucket(intake.BucketConfig{
			Source: "audits", Objects: s, Bucket: "logs", StateDir: t.TempDir(), Once: true, Mine: intake.Share(part, 2),
			Decoder: genesys.New(genesys.Config{}), Publisher: p, Now: func() time.Time { return today },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		audits, _ := ids(p.Taken())
		all += len(audits)
	}
	if all != 400 {
		t.Errorf("%d audits were read, want 400", all)
	}
}
