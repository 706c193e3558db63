//go:build servers

package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"earwitness/deployments/testbed"
)

// elasticAs is the part of a configuration that names Elasticsearch.
func (c *securedCluster) elasticAs(who testbed.Account, password string) string {
	return fmt.Sprintf("urls: [%q]\n  ca: elastic.pem\n  user: %s\n  password: env:%s", c.elastic.URL, who.User, password)
}

// runWithPassword sets up as somebody who may, and reads what there is as
// somebody with passwords who may do little else.
func (c *securedCluster) runWithPassword(in *realInput) {
	c.t.Helper()
	admin := c.configure("admin.yaml", fmt.Sprintf(`user: %s, password: "env:KAFKA_ADMIN"`, c.kafka.Admin.User), c.elasticAs(c.elastic.Admin, "ELASTIC_ADMIN"), in)
	c.run("topics", "create", "--config", admin).want(c.t, 0, "created earwitness.evidence", "The topics are as they have to be")
	c.run("elastic", "setup", "--config", admin).want(c.t, 0, "component template "+c.prefix+"-record", "index "+c.prefix+"-access-")
	file := c.configure("password.yaml", c.kafkaGuest(), c.elasticAs(c.elastic.Writer, "ELASTIC_PASSWORD"), in)
	c.run("run", "--once", "--config", file).want(c.t, exitDeadLetters, "Elasticsearch took", "1 dead letter")
}

func (c *securedCluster) kafkaGuest() string {
	return fmt.Sprintf(`user: %s, password: "env:KAFKA_PASSWORD"`, c.kafka.Guest.User)
}

// runWithKey reads what came since with an API key.
func (c *securedCluster) runWithKey(in *realInput) {
	c.t.Helper()
	const key = "a2V5OnNlc2FtZQ=="
	address, authority := keyHolder(c.t, c.elastic, key)
	c.write("keyholder.pem", authority)
	c.write("elastic.key", key)
	c.file = c.configure("key.yaml", c.kafkaGuest(), fmt.Sprintf("urls: [%q]\n  ca: keyholder.pem\n  api-key: file:elastic.key", address), in)
	c.run("run", "--once", "--config", c.file).want(c.t, 0, "Elasticsearch took", "access-logs  0 records from 1 file, nothing new")
}

// keyHolder knows the one API key, and asks Elasticsearch as its writer: the
// server of the test bed lacks the module that its own keys need.
func keyHolder(t *testing.T, elastic *testbed.ElasticsearchAccess, key string) (address, authority string) {
	t.Helper()
	trust, err := elastic.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	behind, err := url.Parse(elastic.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		if strings.EqualFold(r.In.Header.Get("Authorization"), "ApiKey "+key) {
			r.Out.SetBasicAuth(elastic.Writer.User, elastic.Writer.Password)
		}
	}}
	server := httptest.NewTLSServer(proxy)
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	return server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}
