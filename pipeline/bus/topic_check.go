package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// TopicFinding is something about a topic that is not as it has to be.
type TopicFinding struct {
	Topic string
	// Setting is a setting by Kafka's name, or one of "exists", "partitions"
	// and "replication".
	Setting    string
	Have, Want string
	// Fatal findings lose evidence, or stop it. The others may.
	Fatal bool
}

const (
	findingExists      = "exists"
	findingPartitions  = "partitions"
	findingReplication = "replication"
)

// String says what is wrong and how to mend it.
func (f TopicFinding) String() string {
	switch f.Setting {
	case findingExists:
		return fmt.Sprintf("topic %s is missing; create it: earwitness topics create", f.Topic)
	case findingPartitions:
		return fmt.Sprintf("topic %s has %s partitions, not %s; the number is fixed when topics are made (subjects would move), so configure %s, or start with new topics",
			f.Topic, f.Have, f.Want, f.Have)
	case findingReplication:
		return fmt.Sprintf("topic %s: a partition has %s replicas, not %s; add some: kafka-reassign-partitions.sh --bootstrap-server BROKER --reassignment-json-file PLAN --execute",
			f.Topic, f.Have, f.Want)
	}
	return fmt.Sprintf("topic %s: %s is %s, not %s; set it: kafka-configs.sh --bootstrap-server BROKER --alter --entity-type topics --entity-name %s --add-config %s=%s",
		f.Topic, f.Setting, f.Have, f.Want, f.Topic, f.Setting, f.value())
}

// value is Want without what is said around it.
func (f TopicFinding) value() string { return strings.TrimSuffix(f.Want, " or more") }

// TopicsError says that the topics are not as they have to be.
type TopicsError struct{ Findings []TopicFinding }

func (e *TopicsError) Error() string {
	lines := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		lines[i] = f.String()
	}
	return fmt.Sprintf("the topics have %d faults:\n%s", len(lines), strings.Join(lines, "\n"))
}

// CheckTopics compares the topics of a cluster with what they have to be like
// and gives all that is wrong, by topic. It is for brokers: the embedded one
// answers for settings that it does not obey.
func (c *Client) CheckTopics(ctx context.Context, s TopicSettings) ([]TopicFinding, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	topics, err := c.describeTopics(ctx, allTopics())
	if err == nil {
		err = c.describeSettings(ctx, topics)
	}
	if err != nil {
		return nil, fmt.Errorf("check topics: %w", err)
	}
	var findings []TopicFinding
	for _, topic := range allTopics() {
		d := topics[topic]
		if d == nil {
			findings = append(findings, TopicFinding{Topic: topic, Setting: findingExists, Have: "no", Want: "yes", Fatal: true})
			continue
		}
		judge := judgement{topic: topic, have: d}
		judge.counts(s)
		judge.settings(s)
		findings = append(findings, judge.findings...)
	}
	return findings, nil
}

// judgement of one topic.
type judgement struct {
	topic    string
	have     *description
	findings []TopicFinding
}

func (j *judgement) find(setting, have, want string, fatal bool) {
	j.findings = append(j.findings, TopicFinding{Topic: j.topic, Setting: setting, Have: have, Want: want, Fatal: fatal})
}

func (j *judgement) counts(s TopicSettings) {
	if want := s.partitions(j.topic); j.have.partitions != want {
		j.find(findingPartitions, fmt.Sprint(j.have.partitions), fmt.Sprint(want), true)
	}
	if j.have.replication < s.Replication {
		j.find(findingReplication, fmt.Sprint(j.have.replication), fmt.Sprintf("%d or more", s.Replication), true)
	}
}

func (j *judgement) settings(s TopicSettings) {
	if j.topic == TopicControl {
		// An older topic grows for a week before anything is taken away.
		j.exactly("segment.ms", controlSegment, false)
	} else {
		j.forAsLong("retention.ms", s.retentionMillis())
	}
	j.exactly("cleanup.policy", cleanupPolicy(j.topic), true)
	j.exactly("retention.bytes", "-1", true)
	j.exactly("message.timestamp.type", "LogAppendTime", true)
	// A record may be as long as that, and one that is refused stops all
	// that come after it.
	j.atLeast("max.message.bytes", maxMessageBytes)
	j.inSync(s)
	// A leader that missed records takes them away from all replicas.
	j.exactly("unclean.leader.election.enable", "false", false)
}

func (j *judgement) exactly(setting, want string, fatal bool) {
	if have := j.have.settings[setting]; have != want {
		j.find(setting, orNothing(have), want, fatal)
	}
}

func (j *judgement) atLeast(setting string, want int64) {
	if n, err := strconv.ParseInt(j.have.settings[setting], 10, 64); err != nil || n < want {
		j.find(setting, orNothing(j.have.settings[setting]), fmt.Sprintf("%d or more", want), true)
	}
}

// forAsLong is atLeast where -1 is for ever.
func (j *judgement) forAsLong(setting string, want int64) {
	switch {
	case j.have.settings[setting] == "-1":
	case want < 0:
		j.exactly(setting, "-1", true)
	default:
		j.atLeast(setting, want)
	}
}

// inSync refuses what confirms too early, and what could never confirm.
func (j *judgement) inSync(s TopicSettings) {
	const setting = "min.insync.replicas"
	n, err := strconv.Atoi(j.have.settings[setting])
	switch {
	case err != nil || n < s.MinInsync:
		j.find(setting, orNothing(j.have.settings[setting]), fmt.Sprintf("%d or more", s.MinInsync), true)
	case n > j.have.replication:
		j.find(setting, fmt.Sprint(n), fmt.Sprint(s.MinInsync), true)
	}
}

func orNothing(value string) string {
	if value == "" {
		return "not told"
	}
	return value
}
