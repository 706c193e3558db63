package bus_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"earwitness/pipeline/bus"
)

// users of a cluster that wants to know who comes.
func users() []kfake.Opt {
	return []kfake.Opt{
		kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "ann", "secret1"),
		kfake.Superuser("SCRAM-SHA-256", "ann", "secret1"),
		kfake.Superuser("SCRAM-SHA-512", "ann", "secret1"),
	}
}

func TestEachWayToLogIn(t *testing.T) {
	cluster := fake(t, users()...)
	for _, mechanism := range []bus.Mechanism{"", bus.MechanismPlain, bus.MechanismSCRAM256, bus.MechanismSCRAM512} {
		t.Run(string(mechanism), func(t *testing.T) {
			client := clientOf(t, bus.ClientConfig{
				Brokers: cluster.ListenAddrs(),
				SASL:    &bus.SASL{Mechanism: mechanism, User: "ann", Password: "secret1"},
			})
			ctx := deadline(t)
			// The requests of kafka-go, and our own.
			if _, err := client.CreateTopics(ctx, settings()); err != nil {
				t.Fatal(err)
			}
			if _, err := client.ReadAll(ctx, bus.TopicControl, 0); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestLoginsThatAreRefused(t *testing.T) {
	cluster := fake(t, users()...)
	// kfake hangs up, where brokers say what is wrong.
	refuse(cluster, kmsg.SASLAuthenticate, 1000, func(r kmsg.Request) kmsg.Response {
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode = 58
		return answer
	})
	for name, c := range map[string]struct {
		sasl bus.SASL
		want string
	}{
		"wrong password, plain":     {bus.SASL{User: "ann", Password: "secret2"}, `as user "ann" by plain`},
		"wrong password, scram 256": {bus.SASL{Mechanism: bus.MechanismSCRAM256, User: "ann", Password: "secret2"}, "by scram-sha-256"},
		"wrong password, scram 512": {bus.SASL{Mechanism: bus.MechanismSCRAM512, User: "ann", Password: "secret2"}, "check user and password"},
		"unknown mechanism":         {bus.SASL{Mechanism: "gssapi", User: "ann", Password: "secret2"}, `mechanism "gssapi" is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, bus.ClientConfig{Brokers: cluster.ListenAddrs(), SASL: &c.sasl})
			ctx := deadline(t)
			p := bus.NewProducer(client, bus.TopicEvidence, partitions, bus.ProducerConfig{})
			defer p.Close(ctx) //nolint:errcheck // nothing was accepted
			_, produced := p.ProduceSync(ctx, 0, records(0, 0, 1))
			_, _, bounds := client.Bounds(ctx, bus.TopicEvidence, 0)
			_, fetched := client.ReadAll(ctx, bus.TopicEvidence, 0)
			_, checked := client.CheckTopics(ctx, settings())
			_, _, committed := client.CommittedOffset(ctx, "g", bus.TopicEvidence, 0)
			joined := client.Join(ctx, bus.GroupConfig{Group: "g", Topic: bus.TopicEvidence}, nobodyWorks(t))
			for what, err := range map[string]error{
				"produce": produced, "bounds": bounds, "read": fetched, "check": checked, "offset": committed, "join": joined,
			} {
				var login *bus.LoginError
				if !errors.As(err, &login) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
					t.Errorf("%s: %v, want a login error with %q", what, err, c.want)
				} else if !strings.Contains(err.Error(), login.Broker) || login.Broker == "" {
					t.Errorf("%s: %v does not name the broker", what, err)
				}
			}
		})
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	s := bus.SASL{User: "ann", Password: "secret1"}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", slog.Any("value", s), slog.Any("pointer", &s))
	fmt.Fprintf(&b, "%v %+v %#v %s %v %+v %#v", s, s, s, s, &s, &s, &s)
	fmt.Fprintf(&b, "%+v", struct{ S bus.SASL }{s})
	if strings.Contains(b.String(), "secret1") {
		t.Errorf("shown: %s", b.String())
	}
}
