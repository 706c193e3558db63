package config

import "fmt"

func (c *Config) checkBus(d *document) {
	if !c.Shared() {
		return
	}
	b := &c.Bus
	seen := map[string]int{}
	for i, broker := range b.Brokers {
		key := canonical(broker.split())
		if first, twice := seen[key]; twice {
			d.mistake(fmt.Sprintf("bus.brokers[%d]", i), "%s stands here a second time: it is bus.brokers[%d]; name each broker once", broker, first)
			continue
		}
		seen[key] = i
	}
	if b.Replication < b.MinInsync {
		d.mistake(either(d, "bus.replication", "bus.min-insync-replicas"), "bus.replication (%d) is less than bus.min-insync-replicas (%d): "+
			"nothing could be written; raise the one, or lower the other", b.Replication, b.MinInsync)
	}
	if least := c.Windows.Horizon + leastBeyondHorizon; b.Retention < least {
		d.mistake("bus.retention", "%s is too short: topics keep their records for windows.horizon (%s) and two days more, so %s at least",
			b.Retention, c.Windows.Horizon, least)
	}
	c.checkTLS(d)
	c.checkSASL(d)
}

func (c *Config) checkTLS(d *document) {
	switch t := c.Bus.TLS; {
	case t.Certificate != "" && t.Key == "":
		d.mistake("bus.tls.certificate", "its private key is missing; name it by bus.tls.key, as env:NAME or file:PATH")
	case t.Key != "" && t.Certificate == "":
		d.mistake("bus.tls.key", "its certificate is missing; name its file by bus.tls.certificate")
	}
}

func (c *Config) checkSASL(d *document) {
	if c.Bus.SASL.Mechanism != MechanismPlain || c.Bus.TLS.on() {
		return
	}
	if broker := c.remoteBroker(); broker != "" {
		d.mistake("bus.sasl.mechanism", "plain sends the password as it is, over the network to %s; "+
			"enable TLS by bus.tls, as in tls: {enabled: true}, or use scram-sha-512", broker)
	}
}

// either is the setting that the file has: the first, if it has both or none.
func either(d *document, first, second string) string {
	if !d.has(first) && d.has(second) {
		return second
	}
	return first
}
