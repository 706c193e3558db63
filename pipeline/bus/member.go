package bus

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// leaveWithin bounds the goodbye to a group.
	leaveWithin = 10 * time.Second
	// closeSoon is how long kafka-go gets to leave by itself.
	closeSoon = time.Second
	// rebalancesInARow that are taken without a pause.
	rebalancesInARow = 10
)

// member is one membership under way.
type member struct {
	client *Client
	cfg    GroupConfig
	work   func(ctx context.Context, partitions []int) error
	shares *sticky

	// id by which the coordinator knows this member; none when it left.
	id       string
	delays   backoff
	failures int
	said     time.Time
}

// stay is in the group until there is an error or ctx ends, and has left it
// then. kafka-go's own attempts end there: it can't be told how long to wait
// between them, and forgets under which name it was a member.
func (m *member) stay(ctx context.Context) error {
	if err := m.buryOldSoon(ctx); err != nil {
		return err
	}
	// Who joins for a topic that is not there gets no partitions, for good,
	// and kafka-go's question for them makes it where brokers make topics by
	// themselves.
	if err := m.client.topicIsThere(ctx, m.cfg.Topic); err != nil {
		return err
	}
	// kafka-go asks the first broker that takes connections, also when it
	// hangs, and each time anew.
	first, err := m.client.coordinator(ctx, m.cfg.Group)
	if err != nil {
		return err
	}
	group, err := kafka.NewConsumerGroup(m.settings(first))
	if err != nil {
		return &workError{fmt.Errorf("join group %s for %s: %w", m.cfg.Group, m.cfg.Topic, err)}
	}
	defer m.leave(ctx, group)
	rebalances := 0
	for {
		generation, err := group.Next(ctx)
		if isKafkaError(err, kafka.RebalanceInProgress) && rebalances < rebalancesInARow {
			// Others came in between, and kafka-go is joining again already.
			rebalances++
			continue
		}
		if err != nil {
			// To leave may take a while, where nobody answers.
			m.cfg.OnWait(err)
			return err
		}
		rebalances = 0
		if err := m.serve(ctx, generation); err != nil {
			return err
		}
	}
}

func (m *member) settings(first string) kafka.ConsumerGroupConfig {
	return kafka.ConsumerGroupConfig{
		ID:      m.cfg.Group,
		Brokers: append([]string{first}, m.client.cfg.Brokers...),
		Topics:  []string{m.cfg.Topic},
		Dialer: &kafka.Dialer{
			ClientID: m.client.cfg.ClientID,
			Timeout:  connectTimeout,
			DialFunc: func(ctx context.Context, network, address string) (net.Conn, error) {
				return m.client.connect(ctx, network, address)
			},
		},
		GroupBalancers:    []kafka.GroupBalancer{m.shares},
		HeartbeatInterval: m.cfg.HeartbeatInterval,
		SessionTimeout:    m.cfg.SessionTimeout,
		RebalanceTimeout:  m.cfg.RebalanceTimeout,
		Timeout:           m.cfg.patience(),
		// It is closed after an error, and waits for that here.
		JoinGroupBackoff: time.Hour,
	}
}

// serve has the work done for one generation. It returns when the work has,
// with an error when there is to be no other generation.
func (m *member) serve(ctx context.Context, generation *kafka.Generation) error {
	m.id = generation.MemberID
	var partitions []int
	for _, a := range generation.Assignments[m.cfg.Topic] {
		partitions = append(partitions, a.ID)
	}
	slices.Sort(partitions)
	m.shares.hold(generation.ID, partitions)
	m.joined(ctx, generation, partitions)
	result := make(chan error, 1)
	generation.Start(func(ended context.Context) {
		result <- m.serveUntil(ctx, ended, partitions)
		// Its return ends the generation, and kafka-go joins again at once.
		// If we are to leave, that is in the way.
		<-ended.Done()
	})
	return <-result
}

// serveUntil works until the generation has ended. kafka-go's context has none
// of the values and the deadline of ours.
func (m *member) serveUntil(ctx, ended context.Context, partitions []int) error {
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ended, cancel)
	defer stop()
	if ended.Err() != nil || ctx.Err() != nil {
		return ctx.Err()
	}
	err := m.work(working, slices.Clone(partitions))
	switch {
	case err != nil && (working.Err() == nil || !isContextError(err)):
		return &workError{err}
	case working.Err() == nil && len(partitions) > 0:
		return &workError{fmt.Errorf("work on partitions %v of %s: it ended while they were this member's", partitions, m.cfg.Topic)}
	}
	<-working.Done()
	return ctx.Err()
}

func (m *member) joined(ctx context.Context, generation *kafka.Generation, partitions []int) {
	m.failures = 0
	m.delays.reset()
	m.cfg.Logger.InfoContext(ctx, "sharing partitions", slog.String("group", m.cfg.Group), slog.String("topic", m.cfg.Topic),
		slog.Int("generation", int(generation.ID)), slog.String("member", m.id), slog.Any("partitions", partitions))
}

// wait pauses before the next attempt to join, and says why.
func (m *member) wait(ctx context.Context, err error) {
	m.failures++
	m.cfg.OnWait(err)
	delay := m.delays.next()
	if m.failures == 1 || time.Since(m.said) >= sayAgain {
		m.said = time.Now()
		m.cfg.Logger.WarnContext(ctx, "waiting to join a group", slog.String("group", m.cfg.Group), slog.String("topic", m.cfg.Topic),
			slog.Int("failures", m.failures), slog.Duration("retry_in", delay), slog.Any("error", err))
	}
	m.cfg.Pause(ctx, delay) //nolint:errcheck // the end of ctx shows in the next attempt
}

// leave ends kafka-go's membership, and sees to it that the coordinator has
// heard of it. kafka-go tells it once, whatever becomes of that.
func (m *member) leave(ctx context.Context, group *kafka.ConsumerGroup) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		group.Close() //nolint:errcheck // it always gives nil
	}()
	timer := time.NewTimer(closeSoon)
	defer timer.Stop()
	select {
	case <-closed:
	case <-timer.C:
		// It waits for the others to join. Leaving ends that.
	}
	if err := m.buryOldSoon(context.WithoutCancel(ctx)); err != nil && ctx.Err() != nil {
		m.cfg.Logger.WarnContext(ctx, "could not leave a group: others get its partitions when its session is over",
			slog.String("group", m.cfg.Group), slog.Duration("session", m.cfg.SessionTimeout), slog.Any("error", err))
	}
	<-closed
}

// buryOldSoon takes out of the group what this member was before, or says
// after a while why it can't. kafka-go forgets it when a connection breaks;
// the group would wait for it, and its partitions would lie there, until its
// session is over.
func (m *member) buryOldSoon(ctx context.Context) error {
	if m.id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	if err := m.client.leaveGroup(ctx, m.cfg.Group, m.id); err != nil {
		return err
	}
	m.id = ""
	return nil
}

// leaveGroup takes a member out of a group. One that is no longer in it is
// none to take out.
func (c *Client) leaveGroup(ctx context.Context, group, id string) error {
	err := c.atCoordinator(ctx, group, func(w *wire) error {
		request := kmsg.NewLeaveGroupRequest()
		request.SetVersion(1)
		request.Group, request.MemberID = group, id
		answer := kmsg.NewPtrLeaveGroupResponse()
		if _, err := w.roundTrip(ctx, &request, answer, coordinatorTimeout); err != nil {
			return err
		}
		return kafkaError(answer.ErrorCode)
	})
	if err == nil || isKafkaError(err, kafka.UnknownMemberId) {
		return nil
	}
	return fmt.Errorf("leave group %s: %w", group, err)
}
