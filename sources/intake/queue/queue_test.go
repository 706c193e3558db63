//go:build servers

package queue_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earwitness/sources/genesys"
	"earwitness/sources/intake/notification"
	"earwitness/sources/intake/queue"
)

// TestOnce: what the queue holds is taken, in whatever order and however
// often it comes, and the queue is empty then.
func TestOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 40, 5)
	// The same objects again, newest first, and all in one message.
	var again []string
	for i := 39; i >= 0; i-- {
		again = append(again, told(w.bucket, fmt.Sprintf("logs/year=2026/a b+%d", i)))
	}
	w.send(again...)
	w.send(`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"` + w.bucket + `"}`)
	both := strings.TrimSuffix(again[0], "]}") + "," + strings.TrimPrefix(again[1], `{"Records":[`)
	w.send(both, strings.ReplaceAll(again[0], "ObjectCreated:Put", "ObjectRemoved:Delete"))
	s := w.once(nil)
	w.want(200, "")
	w.wantLeft("0", "0")
	if stats := s.Stats(); stats.Received != 83 || stats.Deleted != 83 || stats.Again != 0 || stats.Released+stats.Lost != 0 || stats.Delivered.IsZero() {
		t.Errorf("%+v", stats)
	}
	if p := s.Progress(); p.FilesTotal != 83 || p.FilesDone != 83 || p.Records != 410 || p.Problems != 0 {
		t.Errorf("%+v", p)
	}
}

// TestPoison: what can't be taken becomes a dead letter with its bytes where
// the queue has no redrive policy; the rest goes on.
func TestPoison(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 3, 2)
	data := packed(logLines(1000, 5000))
	w.put("logs/cut.gz", data[:len(data)/2])
	poison := []string{"no JSON at all", `{"hello":"world"}`, told(w.bucket, "logs/gone"), told(w.bucket, "elsewhere/x"), told("other-bucket", "logs/x")}
	w.send(poison...)
	w.send(told(w.bucket, "logs/cut.gz"))
	s := w.once(nil)
	n, _, _ := w.bus.taken()
	if n < 1000 {
		t.Errorf("%d records came, of the object that was cut too few", n)
	}
	causes := map[string]int{}
	for _, l := range w.bus.letters {
		causes[l.Cause]++
		if l.Stage == queue.Stage && (!containsText(poison, string(l.Raw)) || !strings.Contains(l.Origin.GetUri(), w.url)) {
			t.Errorf("the dead letter of %s has %q of %s", l.Cause, l.Raw, l.Origin.GetUri())
		}
	}
	if got, want := fmt.Sprint(causes), "map[broken-notification:1 foreign-object:2 gone:1 no-notification:1 truncated:1]"; got != want {
		t.Errorf("causes %s, want %s", got, want)
	}
	w.wantLeft("0", "0")
	if stats := s.Stats(); fmt.Sprint(stats.Poison) != "map[broken-notification:1 foreign-object:2 gone:1 no-notification:1]" || stats.Deleted != 9 {
		t.Errorf("%+v", stats)
	}
}

func containsText(all []string, text string) bool {
	for _, one := range all {
		if one == text {
			return true
		}
	}
	return false
}

// TestRedrive: where the queue has a policy, what can't be taken goes where
// that says, and is no dead letter of ours.
func TestRedrive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.deliver(0, 3, 2)
	w.send("no JSON at all", told(w.bucket, "logs/gone"))
	s := w.source(w.objects(w.s3.Endpoint), func(c *queue.Config) { c.Once = false })
	stop := w.run(s)
	dead := strings.Replace(w.url, w.bucket, w.bucket+"-dead", 1)
	w.await("the messages are dead", func() bool {
		visible, _ := w.count(dead)
		left, hidden := w.count(w.url)
		return visible == "2" && left == "0" && hidden == "0"
	})
	stop()
	w.want(6, "")
	if stats := s.Stats(); stats.Poison[notification.CauseBroken] != 2 || stats.Poison["gone"] != 2 || stats.Deleted != 3 || stats.Released != 4 {
		t.Errorf("%+v", stats)
	}
}

