package config

import (
	"time"

	"earwitness/pipeline/bus"
)

// catchUp is how much longer than the horizon a topic must keep records: as
// long as a consumer may be down before state can't be computed again.
const catchUp = 48 * time.Hour

// TopicsNeeded is what the topics of brokers must be like at least.
func (c *Config) TopicsNeeded() bus.TopicSettings {
	return bus.TopicSettings{
		Partitions: c.Bus.Partitions, Replication: c.Bus.Replication, MinInsync: c.Bus.MinInsync,
		Retention: c.Windows.Horizon.Std() + catchUp,
	}
}

// TopicsMade is what topics are created with.
func (c *Config) TopicsMade() bus.TopicSettings {
	made := c.TopicsNeeded()
	made.Retention = c.Bus.Retention.Std()
	return made
}
