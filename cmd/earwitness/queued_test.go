//go:build servers

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
)

// logQueue is a queue on a real server.
type logQueue struct {
	t      *testing.T
	client *sqs.Client
	url    string
}

func newLogQueue(t *testing.T, name string) *logQueue {
	t.Helper()
	access := bed.ElasticMQ(t)
	q := &logQueue{t: t, client: sqs.New(sqs.Options{
		BaseEndpoint: &access.Endpoint, Region: access.Region,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})}
	made, err := q.client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))})
	if err != nil {
		t.Fatal(err)
	}
	q.url = *made.QueueUrl
	return q
}

func (q *logQueue) send(body string) {
	q.t.Helper()
	if _, err := q.client.SendMessage(q.t.Context(), &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body}); err != nil {
		q.t.Fatal(err)
	}
}

// tell notifies of an object as S3 does.
func (q *logQueue) tell(bucket, key string, size int64) {
	q.t.Helper()
	q.send(notificationOf(bucket, key, size))
}

// notificationOf is S3's own message of an object.
func notificationOf(bucket, key string, size int64) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-03-02T10:00:00.000Z",`+
		`"eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","bucket":{"name":%q,"arn":"arn:aws:s3:::%s"},"object":{"key":%q,"size":%d,"sequencer":"0055AED6DCD90281E5"}}}]}`,
		bucket, bucket, key, size)
}

// What a queue tells of gives the records that the same files give, and a
// message is gone once it is read.
func TestQueuedWorldEqualsItsFiles(t *testing.T) {
	b, a, dir := newLogBucket(t), readAnswer(t, "1"), t.TempDir()
	logs := filepath.Join(worldsDir, "1", "logs")
	b.copyFrom(logs, "logs/", noMetadata)
	q := newLogQueue(t, "logs")
	q.send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-03-02T10:00:00.000Z","Bucket":"` + b.name + `","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}`)
	entries, err := os.ReadDir(logs)
	if err != nil {
		t.Fatal(err)
	}
	for _, twice := range []int{0, 1} {
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil {
				t.Fatal(err)
			}
			if twice == 0 || entry == entries[0] {
				q.tell(b.name, "logs/"+entry.Name(), info.Size())
			}
		}
	}
	file, data := filepath.Join(dir, "e.yaml"), filepath.Join(dir, "data")
	text := fmt.Sprintf("sources:\n- {name: logs, type: s3-access-log, path: s3://%s/logs/, s3: %s, queue: {url: %q, region: us-east-1}}\n", b.name, b.s3(), q.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	audits := filepath.Join(worldsDir, "1", "audits")
	run := append(a.flags(data), "--config", file, "--audits", audits)
	earwitness(t, run...).want(t, 0, fmt.Sprintf(" %d messages", len(entries)+2))
	queued := trailOf(t, data)
	earwitness(t, run...).want(t, 0, "Read 0 records")

	files := filepath.Join(dir, "files")
	earwitness(t, append(a.flags(files), "--s3-logs", logs, "--audits", audits)...).want(t, 0)
	if diff := cmp.Diff(withoutPlaces(t, trailOf(t, files)), withoutPlaces(t, queued)); diff != "" {
		t.Errorf("other records come from the queue (-files +queue):\n%.4000s", diff)
	}
}
