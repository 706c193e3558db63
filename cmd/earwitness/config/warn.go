package config

import "fmt"

// Warnings name what is allowed and seldom meant, a sentence each.
func (c *Config) Warnings() []string {
	var all []string
	warn := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if c.Shared() {
		if !c.Elastic.Enabled() {
			warn("bus.brokers are shared and elastic.urls names no Elasticsearch: records are archived, and nothing can search them")
		}
		if broker := c.remoteBroker(); broker != "" && !c.Bus.TLS.on() {
			warn("bus.tls is not enabled: evidence and records go over the network to %s as they are", broker)
		}
		if c.Bus.MinInsync == 1 {
			warn("bus.min-insync-replicas is 1: what one broker alone has acknowledged is lost with it")
		}
	}
	for _, node := range c.Elastic.URLs {
		if node.inClear() {
			warn("elastic.urls: records go over the network to %s as they are", node)
		}
	}
	if listen := c.HTTP.Listen; listen != "" && !listen.Local() {
		warn("http.listen: whoever reaches %s on the network reads what this process does, without a password", listen)
	}
	for i := range c.Sources {
		if s := &c.Sources[i]; s.S3.Endpoint.inClear() {
			warn("sources[%d].s3.endpoint: the log objects of %s come over the network from %s as they are", i, s.Name, s.S3.Endpoint)
		}
	}
	if s := &c.WORM.S3; s.Endpoint.inClear() {
		warn("worm.s3.endpoint: the archive goes over the network to %s as it is", s.Endpoint)
	}
	return all
}

// remoteBroker is the first broker that is not on this machine; empty where
// all are.
func (c *Config) remoteBroker() Address {
	for _, broker := range c.Bus.Brokers {
		if host, _ := broker.split(); !loopback(host) {
			return broker
		}
	}
	return ""
}
