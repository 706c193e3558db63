package testbed

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// kafkaBroker is one broker, which is a controller too.
type kafkaBroker struct {
	id             int
	plaintext      string
	tls            string
	sasl           string
	saslTLS        string
	controller     string
	properties     string // the file
	java, classes  string
	clusterBrokers int
}

// layOut gives each broker its ports and its properties.
func (k *KafkaCluster) layOut(ctx context.Context, cfg KafkaConfig) ([]*kafkaBroker, error) {
	brokers := make([]*kafkaBroker, cfg.Brokers)
	var voters []string
	for i := range brokers {
		b := &kafkaBroker{id: i + 1, clusterBrokers: cfg.Brokers}
		for _, address := range []*string{&b.plaintext, &b.tls, &b.sasl, &b.saslTLS, &b.controller} {
			port, err := k.place.port(ctx)
			if err != nil {
				return nil, err
			}
			*address = loopback(port)
		}
		brokers[i] = b
		voters = append(voters, fmt.Sprintf("%d@%s", b.id, b.controller))
		k.Plaintext, k.TLS = append(k.Plaintext, b.plaintext), append(k.TLS, b.tls)
		k.SASL, k.SASLTLS = append(k.SASL, b.sasl), append(k.SASLTLS, b.saslTLS)
	}
	for _, b := range brokers {
		settings := b.settings(k, strings.Join(voters, ","))
		keys, err := k.writeKeys(fmt.Sprintf("broker-%d", b.id))
		if err != nil {
			return nil, err
		}
		settings["ssl.keystore.location"] = keys
		maps.Copy(settings, cfg.Properties)
		if b.properties, err = k.place.write(fmt.Sprintf("broker-%d.properties", b.id), propertiesText(settings)); err != nil {
			return nil, err
		}
	}
	return brokers, nil
}

func (b *kafkaBroker) settings(k *KafkaCluster, voters string) map[string]string {
	listeners := fmt.Sprintf("PLAINTEXT://%s,SSL://%s,SASL_PLAINTEXT://%s,SASL_SSL://%s", b.plaintext, b.tls, b.sasl, b.saslTLS)
	replicas, inSync := fmt.Sprint(b.clusterBrokers), fmt.Sprint((b.clusterBrokers+1)/2)
	settings := map[string]string{
		"process.roles":                  "broker,controller",
		"node.id":                        fmt.Sprint(b.id),
		"controller.quorum.voters":       voters,
		"listeners":                      listeners + ",CONTROLLER://" + b.controller,
		"advertised.listeners":           listeners,
		"controller.listener.names":      "CONTROLLER",
		"inter.broker.listener.name":     "PLAINTEXT",
		"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
		"log.dirs":                       k.place.path(fmt.Sprintf("broker-%d", b.id)),

		"default.replication.factor":                       replicas,
		"min.insync.replicas":                              inSync,
		"offsets.topic.replication.factor":                 replicas,
		"offsets.topic.num.partitions":                     "4",
		"transaction.state.log.replication.factor":         replicas,
		"transaction.state.log.min.isr":                    inSync,
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.replication.factor": replicas,
		"share.coordinator.state.topic.min.isr":            inSync,
		"group.initial.rebalance.delay.ms":                 "0",
		"auto.create.topics.enable":                        "false", // a misspelt topic is an error

		"ssl.keystore.type":       "PEM",
		"ssl.truststore.type":     "PEM",
		"ssl.truststore.location": k.place.path("ca.pem"),
		"ssl.client.auth":         "none",

		"authorizer.class.name":   "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":             "User:ANONYMOUS;User:" + k.Admin.User,
		"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
	}
	plain := "org.apache.kafka.common.security.plain.PlainLoginModule required"
	for _, account := range []Account{k.Admin, k.Guest} {
		plain += fmt.Sprintf(" user_%s=%q", account.User, account.Password)
	}
	for _, listener := range []string{"sasl_plaintext", "sasl_ssl"} {
		prefix := "listener.name." + listener + "."
		settings[prefix+"plain.sasl.jaas.config"] = plain + ";"
		for _, mechanism := range []string{"scram-sha-256", "scram-sha-512"} {
			settings[prefix+mechanism+".sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
		}
	}
	return settings
}

func propertiesText(settings map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s=%s\n", key, settings[key])
	}
	return text.String()
}

// format writes the broker's empty log, with the SCRAM users in it.
func (b *kafkaBroker) format(ctx context.Context, p *place, clusterID string, accounts ...Account) error {
	args := []string{
		"-Xmx256m", "-cp", b.classes, "-Dlog4j2.configurationFile=" + p.path("log4j2.properties"),
		"kafka.tools.StorageTool", "format", "--cluster-id", clusterID, "--config", b.properties,
	}
	for _, account := range accounts {
		for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
			args = append(args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, account.User, account.Password))
		}
	}
	output, err := exec.CommandContext(ctx, b.java, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("format log of kafka broker %d: %w\n%s", b.id, err, lastLines(output, outputInErrors))
	}
	return nil
}

func (b *kafkaBroker) program(p *place) program {
	return program{
		path: b.java,
		args: []string{
			"-Xms128m", "-Xmx512m", "-Dlog4j2.configurationFile=" + p.path("log4j2.properties"),
			"-cp", b.classes, "kafka.Kafka", b.properties,
		},
		dir: p.dir, log: p.path(fmt.Sprintf("broker-%d.log", b.id)), lasting: p.lasting,
	}
}
