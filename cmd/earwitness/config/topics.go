package config

import "earwitness/pipeline/bus"

// TopicsNeeded is what the topics of brokers must be like at least.
func (c *Config) TopicsNeeded() bus.TopicSettings {
	return bus.TopicSettings{
		Partitions: c.Bus.Partitions, Replication: c.Bus.Replication, MinInsync: c.Bus.MinInsync,
		Retention: (c.Windows.Horizon + leastBeyondHorizon).Std(),
	}
}

// TopicsMade is what topics are created with.
func (c *Config) TopicsMade() bus.TopicSettings {
	made := c.TopicsNeeded()
	made.Retention = c.Bus.Retention.Std()
	return made
}
