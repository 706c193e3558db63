package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

func nobodyWorks(tb testing.TB) func(context.Context, []int) error {
	return func(_ context.Context, partitions []int) error {
		tb.Errorf("there was work on %v", partitions)
		return nil
	}
}

// member of a group under test. It works until it is told otherwise.
type member struct {
	name string
	// has gets the partitions of each generation that begins; now are the
	// last ones.
	has    chan []int
	now    []int
	joined bool
	stop   context.CancelFunc
	// left gets what Join gave.
	left chan error
}

// quick is a group whose members notice each other soon.
func quick(group string) bus.GroupConfig {
	return bus.GroupConfig{
		Group: group, Topic: bus.TopicEvidence,
		SessionTimeout: 6 * time.Second, RebalanceTimeout: 6 * time.Second, HeartbeatInterval: 100 * time.Millisecond,
	}
}

// ownership sees to it that no partition has two owners.
type ownership struct {
	tb     testing.TB
	mu     sync.Mutex
	owners map[int]string
}

func newOwnership(tb testing.TB) *ownership { return &ownership{tb: tb, owners: map[int]string{}} }

func (o *ownership) take(name string, partitions []int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range partitions {
		if other := o.owners[p]; other != "" {
			o.tb.Errorf("partition %d is %s's and %s's at once", p, other, name)
		}
		o.owners[p] = name
	}
}

func (o *ownership) give(partitions []int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range partitions {
		o.owners[p] = ""
	}
}

// join starts a member, which leaves at the end of the test at the latest.
func (o *ownership) join(client *bus.Client, cfg bus.GroupConfig, name string) *member {
	o.tb.Helper()
	ctx, stop := context.WithCancel(o.tb.Context())
	m := &member{name: name, has: make(chan []int, 100), stop: stop, left: make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.left <- client.Join(ctx, cfg, func(ctx context.Context, partitions []int) error {
			o.take(name, partitions)
			m.has <- partitions
			<-ctx.Done()
			o.give(partitions)
			return ctx.Err()
		})
	}()
	o.tb.Cleanup(func() {
		stop()
		<-done
	})
	return m
}

// settle waits until the members have all partitions between them, evenly,
// and gives what each has.
func settle(tb testing.TB, members ...*member) [][]int {
	tb.Helper()
	ctx := deadline(tb)
	for {
		var all []int
		var now [][]int
		joined := true
		for _, m := range members {
			for more := true; more; {
				select {
				case m.now = <-m.has:
					m.joined = true
				default:
					more = false
				}
			}
			joined = joined && m.joined
			all = append(all, m.now...)
			now = append(now, m.now)
		}
		if slices.Sort(all); joined && slices.Equal(all, []int{0, 1, 2}) {
			return now
		}
		tick := time.NewTimer(10 * time.Millisecond)
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("the members have %v", now)
		}
	}
}

func (m *member) leave(tb testing.TB) {
	tb.Helper()
	m.stop()
	select {
	case err := <-m.left:
		if err != nil {
			tb.Errorf("%s left: %v", m.name, err)
		}
	case <-deadline(tb).Done():
		tb.Fatalf("%s did not leave", m.name)
	}
}

func TestMembersShareAndTakeOver(t *testing.T) {
	_, client := withTopics(t)
	o := newOwnership(t)
	first := o.join(client, quick("g"), "first")
	settle(t, first)
	second := o.join(client, quick("g"), "second")
	has := settle(t, first, second)
	if len(has[0]) != 2 || len(has[1]) != 1 {
		t.Errorf("the members have %v", has)
	}
	began := time.Now()
	first.leave(t)
	settle(t, second)
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %s to take over: the first did not say goodbye", took)
	}
	second.leave(t)
}

func TestMoreMembersThanPartitions(t *testing.T) {
	_, client := withTopics(t)
	o := newOwnership(t)
	var members []*member
	for i := range 5 {
		members = append(members, o.join(client, quick("g"), fmt.Sprint("member ", i)))
	}
	settle(t, members...)
	for len(members) > 1 {
		members[0].leave(t)
		members = members[1:]
		settle(t, members...)
	}
}

var errWork = errors.New("the disk is full")

