//go:build servers

package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"earwitness/sinks/worm"
)

// adversary may write in the bucket of an archive of four segments.
type adversary struct {
	t      *testing.T
	client *s3.Client
	bucket string
	prefix string
	// versions that the archive wrote, of each segment.
	versions []string
}

func segment(i int) string { return testLog(0).Object(int64(i) * 20) }

func (a *adversary) key(i int) *string { return aws.String(a.prefix + "/" + segment(i)) }

func (a *adversary) put(key *string, data string) error {
	_, err := a.client.PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: &a.bucket, Key: key, Body: strings.NewReader(data)})
	return err
}

func (a *adversary) remove(i int, version string, bypass bool) error {
	in := &s3.DeleteObjectInput{Bucket: &a.bucket, Key: a.key(i)}
	if version != "" {
		in.VersionId = &version
	}
	if bypass {
		in.BypassGovernanceRetention = &bypass
	}
	_, err := a.client.DeleteObject(a.t.Context(), in)
	return err
}

func (a *adversary) retain(i int, mode types.ObjectLockRetentionMode, until time.Duration, bypass bool) error {
	_, err := a.client.PutObjectRetention(a.t.Context(), &s3.PutObjectRetentionInput{
		Bucket: &a.bucket, Key: a.key(i), VersionId: &a.versions[i], BypassGovernanceRetention: &bypass,
		Retention: &types.ObjectLockRetention{Mode: mode, RetainUntilDate: aws.Time(time.Now().Add(until))},
	})
	return err
}

type adversaryCase struct {
	name string
	do   func(a *adversary) error
	// refused says that the server does not let it happen.
	refused bool
	// want is the beginning of each finding; S0 to S4 stand for names, Vn
	// for the version that the archive wrote.
	want []string
	// next is the beginning of what an archive says that goes on.
	next string
}

func adversaryCases() []adversaryCase {
	laid := "object S3 of the archive is not as it was written: it was deleted, replaced or laid over; run verify"
	return []adversaryCase{
		{"nothing", func(*adversary) error { return nil }, false, nil, ""},
		{"overwrite", func(a *adversary) error { return a.put(a.key(3), "forged") }, false, []string{"laid over: S3: version "}, laid},
		{"delete", func(a *adversary) error { return a.remove(3, "", false) }, false, []string{"laid over: S3: a delete marker, version "}, laid},
		{
			"delete, then write", func(a *adversary) error {
				return errors.Join(a.remove(1, "", false), a.put(a.key(1), "forged"))
			}, false,
			[]string{"laid over: S1: version ", "laid over: S1: a delete marker, version "},
			strings.Replace(laid, "S3", "S1", 1),
		},
		{"the same bytes again", func(a *adversary) error {
			out, err := a.client.GetObject(a.t.Context(), &s3.GetObjectInput{Bucket: &a.bucket, Key: a.key(3)})
			if err != nil {
				return err
			}
			data, err := io.ReadAll(out.Body)
			return errors.Join(err, out.Body.Close(), a.put(a.key(3), string(data)))
		}, false, []string{"laid over: S3: version "}, laid},
		{"another segment's bytes at the end", func(a *adversary) error {
			_, err := a.client.CopyObject(a.t.Context(), &s3.CopyObjectInput{
				Bucket: &a.bucket, Key: a.key(4), CopySource: aws.String(a.bucket + "/" + *a.key(3)),
			})
			return err
		}, false, []string{"head changed: S4: it says of itself that it is S3"}, "object S4 of the archive is not as it was written: it says of itself that it is S3"},
		{
			"rubbish at the end", func(a *adversary) error { return a.put(a.key(4), "rubbish") }, false,
			[]string{"head changed: S4: not a segment"},
			"object S4 of the archive is not as it was written: not a segment",
		},
		{
			"a file besides", func(a *adversary) error { return a.put(aws.String(a.prefix+"/notes.txt"), "x") }, false,
			[]string{"does not belong: notes.txt: "},
			"",
		},
		{"delete a version", func(a *adversary) error { return a.remove(3, a.versions[3], false) }, true, nil, ""},
		{"delete a version and bypass", func(a *adversary) error { return a.remove(3, a.versions[3], true) }, true, nil, ""},
		{"shorten the retention", func(a *adversary) error {
			return a.retain(3, types.ObjectLockRetentionModeCompliance, time.Second, true)
		}, true, nil, ""},
		{"governance in the place of compliance", func(a *adversary) error {
			return a.retain(3, types.ObjectLockRetentionModeGovernance, 2*time.Hour, true)
		}, true, nil, ""},
		{"extend the retention", func(a *adversary) error {
			return a.retain(3, types.ObjectLockRetentionModeCompliance, 2*time.Hour, true)
		}, false, nil, ""},
		{"suspend versioning", func(a *adversary) error {
			_, err := a.client.PutBucketVersioning(a.t.Context(), &s3.PutBucketVersioningInput{
				Bucket:                  &a.bucket,
				VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
			})
			return err
		}, true, nil, ""},
		{"delete the bucket", func(a *adversary) error {
			_, err := a.client.DeleteBucket(a.t.Context(), &s3.DeleteBucketInput{Bucket: &a.bucket})
			return err
		}, true, nil, ""},
	}
}

