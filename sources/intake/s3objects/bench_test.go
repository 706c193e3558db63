//go:build servers

package s3objects_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
	"earwitness/sources/s3log"
)

// small objects of a busy bucket: how many there are, lines in each, and how
// many are read at a time.
const (
	manyObjects = 100_000
	linesEach   = 10
	atATime     = 16
)

// counting acknowledges at once.
type counting struct{ records atomic.Int64 }

func (c *counting) Publish(_ context.Context, b evidence.Batch, done func(error)) error {
	c.records.Add(int64(b.Records))
	done(nil)
	return nil
}

// BenchmarkListing reads 100,000 small log objects by listing, from the first
// request to the last acknowledgement, and then lists them again. The servers
// take their part of the same machine.
func BenchmarkListing(b *testing.B) {
	for name, access := range map[string]func(testing.TB) *testbed.S3Access{"MinIO": bed.MinIO, "VersityGW": bed.VersityGW} {
		b.Run(name, func(b *testing.B) {
			s := newServer(b, access(b))
			s.fill(b)
			o := s.open(b, s.Endpoint)
			for b.Loop() {
				state := b.TempDir()
				began, cpu := time.Now(), cpuTime(b)
				records, progress := s.listing(b, o, state)
				took := time.Since(began)
				if records != manyObjects*linesEach || progress.FilesDone != manyObjects {
					b.Fatalf("%d records of %d objects", records, progress.FilesDone)
				}
				b.ReportMetric(manyObjects/took.Seconds(), "objects/s")
				b.ReportMetric(float64(records)/took.Seconds(), "lines/s")
				b.ReportMetric((cpuTime(b)-cpu).Seconds()*1e6/manyObjects, "cpu-us/object")
				began = time.Now()
				if records, _ := s.listing(b, o, state); records != 0 {
					b.Fatalf("%d records came again", records)
				}
				b.ReportMetric(manyObjects/time.Since(began).Seconds(), "relisted/s")
				b.ReportMetric(peakMiB(b), "peak-MiB")
			}
		})
	}
}

// fill puts the objects as a partitioned prefix has them, in eight days.
func (s *server) fill(b *testing.B) {
	b.Helper()
	var group errgroup.Group
	group.SetLimit(32)
	day := time.Now().UTC()
	for i := range manyObjects {
		group.Go(func() error {
			at := day.AddDate(0, 0, -i%8)
			s.put(b, fmt.Sprintf("logs/1/eu/b/%s/%s-%08X", at.Format("2006/01/02"), at.Format("2006-01-02-15-04-05"), i), lines(linesEach*i, linesEach), nil)
			return nil
		})
	}
	_ = group.Wait()
	b.Cleanup(func() {
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket})
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.WithoutCancel(b.Context()))
			if err != nil {
				b.Error(err)
				return
			}
			for i := range page.Contents {
				key := page.Contents[i].Key
				group.Go(func() error {
					_, err := s.client.DeleteObject(context.WithoutCancel(b.Context()), &s3.DeleteObjectInput{Bucket: &s.bucket, Key: key})
					return err
				})
			}
		}
		if err := group.Wait(); err != nil {
			b.Error(err)
		}
	})
}

// listing is one run.
func (s *server) listing(b *testing.B, o intake.Objects, state string) (int64, intake.Progress) {
	b.Helper()
	c := &counting{}
	bucket, err := intake.NewBucket(intake.BucketConfig{
		Source: "logs", Objects: o, Bucket: s.bucket, Prefix: "logs/", StateDir: state, Once: true,
		Decoder: s3log.New(s3log.Config{}), Publisher: c, Parallel: atATime,
	})
	if err == nil {
		err = bucket.Run(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	return c.records.Load(), bucket.Progress()
}

// cpuTime is what this process has used, without the server's part.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// peakMiB is the most memory that this process ever had.
func peakMiB(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		return 0
	}
	kib, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