// TestDenied: while no object can be read it is waited for the right to; an
// object that alone is denied is poison.
func TestDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 12, 2)
	var all atomic.Bool
	all.Store(true)
	endpoint := w.proxy(w.s3.Endpoint, func(rw http.ResponseWriter, what string) bool {
		if !all.Load() && !strings.HasSuffix(what, "+7") {
			return false
		}
		rw.Header().Set("Content-Type", "application/xml")
		rw.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprint(rw, "<Error><Code>AccessDenied</Code><Message>not you</Message></Error>")
		return true
	})
	s := w.source(w.objects(endpoint), func(c *queue.Config) { c.Once = false })
	stop := w.run(s)
	w.await("it says what it waits for", func() bool {
		what, since := s.Waiting()
		return strings.Contains(what, "s3:GetObject") && !since.IsZero() && s.Stats().Retries > 12
	})
	if n, _, causes := w.bus.taken(); n != 0 || causes != "" || s.Stats().Deleted > 0 {
		t.Errorf("%d records, causes %q, %+v", n, causes, s.Stats())
	}
	all.Store(false)
	w.await("all is taken", func() bool { return s.Stats().Deleted == 12 })
	stop()
	w.want(22, "denied")
	if what, _ := s.Waiting(); what != "" || s.Stats().Released > 0 {
		t.Errorf("it waits for %q, %+v", what, s.Stats())
	}
}

// TestBusAway: nothing is deleted and nothing given back while the bus takes
// nothing; a message in work is kept hidden for longer than its visibility.
func TestBusAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.deliver(0, 20, 3)
	back := time.Now().Add(12 * time.Second)
	w.bus.away = func() bool { return time.Now().Before(back) }
	s := w.once(func(c *queue.Config) { c.Visibility = 5 * time.Second })
	w.want(60, "")
	w.wantLeft("0", "0")
	if stats := s.Stats(); stats.Received != 20 || stats.Deleted != 20 || stats.Extended < 20 || stats.Retries < 20 || stats.Lost > 0 {
		t.Errorf("%+v", stats)
	}
}

// TestKilled: a process that dies between acknowledgement and deletion has
// done nothing that the next one does wrong by doing it again.
func TestKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 10, 3)
	endpoint := w.proxy(w.sqs.Endpoint, func(rw http.ResponseWriter, what string) bool {
		if what != "DeleteMessageBatch" {
			return false
		}
		panic(http.ErrAbortHandler)
	})
	s := w.source(w.objects(w.s3.Endpoint), func(c *queue.Config) {
		c.Once, c.Visibility = false, 3*time.Second
		c.URL = strings.Replace(w.url, w.sqs.Endpoint, endpoint, 1)
		c.Access.Attempts = 1
	})
	stop := w.run(s)
	w.await("all is acknowledged", func() bool { n, _, _ := w.bus.taken(); return n == 30 })
	stop()
	if stats := s.Stats(); stats.Deleted != 0 {
		t.Errorf("%+v", stats)
	}
	w.await("the messages are back", func() bool { visible, _ := w.count(w.url); return visible == "10" })
	again := w.once(nil)
	if n, times, _ := w.bus.taken(); n != 30 || times < 60 || again.Stats().Again != 10 {
		t.Errorf("%d records %d times, %+v", n, times, again.Stats())
	}
	w.wantLeft("0", "0")
}

// TestStopped: what is in work is visible soon when a process stops.
func TestStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 10, 3)
	w.bus.away = func() bool { return true }
	s := w.source(w.objects(w.s3.Endpoint), func(c *queue.Config) { c.Once, c.Visibility = false, 5*time.Minute })
	stop := w.run(s)
	w.await("all are in work", func() bool { return s.Stats().InWork == 10 && s.Stats().Retries >= 10 })
	stop()
	w.await("all are visible", func() bool { visible, hidden := w.count(w.url); return visible == "10" && hidden == "0" })
	if stats := s.Stats(); stats.Released != 10 || stats.Deleted != 0 || stats.InWork != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestLost: a message that another has got meanwhile is given up.
func TestLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 1, 3)
	var cut atomic.Bool
	cut.Store(true)
	endpoint := w.proxy(w.sqs.Endpoint, func(rw http.ResponseWriter, what string) bool {
		if what == "ChangeMessageVisibilityBatch" && cut.Load() {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	w.bus.away = cut.Load
	s := w.source(w.objects(w.s3.Endpoint), func(c *queue.Config) {
		c.Once, c.Visibility, c.Access.Attempts = false, 2*time.Second, 1
		c.URL = strings.Replace(w.url, w.sqs.Endpoint, endpoint, 1)
	})
	stop := w.run(s)
	w.await("it is given up", func() bool { return s.Stats().Lost > 0 })
	cut.Store(false)
	w.await("it is taken", func() bool { return s.Stats().Deleted == 1 })
	stop()
	w.want(3, "")
}

// TestShared: two processes share a queue, and one of them dies.
func TestShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.deliver(0, 100, 2)
	// Slow enough that both get some.
	w.bus.each = func() { <-time.After(50 * time.Millisecond) }
	var both [2]*queue.Source
	var stops [2]func()
	for i := range both {
		both[i] = w.source(w.objects(w.s3.Endpoint), func(c *queue.Config) { c.Once, c.InWork, c.Visibility = false, 8, 3*time.Second })
		stops[i] = w.run(both[i])
	}
	w.await("both have taken some", func() bool { return both[0].Stats().Deleted > 5 && both[1].Stats().Deleted > 5 })
	stops[0]()
	w.await("all is taken", func() bool { n, _, _ := w.bus.taken(); v, h := w.count(w.url); return n == 200 && v == "0" && h == "0" })
	stops[1]()
	w.want(200, "")
}

// TestEvents: audits by EventBridge are evidence as they are.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	event := func(id string) string {
		return `{"version":"0","id":"e","detail-type":"v2.audits.entitytype.{id}.entityid.{id}","source":"aws.partner/genesys.com/x","time":"2026-08-01T12:34:57Z","detail":{"topicName":"t","eventBody":{"id":"` + id +
			`","eventTime":"2026-08-01T12:34:56.000Z","action":"Read","entityType":"Recording","entity":{"id":"r1"}},"metadata":{"CorrelationId":"c"}}}`
	}
	w.send(event("a1"), event("a2"), event("a1"), "hello", `{"detail":{}}`)
	carrier := &queue.Bodies{Queue: w.url, Decoder: genesys.New(genesys.Config{}), Publisher: w.bus}
	s := w.once(func(c *queue.Config) { c.Carrier = carrier })
	n, times, causes := w.bus.taken()
	if n != 4 || times != 5 || (causes != "broken unreadable" && causes != "unreadable broken") {
		t.Errorf("%d records came %d times, causes %q", n, times, causes)
	}
	if p := s.Progress(); p.Records != 5 || p.DeadLetters != 2 || p.FilesDone != 5 {
		t.Errorf("%+v", p)
	}
	w.wantLeft("0", "0")
}

// TestMistakes: a queue that is not there ends the run at once.
func TestMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	s := w.source(w.objects(w.s3.Endpoint), func(c *queue.Config) { c.Once, c.URL = false, w.url+"x" })
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "there is no such queue") {
		t.Errorf("it ends with %v", err)
	}
	w.send(told(w.bucket, "logs/x"))
	endpoint := w.proxy(w.s3.Endpoint, func(rw http.ResponseWriter, _ string) bool {
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	s = w.source(w.objects(endpoint), func(c *queue.Config) { c.Patience = 2 * time.Second; c.Backoff = time.Minute })
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "1 could not be") {
		t.Errorf("it ends with %v", err)
	}
	w.wantLeft("0", "1")
}

// run lets a source go on until stop is called, which waits for it.
func (w *world) run(s *queue.Source) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("it ends with %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

func (w *world) await(what string, is func() bool) {
	w.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(time.Minute)
	for !is() {
		select {
		case <-ticker.C:
		case <-late:
			w.t.Fatalf("a minute has gone before %s", what)
		}
	}
}