func (s realServer) testAdversary(t *testing.T) {
	config := s.bucket(t, "adversary")
	for i, test := range adversaryCases() {
		t.Run(test.name, func(t *testing.T) {
			config := config
			config.Prefix = "case-" + string(rune('a'+i))
			ours := newTrail(t)
			a := &adversary{t: t, client: s.client, bucket: config.Bucket, prefix: config.Prefix}
			store := openReal(t, config)
			a.versions = fill(t, ours, store)
			kept := keep(t, ours, store)
			if err := test.do(a); (err != nil) != test.refused {
				t.Fatalf("the server says %v", err)
			} else if err != nil {
				t.Logf("the server says %v", err)
			}
			names := names(a.versions)
			reading := parse(t, store)
			var got []string
			for _, f := range ours.verify(t, reading, kept...).Findings {
				got = append(got, names.Replace(f.String()))
			}
			t.Logf("verify says %q", got)
			compareBeginnings(t, test.want, got)
			err := goOn(t, ours, openReal(t, config))
			t.Logf("the archive says %v", err)
			if (err != nil) != (test.next != "") || err != nil && !strings.Contains(names.Replace(err.Error()), test.next) {
				t.Errorf("an archive that goes on says %v, want %q", err, test.next)
			}
		})
	}
}

// fill archives four segments and gives their versions.
func fill(t *testing.T, ours trail, store *Store) []string {
	t.Helper()
	archive := ours.archive(t, store)
	for first := int64(0); first < 80; first += 20 {
		if err := errors.Join(archive.Write(t.Context(), 0, testChunk(first, first+20)), archive.Flush(t.Context(), 0)); err != nil {
			t.Fatal(err)
		}
	}
	var versions []string
	for _, object := range list(t, store, "", "") {
		versions = append(versions, object.Version)
	}
	return versions
}

func keep(t *testing.T, ours trail, store *Store) [][]byte {
	t.Helper()
	heads, err := worm.Heads(t.Context(), store, ours.known)
	if err != nil {
		t.Fatal(err)
	}
	var kept [][]byte
	for _, head := range heads {
		kept = append(kept, head.Note)
	}
	return kept
}

// goOn opens an archive anew and writes one more segment.
func goOn(t *testing.T, ours trail, store *Store) error {
	t.Helper()
	archive := ours.archive(t, store)
	if _, err := archive.Position(t.Context(), 0); err != nil {
		return err
	}
	if err := archive.Write(t.Context(), 0, testChunk(80, 100)); err != nil {
		return err
	}
	return archive.Flush(t.Context(), 0)
}

