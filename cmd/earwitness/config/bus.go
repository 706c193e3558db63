package config

import (
	"log/slog"

	"earwitness/pipeline/bus"
)

// Bus that everything travels through. What stands below Partitions is for
// brokers that are named.
type Bus struct {
	// Brokers to ask for the others. None: the embedded broker.
	Brokers    []Address `yaml:"brokers,omitempty"`
	Partitions int       `yaml:"partitions" min:"1" max:"1024"`
	// Group is the consumer group, and what the names of those begin with
	// that keep the positions of sinks.
	Group       Name `yaml:"group,omitempty"`
	Replication int  `yaml:"replication,omitempty" min:"1" max:"32"`
	MinInsync   int  `yaml:"min-insync-replicas,omitempty" min:"1" max:"32"`
	// Retention of topics that are made here; never 0 once loaded.
	Retention Duration `yaml:"retention,omitempty" min:"4d" max:"3660d"`
	// SessionTimeout is after which silence a process counts as dead.
	SessionTimeout Duration `yaml:"session-timeout,omitempty" min:"6s" max:"5m"`
	TLS            TLS      `yaml:"tls,omitempty"`
	SASL           SASL     `yaml:"sasl,omitempty"`
}

// SASL is what proves to brokers who we are.
type SASL struct {
	Mechanism Mechanism `yaml:"mechanism" required:"true" why:"allowed are plain, scram-sha-256, scram-sha-512"`
	User      Text      `yaml:"user" required:"true" why:"user and password go together"`
	Password  Secret    `yaml:"password" required:"true" why:"user and password go together; write env:NAME or file:PATH"`
}

// Enabled says that there is a user to be.
func (s SASL) Enabled() bool { return s.User != "" }

// Shared says that the bus is one of brokers that other processes use too:
// each process is one of several, and owns nothing that all need.
func (c *Config) Shared() bool { return len(c.Bus.Brokers) > 0 }

// ClientConfig says how the brokers are reached. It loads the password and
// the files of TLS; what it can't load is named by its setting.
func (b *Bus) ClientConfig(log *slog.Logger) (bus.ClientConfig, error) {
	client := bus.ClientConfig{Brokers: plain(b.Brokers), Logger: log}
	var err error
	if client.TLS, err = b.TLS.Config(); err != nil {
		return bus.ClientConfig{}, err
	}
	if !b.SASL.Enabled() {
		return client, nil
	}
	password, err := b.SASL.Password.loadFor("bus.sasl.password")
	if err != nil {
		return bus.ClientConfig{}, err
	}
	client.SASL = &bus.SASL{Mechanism: bus.Mechanism(b.SASL.Mechanism), User: string(b.SASL.User), Password: password}
	return client, nil
}
