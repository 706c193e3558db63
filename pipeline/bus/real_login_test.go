//go:build servers

package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"earwitness/deployments/testbed"
	"earwitness/pipeline/bus"
)

// tries are all the ways in which a client first speaks with a cluster.
func tries(t *testing.T, client *bus.Client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"bounds": func(ctx context.Context) error {
			_, _, err := client.Bounds(ctx, bus.TopicEvidence, 0)
			return err
		},
		"read": func(ctx context.Context) error {
			_, err := client.ReadAll(ctx, bus.TopicControl, 0)
			return err
		},
		"check": func(ctx context.Context) error {
			_, err := client.CheckTopics(ctx, realSettings(1))
			return err
		},
		"create": func(ctx context.Context) error {
			_, err := client.CreateTopics(ctx, realSettings(1))
			return err
		},
		"offset": func(ctx context.Context) error {
			_, _, err := client.CommittedOffset(ctx, "g", bus.TopicEvidence, 0)
			return err
		},
		"join": func(ctx context.Context) error {
			return client.Join(ctx, quick("g"), nobodyWorks(t))
		},
		"produce": func(ctx context.Context) error {
			p := bus.NewProducer(client, bus.TopicEvidence, partitions, bus.ProducerConfig{})
			_, err := p.ProduceSync(ctx, 0, records(0, 0, 1))
			return errors.Join(err, p.Close(ctx))
		},
	}
}

func realWrongPasswords(t *testing.T, cluster *testbed.KafkaCluster) {
	for _, mechanism := range mechanisms() {
		for name, sasl := range map[string]bus.SASL{
			"wrong password": {Mechanism: mechanism, User: cluster.Admin.User, Password: cluster.Guest.Password},
			"unknown user":   {Mechanism: mechanism, User: "mallory", Password: cluster.Guest.Password},
		} {
			t.Run(string(mechanism)+" "+name, func(t *testing.T) {
				for what, try := range tries(t, clientOf(t, bus.ClientConfig{Brokers: cluster.SASL, SASL: &sasl, Logger: testLogger(t)})) {
					began := time.Now()
					err := try(within(t, time.Minute))
					var login *bus.LoginError
					if !errors.As(err, &login) || login.Broker != cluster.SASL[0] || login.User != sasl.User || login.Mechanism != mechanism {
						t.Errorf("%s: %v, want a login error", what, err)
					}
					if err != nil && strings.Contains(err.Error(), sasl.Password) {
						t.Errorf("%s: the error shows the password", what)
					}
					if took := time.Since(began); took > 10*time.Second {
						t.Errorf("%s: it took %s", what, took)
					}
				}
			})
		}
	}
}

// realWrongPorts shows what is said to somebody who mixes up listeners.
func realWrongPorts(t *testing.T, cluster *testbed.KafkaCluster) {
	trust, err := cluster.TLSConfig()
	if err != nil {
		t.Fatal(err)
	}
	sasl := &bus.SASL{User: cluster.Admin.User, Password: cluster.Admin.Password}
	for name, c := range map[string]struct {
		cfg  bus.ClientConfig
		want string
	}{
		"sasl to plaintext":     {bus.ClientConfig{Brokers: cluster.Plaintext, SASL: sasl}, "takes no SASL"},
		"sasl to sasl over tls": {bus.ClientConfig{Brokers: cluster.SASLTLS, SASL: sasl}, "TLS"},
		"plaintext to tls":      {bus.ClientConfig{Brokers: cluster.TLS}, "TLS"},
		"plaintext to sasl":     {bus.ClientConfig{Brokers: cluster.SASL}, "SASL"},
		"tls to plaintext":      {bus.ClientConfig{Brokers: cluster.Plaintext, TLS: trust}, "TLS"},
		"tls to sasl over tls":  {bus.ClientConfig{Brokers: cluster.SASLTLS, TLS: trust}, "SASL"},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, c.cfg)
			began := time.Now()
			_, err := client.CheckTopics(within(t, 30*time.Second), realSettings(1))
			t.Logf("after %s: %v", time.Since(began).Round(time.Millisecond), err)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("check: %v, want %q", err, c.want)
			}
		})
	}
}

// realNoRights comes as somebody who may do nothing.
func realNoRights(t *testing.T, cluster *testbed.KafkaCluster) {
	client := clientOf(t, bus.ClientConfig{Brokers: cluster.SASL, SASL: &bus.SASL{User: cluster.Guest.User, Password: cluster.Guest.Password}, Logger: testLogger(t)})
	for what, try := range tries(t, client) {
		began := time.Now()
		err := try(within(t, 20*time.Second))
		t.Logf("%s after %s: %v", what, time.Since(began).Round(time.Millisecond), err)
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want that it is not allowed", what, err)
		}
	}
}