// parse opens the store again by its URL, for reading.
func parse(t *testing.T, store *Store) *Store {
	t.Helper()
	config, err := ParseURL(store.config.Location.String() + "?path-style=true&endpoint=" + store.config.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	config.Credentials, config.Logger = store.config.Credentials, store.config.Logger
	reading, err := Read(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reading.Close)
	return reading
}

func names(versions []string) *strings.Replacer {
	var pairs []string
	for i := range 5 {
		pairs = append(pairs, segment(i), "S"+string(rune('0'+i)))
	}
	for i, version := range versions {
		pairs = append(pairs, version, "V"+string(rune('0'+i)))
	}
	return strings.NewReplacer(pairs...)
}

// compareBeginnings compares as much of each line as is wanted.
func compareBeginnings(t *testing.T, want, got []string) {
	t.Helper()
	got = slices.Clone(got)
	for i := range min(len(got), len(want)) {
		got[i] = got[i][:min(len(got[i]), len(want[i]))]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// While the archive runs, somebody takes the name that it will want next.
func (s realServer) testLivingAdversary(t *testing.T) {
	config := s.bucket(t, "living")
	for name, hide := range map[string]bool{"in the open": false, "under a delete marker": true} {
		t.Run(name, func(t *testing.T) {
			config := config
			config.Prefix = strings.ReplaceAll(name, " ", "-")
			ours := newTrail(t)
			store := openReal(t, config)
			a := &adversary{t: t, client: s.client, bucket: config.Bucket, prefix: config.Prefix}
			archive := ours.archive(t, store)
			for i, data := range [][2]int64{{0, 20}, {20, 40}} {
				if i == 1 {
					if err := a.put(a.key(1), "squatted"); err != nil {
						t.Fatal(err)
					}
					if hide {
						if err := a.remove(1, "", false); err != nil {
							t.Fatal(err)
						}
					}
				}
				err := errors.Join(archive.Write(t.Context(), 0, testChunk(data[0], data[1])), archive.Flush(t.Context(), 0))
				var tampered *worm.TamperError
				if errors.As(err, &tampered) != (i == 1) || tampered != nil && tampered.Object != segment(1) {
					t.Fatalf("segment %d gives %v", i, err)
				} else if err != nil {
					t.Logf("the archive says %v", err)
				}
			}
			report := ours.verify(t, store)
			if !report.Tampered() {
				t.Error("verify finds nothing")
			}
			for _, f := range report.Findings {
				t.Logf("verify says %s", f)
			}
		})
	}
}

// Two archivers want the same names at the same time, and cut otherwise.
func (s realServer) testTwoArchivers(t *testing.T) {
	ours := newTrail(t)
	config := s.bucket(t, "two")
	store := openReal(t, config)
	const end = 400
	// One makes the beginning: there they would have to agree.
	first := ours.archive(t, store)
	if err := errors.Join(first.Write(t.Context(), 0, testChunk(0, 10)), first.Flush(t.Context(), 0)); err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context, step int64) error {
		archive := ours.archive(t, openReal(t, config))
		for {
			from, err := archive.Position(ctx, 0)
			if err != nil || from >= end {
				return err
			}
			if err := archive.Write(ctx, 0, testChunk(from, min(from+step, end))); err != nil {
				return err
			}
			if err := archive.Flush(ctx, 0); err != nil {
				return err
			}
		}
	}
	ended := make(chan error)
	steps := []int64{3, 7, 11}
	for _, step := range steps {
		go func() { ended <- run(t.Context(), step) }()
	}
	for range steps {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if report := ours.verify(t, store); !report.Holds() {
		t.Errorf("verify finds %v, %v", report.Findings, report.Unread)
	}
	held := ours.held(t, store)
	if len(held) != end {
		t.Errorf("%d records, want %d", len(held), end)
	}
	var objects bytes.Buffer
	for _, o := range list(t, store, "", "") {
		if o.Noncurrent || o.Marker {
			t.Errorf("%s has several versions", o.Name)
		}
		objects.WriteString(o.Name + "\n")
	}
	t.Logf("%d segments by %d archivers", bytes.Count(objects.Bytes(), []byte("\n")), len(steps))
}
