//go:build servers

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/bus"
)

// trial is processes that share a cluster whose servers fail, and the files
// of a world that come to them bit by bit.
type trial struct {
	*cluster
	want  *expected
	spool *spool
	// elastic and store stand before Elasticsearch and the bucket.
	elastic, store *front
	args           []string
	live           map[string]*watched
	partitions     int
}

// newTrial begins with two processes, "a", which reads the sources, and "b".
func newTrial(t *testing.T, brokers int) *trial {
	t.Helper()
	x := &trial{want: newExpected(t), live: map[string]*watched{}, partitions: clusterPartitions}
	x.elastic, x.store = newFront(t, bed.Elasticsearch(t).URL), newFront(t, bed.MinIO(t).Endpoint)
	x.cluster = newClusterOf(t, clusterConfig{
		brokers: brokers, partitions: x.partitions,
		elastic: "  bulk-bytes: 64KiB\n  buffer-bytes: 1MiB\n  request-timeout: 5s\n",
		worm:    "  segment-age: 2s\n",
		front: func(url string) string {
			if url == bed.MinIO(t).Endpoint {
				return x.store.url()
			}
			return x.elastic.url()
		},
	})
	x.spool = &spool{t: t, world: x.want.world, dir: filepath.Join(x.dir, "spool")}
	x.spool.open()
	random := rand.New(rand.NewPCG(1, 1))
	random.Shuffle(len(x.spool.files), func(i, j int) { x.spool.files[i], x.spool.files[j] = x.spool.files[j], x.spool.files[i] })
	x.args = slices.Concat([]string{"run", "--config", x.file}, sourcesIn(x.spool.dir), x.want.rules)
	for _, w := range []*watched{x.start("a"), x.start("b", "--follow-only")} {
		w.await(0, "following partitions")
	}
	return x
}

// start starts a process with a data folder of its own.
func (x *trial) start(name string, more ...string) *watched {
	x.t.Helper()
	cmd, _ := x.command(slices.Concat(x.args, more, []string{"--data", filepath.Join(x.dir, "data-"+name)})...)
	x.live[name] = watchProcess(x.t, name, cmd)
	return x.live[name]
}

// stop stops one in good order.
func (x *trial) stop(name string) {
	x.t.Helper()
	x.live[name].stop()
	delete(x.live, name)
}

// phase is something that fails while files come.
type phase struct {
	name string
	does func(x *trial)
}

// through goes through phases, each with its share of the files. After each,
// every line that has come is a document in Elasticsearch, or a dead letter.
func (x *trial) through(phases []phase) {
	x.t.Helper()
	share := 1 + len(x.spool.files)/(2*len(phases))
	for _, p := range phases {
		began, marks := time.Now(), map[*watched]int{}
		for _, w := range x.live {
			w.peak()
			marks[w] = w.said.mark()
		}
		// Half of them before it fails, half of them while it does.
		x.spool.feed(share)
		p.does(x)
		x.awaitDocuments()
		var said []string
		for _, name := range slices.Sorted(maps.Keys(x.live)) {
			w := x.live[name]
			w.running()
			said = append(said, fmt.Sprintf("%s: %d MiB", name, w.peak()))
			for _, text := range w.said.warnings(marks[w]) {
				said = append(said, name+" says: "+text)
			}
		}
		x.t.Logf("%s: %s\n\t%s", p.name, time.Since(began).Round(time.Millisecond), strings.Join(said, "\n\t"))
	}
}

func (x *trial) feed() { x.spool.feed(1 + len(x.spool.files)/10) }

// awaitDocuments waits until each line that has come to the sources is a
// document, and looks that there is no other.
func (x *trial) awaitDocuments() {
	x.t.Helper()
	want := x.want.requests(linesIn(x.t, x.spool.dir))
	late := time.Now().Add(3 * time.Minute)
	for {
		got := x.countRequests()
		if got == len(want) {
			break
		}
		if got > len(want) || time.Now().After(late) {
			x.t.Fatalf("there are documents of %d requests, of %d", got, len(want))
		}
		for _, w := range x.live {
			w.running()
		}
		x.rest(200 * time.Millisecond)
	}
	if len(want) == 0 {
		return // there is no index yet
	}
	for id := range x.search(x.prefix+"-requests", everything()) {
		if !want[id] {
			x.t.Errorf("document %s is of no line that has come", id)
		}
	}
}

// countRequests gives -1 while Elasticsearch is too busy to say.
func (x *trial) countRequests() int {
	x.t.Helper()
	all := "/" + x.prefix + "-request-*/"
	var answer struct{ Count int }
	if x.ask(http.MethodPost, all+"_refresh", nil, nil) != http.StatusOK || x.ask(http.MethodGet, all+"_count", nil, &answer) != http.StatusOK {
		return -1
	}
	return answer.Count
}

