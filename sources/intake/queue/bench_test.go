//go:build servers

package queue_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"earwitness/deployments/testbed"
	"earwitness/deployments/testbed/bedtest"
	"earwitness/pipeline/evidence"
	"earwitness/sources/intake"
	"earwitness/sources/intake/notification"
	"earwitness/sources/intake/queue"
	"earwitness/sources/s3log"
)

// linesEach is how many lines a small object of a busy bucket has.
const linesEach = 10

// counting acknowledges at once.
type counting struct{ records, letters atomic.Int64 }

func (c *counting) Publish(_ context.Context, b evidence.Batch, done func(error)) error {
	c.records.Add(int64(b.Records))
	c.letters.Add(int64(len(b.DeadLetters)))
	done(nil)
	return nil
}

// BenchmarkNotifications takes the notifications of small log objects from a
// queue that is full of them and reads the objects, from the first request to
// the last deletion. The servers take their part of the same machine; the queue
// is one of the benchmark's own, for it holds its messages in memory.
func BenchmarkNotifications(b *testing.B) {
	for _, on := range []struct {
		name    string
		store   func(testing.TB) *testbed.S3Access
		objects int
	}{{"MinIO", bed.MinIO, 5_000}, {"MinIO", bed.MinIO, 100_000}, {"VersityGW", bed.VersityGW, 100_000}} {
		b.Run(fmt.Sprintf("%s/%d", on.name, on.objects), func(b *testing.B) {
			server := bedtest.ElasticMQ(b, testbed.ElasticMQConfig{})
			w := newWorldOn(b, on.store(b), &server.SQSAccess, 0)
			for b.Loop() {
				b.StopTimer()
				w.fill(on.objects)
				forgetPeak(b)
				b.StartTimer()
				began, cpu, c := time.Now(), cpuTime(b), &counting{}
				took := w.takeAll(c, on.objects)
				if records, letters := c.records.Load(), c.letters.Load(); records != int64(on.objects*linesEach) || letters > 0 {
					b.Fatalf("%d records and %d dead letters of %d objects", records, letters, on.objects)
				}
				b.ReportMetric(float64(on.objects)/took.Sub(began).Seconds(), "objects/s")
				b.ReportMetric(float64(on.objects*linesEach)/took.Sub(began).Seconds(), "lines/s")
				b.ReportMetric((cpuTime(b)-cpu).Seconds()*1e6/float64(on.objects), "cpu-us/object")
				b.ReportMetric(peakMiB(b), "peak-MiB")
			}
		})
	}
}

// fill puts objects as a partitioned prefix has them, and tells of them as S3
// does, ten at a time.
func (w *world) fill(objects int) {
	w.t.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	day := time.Now().UTC()
	for from := 0; from < objects; from += 10 {
		group.Go(func() error {
			var bodies []string
			for i := from; i < min(from+10, objects); i++ {
				at := day.AddDate(0, 0, -i%8)
				key := fmt.Sprintf("logs/1/eu/b/%s/%s-%08X", at.Format("2006/01/02"), at.Format("2006-01-02-15-04-05"), i)
				bodies = append(bodies, whole(w.bucket, key, w.put(key, logLines(linesEach*i, linesEach))))
			}
			w.send(bodies...)
			return nil
		})
	}
	_ = group.Wait() // what fails is fatal
	w.t.Cleanup(w.empty)
}

// takeAll gives when the last message was deleted.
func (w *world) takeAll(c *counting, objects int) time.Time {
	w.t.Helper()
	o := w.objects(w.s3.Endpoint)
	s := w.source(o, func(config *queue.Config) {
		delivery, err := intake.NewDelivery(intake.DeliveryConfig{
			Source: "logs", Objects: o, Bucket: w.bucket, Decoder: s3log.New(s3log.Config{}), Publisher: c,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		config.Once, config.Wait, config.Visibility, config.Publisher = false, 0, 0, c
		config.Carrier = queue.NewObjects(notification.Scope{Bucket: w.bucket, Prefix: "logs/"}, delivery, 0)
	})
	stop := w.run(s)
	defer stop()
	for s.Stats().Deleted < int64(objects) {
		<-time.After(5 * time.Millisecond)
	}
	return time.Now()
}

// empty removes the objects.
func (w *world) empty() {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	var group errgroup.Group
	group.SetLimit(16)
	pages := s3.NewListObjectsV2Paginator(w.store, &s3.ListObjectsV2Input{Bucket: &w.bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			w.t.Error(err)
			return
		}
		for i := range page.Contents {
			key := page.Contents[i].Key
			group.Go(func() error {
				_, err := w.store.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &w.bucket, Key: key})
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		w.t.Error(err)
	}
}

// whole is S3's notification of an object with all of its fields.
func whole(bucket, key, etag string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-west-2","eventTime":"1970-01-01T00:00:00.000Z","eventName":"ObjectCreated:Put",`+
		`"userIdentity":{"principalId":"AIDAJDPLRKLG7UEXAMPLE"},"requestParameters":{"sourceIPAddress":"172.16.0.1"},`+
		`"responseElements":{"x-amz-request-id":"C3D13FE58DE4C810","x-amz-id-2":"FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD"},`+
		`"s3":{"s3SchemaVersion":"1.0","configurationId":"testConfigRule","bucket":{"name":%q,"ownerIdentity":{"principalId":"A3NL1KOZZKExample"},"arn":"arn:aws:s3:::%s"},`+
		`"object":{"key":%q,"size":4310,"eTag":%s,"sequencer":"0055AED6DCD90281E5"}}}]}`, bucket, bucket, key, etag)
}

// cpuTime is what this process has used, without the servers' part.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// forgetPeak begins to look for the most memory anew ("/proc/PID/clear_refs",
// proc(5)).
func forgetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log(err)
	}
}

// peakMiB is the most memory that this process had since then.
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