func TestWorkThatEndsByItself(t *testing.T) {
	for name, c := range map[string]struct {
		work func(ctx context.Context, partitions []int) error
		want string
	}{
		"an error":         {func(context.Context, []int) error { return errWork }, "the disk is full"},
		"a context's else": {func(context.Context, []int) error { return context.DeadlineExceeded }, "context deadline exceeded"},
		"nothing":          {func(context.Context, []int) error { return nil }, "work on partitions [0 1 2] of earwitness.evidence: it ended"},
	} {
		t.Run(name, func(t *testing.T) {
			_, client := withTopics(t)
			if err := client.Join(deadline(t), quick("g"), c.work); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("join: %v, want %q", err, c.want)
			}
			// It has left: the next one has not to wait for it.
			began := time.Now()
			settle(t, newOwnership(t).join(client, quick("g"), "next"))
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("the next waited %s", took)
			}
		})
	}
}

func TestAnErrorOfTheLastMomentIsTold(t *testing.T) {
	_, client := withTopics(t)
	ctx, stop := context.WithCancel(deadline(t))
	err := client.Join(ctx, quick("g"), func(ctx context.Context, _ []int) error {
		stop()
		<-ctx.Done()
		return errWork
	})
	if !errors.Is(err, errWork) {
		t.Errorf("join: %v, want %v", err, errWork)
	}
}

// refuse has the cluster answer requests of a kind with an error code, n times.
func refuse(cluster *kfake.Cluster, key kmsg.Key, n int, answer func(kmsg.Request) kmsg.Response) {
	var mu sync.Mutex
	cluster.ControlKey(int16(key), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		if n--; n < 0 {
			return nil, nil, false
		}
		return answer(r), nil, true
	})
}

func TestJoiningWaitsForTheCoordinator(t *testing.T) {
	answers := map[string]struct {
		key    kmsg.Key
		answer func(kmsg.Request) kmsg.Response
	}{
		"not there yet": {kmsg.FindCoordinator, func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.FindCoordinatorResponse)
			answer.ErrorCode, answer.NodeID = 15, -1
			return answer
		}},
		"loading": {kmsg.JoinGroup, func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.JoinGroupResponse)
			answer.ErrorCode = 14
			return answer
		}},
		"moved": {kmsg.JoinGroup, func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.JoinGroupResponse)
			answer.ErrorCode = 16
			return answer
		}},
		"others in between": {kmsg.SyncGroup, func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.SyncGroupResponse)
			answer.ErrorCode = 27
			return answer
		}},
		"forgot the member": {kmsg.SyncGroup, func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.SyncGroupResponse)
			answer.ErrorCode = 25
			return answer
		}},
	}
	for name, c := range answers {
		t.Run(name, func(t *testing.T) {
			cluster, client := withTopics(t)
			refuse(cluster, c.key, 3, c.answer)
			m := newOwnership(t).join(client, quick("g"), "it")
			settle(t, m)
			m.leave(t)
		})
	}
}

func TestRefusalsThatAreFinal(t *testing.T) {
	for code, want := range map[int16]string{
		30: "give this user READ on the group",
		23: "configure another group",
		26: "group.min.session.timeout.ms",
	} {
		cluster, client := withTopics(t)
		refuse(cluster, kmsg.JoinGroup, 1000, func(r kmsg.Request) kmsg.Response {
			answer := r.ResponseKind().(*kmsg.JoinGroupResponse)
			answer.ErrorCode = code
			return answer
		})
		err := client.Join(deadline(t), quick("g"), nobodyWorks(t))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "join group g for earwitness.evidence as nobody (no SASL): ") {
			t.Errorf("code %d: %v, want %q", code, err, want)
		}
	}
}

func TestGroupsThatMakeNoSense(t *testing.T) {
	client := clientOf(t, bus.ClientConfig{Brokers: []string{"127.0.0.1:1"}})
	for name, cfg := range map[string]bus.GroupConfig{
		"no name":          {Topic: bus.TopicEvidence},
		"no topic":         {Group: "g"},
		"heartbeat rarely": {Group: "g", Topic: bus.TopicEvidence, SessionTimeout: 9 * time.Second, HeartbeatInterval: 7 * time.Second},
	} {
		if err := client.Join(deadline(t), cfg, nobodyWorks(t)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