// wantNoneRefused ends a trial in which Elasticsearch was well.
func (x *trial) wantNoneRefused() {
	x.t.Helper()
	if refused := x.end(); refused > 0 {
		x.t.Errorf("%d dead letters are of records that Elasticsearch refused", refused)
	}
}

// end feeds the rest, stops all, and checks everything. Refused counts the
// dead letters of records that Elasticsearch did not take at first.
func (x *trial) end() (refused int) {
	t := x.t
	t.Helper()
	x.spool.feed(len(x.spool.files))
	for name := range x.live {
		x.stop(name)
	}
	last := x.cluster.run(slices.Concat([]string{"run", "--once"}, x.args[1:], []string{"--data", filepath.Join(x.dir, "last")})...)
	if last.code != exitDeadLetters {
		t.Fatalf("the run at the end ends with %+v", last)
	}
	trail := x.trail()
	for i := range trail {
		trail[i] = strings.ReplaceAll(trail[i], x.spool.dir, x.want.world)
	}
	letters := x.letters()
	all := len(letters)
	letters = slices.DeleteFunc(letters, func(l deadLetterDocument) bool { return l.Stage == "elastic" })
	for i := range letters {
		letters[i].Origin.URI = strings.ReplaceAll(letters[i].Origin.URI, x.spool.dir, x.want.world)
	}
	archive := x.download()
	x.want.check(t, trail, letters, archive, x.verifier())
	x.wantHighestRevisions()
	x.cluster.run("verify", "--store", x.storeURL(), "--key", x.verifier()).want(t, 0, "holds:")
	return all - len(letters)
}

// letters are what "deadletter list" says of the archive.
func (c *cluster) letters() []deadLetterDocument {
	c.t.Helper()
	listed := c.run("deadletter", "list", "--json", "--config", c.file)
	listed.want(c.t, 0)
	var letters []deadLetterDocument
	for line := range strings.Lines(listed.out) {
		var letter deadLetterDocument
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			c.t.Fatalf("%v in %s", err, line)
		}
		letters = append(letters, letter)
	}
	return letters
}

// download copies the archive into a folder, which has the same form.
func (c *cluster) download() (dir string) {
	c.t.Helper()
	dir = filepath.Join(c.dir, "archive")
	client, prefix := c.s3(), "archive/"
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &c.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range page.Contents {
			object, err := client.GetObject(c.t.Context(), &s3.GetObjectInput{Bucket: &c.bucket, Key: page.Contents[i].Key})
			if err != nil {
				c.t.Fatal(err)
			}
			path := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(*page.Contents[i].Key, prefix)))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				c.t.Fatal(err)
			}
			file, err := os.Create(path)
			if err != nil {
				c.t.Fatal(err)
			}
			if _, err := io.Copy(file, object.Body); err != nil {
				c.t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	return dir
}

// objects counts what the archive has in the bucket.
func (c *cluster) objects() int {
	c.t.Helper()
	n, prefix := 0, "archive/"
	pages := s3.NewListObjectsV2Paginator(c.s3(), &s3.ListObjectsV2Input{Bucket: &c.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		n += len(page.Contents)
	}
	return n
}

// forgetElastic takes back the position of Elasticsearch, as an operator
// would while all processes are stopped.
func (x *trial) forgetElastic() {
	x.t.Helper()
	client := bus.NewClient(bus.ClientConfig{Brokers: x.brokers})
	defer client.Close()
	for partition := range x.partitions {
		if err := client.CommitOffset(x.t.Context(), "earwitness-elastic", bus.TopicAccess, partition, 0, ""); err != nil {
			x.t.Fatal(err)
		}
	}
}

// withoutBroker does something to a broker, lets a while pass, and undoes it.
func (x *trial) withoutBroker(broker int, do, undo func(*testbed.Node) error, meanwhile func()) {
	x.t.Helper()
	node := x.kafka.Brokers[broker]
	if err := do(node); err != nil {
		x.t.Fatal(err)
	}
	meanwhile()
	began := time.Now()
	if err := undo(node); err != nil {
		x.t.Fatal(err)
	}
	x.t.Logf("it takes %s to come back", time.Since(began).Round(time.Millisecond))
}

func stopped(ctx context.Context) func(*testbed.Node) error {
	return func(n *testbed.Node) error { return n.Stop(ctx) }
}

func started(ctx context.Context) func(*testbed.Node) error {
	return func(n *testbed.Node) error { return n.Start(ctx) }
}
