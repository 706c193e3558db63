package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// GroupConfig says which group a member joins. Group and Topic are needed;
// zero values of the rest stand for the defaults.
type GroupConfig struct {
	// Group of the members. No positions are kept in it (CommitOffset takes
	// another group's name).
	Group string
	// Topic whose partitions they share.
	Topic string
	// SessionTimeout is how long the brokers wait for a member that is not
	// heard before others get its partitions; 30 s. Work has to return within
	// it, for no heartbeat is sent meanwhile.
	SessionTimeout time.Duration
	// RebalanceTimeout is how long the brokers wait for the members to come
	// again when one joins or leaves; SessionTimeout.
	RebalanceTimeout time.Duration
	// HeartbeatInterval is how often a member is heard, and how late it may
	// learn that others come or go; a tenth of SessionTimeout.
	HeartbeatInterval time.Duration
	// Logger of what happens to the membership. None: the client's.
	Logger *slog.Logger
	// OnWait is told why this member has no generation: when it has lost one,
	// and each time that it waits to join again. It must not block.
	OnWait func(why error)
	// Pause replaces the waiting between attempts to join.
	Pause func(ctx context.Context, d time.Duration) error
}

const (
	defaultSessionTimeout = 30 * time.Second
	joinDelay             = 250 * time.Millisecond
	joinDelayMost         = 10 * time.Second
	// sayAgain is how long a member that can't join is silent about it.
	sayAgain = time.Minute
)

func (cfg *GroupConfig) complete(c *Client) error {
	if cfg.SessionTimeout == 0 {
		cfg.SessionTimeout = defaultSessionTimeout
	}
	if cfg.RebalanceTimeout == 0 {
		cfg.RebalanceTimeout = cfg.SessionTimeout
	}
	if cfg.HeartbeatInterval == 0 {
		cfg.HeartbeatInterval = cfg.SessionTimeout / 10
	}
	if cfg.Logger == nil {
		cfg.Logger = c.cfg.Logger
	}
	if cfg.Pause == nil {
		cfg.Pause = pause
	}
	if cfg.OnWait == nil {
		cfg.OnWait = func(error) {}
	}
	switch {
	case cfg.Group == "" || cfg.Topic == "":
		return fmt.Errorf("join group %q for topic %q: both need a name", cfg.Group, cfg.Topic)
	case cfg.HeartbeatInterval+cfg.patience() >= cfg.SessionTimeout:
		return fmt.Errorf("join group %s: with a heartbeat every %s a member that is cut off would go on longer than the session of %s; at most a third of it, please",
			cfg.Group, cfg.HeartbeatInterval, cfg.SessionTimeout)
	}
	return nil
}

// patience with a coordinator that does not answer. A member that is cut off
// must give up before others get its partitions.
func (cfg *GroupConfig) patience() time.Duration { return min(5*time.Second, cfg.SessionTimeout/3) }

// Join shares the partitions of a topic with the other members of a group,
// evenly, and so that as few as possible change hands. For each generation of
// the group it calls work with the partitions that are this member's, in
// order; there may be none. work's context ends with the generation (others
// came or went, the coordinator was lost) and with ctx; it has to return soon,
// for the group waits for it. Only then others get its partitions, unless it
// was cut off or takes longer than the session.
//
// Join returns nil when ctx ends, and the error of work when it is not its
// context's; both after work returned and the group was left, so that others
// take over at once. (Who stops in the middle of its first join has to wait
// for the answer, RebalanceTimeout at most.) work that returns nil early is an
// error, unless it had no partitions. What may get better is tried without
// end; wrong credentials, missing rights and an impossible configuration are
// errors.
func (c *Client) Join(ctx context.Context, cfg GroupConfig, work func(ctx context.Context, partitions []int) error) error {
	if err := cfg.complete(c); err != nil {
		return err
	}
	m := &member{client: c, cfg: cfg, work: work, shares: &sticky{topic: cfg.Topic}}
	m.delays = backoff{first: joinDelay, most: joinDelayMost}
	for {
		err := m.stay(ctx)
		var failed *workError
		switch {
		case errors.As(err, &failed):
			return failed.err
		case ctx.Err() != nil:
			return nil //nolint:nilerr // this is how it stops
		case !mayJoinLater(err):
			return fmt.Errorf("join group %s for %s as %s: %w; %s", cfg.Group, cfg.Topic, c.whoami(), err, joinRemedy(err))
		}
		m.wait(ctx, err)
	}
}

// whoami names the user for errors.
func (c *Client) whoami() string {
	if c.cfg.SASL == nil {
		return "nobody (no SASL)"
	}
	return c.cfg.SASL.String()
}

// workError is an error of the work, not of the membership.
type workError struct{ err error }

func (e *workError) Error() string { return e.err.Error() }
func (e *workError) Unwrap() error { return e.err }

// neverJoins are the refusals that trying again does not mend.
func neverJoins() []kafka.Error {
	return []kafka.Error{
		kafka.GroupAuthorizationFailed, kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed,
		kafka.SASLAuthenticationFailed, kafka.UnsupportedSASLMechanism, kafka.IllegalSASLState,
		kafka.InconsistentGroupProtocol, kafka.InvalidGroupId, kafka.InvalidSessionTimeout,
		kafka.UnsupportedVersion,
	}
}

func mayJoinLater(err error) bool {
	var refusal kafka.Error
	if errors.As(err, &refusal) {
		return !slices.Contains(neverJoins(), refusal)
	}
	return !errors.As(err, new(*LoginError)) && !errors.Is(err, ErrClosed)
}

func joinRemedy(err error) string {
	var refusal kafka.Error
	if !errors.As(err, &refusal) || errors.As(err, new(*LoginError)) {
		return "configure it otherwise"
	}
	switch refusal {
	case kafka.GroupAuthorizationFailed:
		return "give this user READ on the group"
	case kafka.TopicAuthorizationFailed:
		return "give this user READ and DESCRIBE on the topic"
	case kafka.InconsistentGroupProtocol:
		return "others have members in this group that share in another way: configure another group"
	case kafka.InvalidSessionTimeout:
		return "the brokers bound it by group.min.session.timeout.ms and group.max.session.timeout.ms"
	}
	return "configure it otherwise"
}
