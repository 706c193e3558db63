package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"testing"
	"time"
)

const (
	broker   = `bus: {brokers: ["kafka-1:9093"], tls: `
	password = `bus: {brokers: ["kafka-1:9093"], tls: {enabled: true}, sasl: {mechanism: plain, user: me, password: `
	node     = `elastic: {urls: ["https://es:9200"], `
	// organisation lacks its secret.
	// hook lacks its secret.
	hook         = `sources: [{name: a, type: genesys-webhook, webhook: {listen: "127.0.0.1:8443", `
	organisation = "sources: [{name: a, type: genesys, genesys: {region: eu-central-1, client-id: c, "

	lockBucket = `worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, `
)

// wrongFiles are right settings, and wrong files and variables behind them;
// see certificates for the files.
func wrongFiles() []wrong {
	const open = ": no such file or directory"
	return []wrong{
		{"a CA that is not there", broker + "{ca: none.pem}}" + withArchive, "bus.tls.ca: open none.pem" + open},
		{"a CA that is not PEM", broker + "{ca: notes.txt}}" + withArchive, "bus.tls.ca: no certificate in PEM is in notes.txt; it begins with -----BEGIN CERTIFICATE-----"},
		{"a CA that is a key", broker + "{ca: client.key}}" + withArchive, "bus.tls.ca: no certificate in PEM is in client.key; it begins with -----BEGIN CERTIFICATE-----"},
		{"a certificate that is not there", broker + "{certificate: none.pem, key: file:client.key}}" + withArchive, "bus.tls.certificate: open none.pem" + open},
		{"a certificate that is not PEM", broker + "{certificate: notes.txt, key: file:client.key}}" + withArchive, "bus.tls.certificate: no certificate in PEM is in notes.txt; it begins with -----BEGIN CERTIFICATE-----"},
		{"a key that is not there", broker + "{certificate: client.pem, key: file:none.key}}" + withArchive, "bus.tls.key: read secret: open none.key" + open},
		{"a key that is not PEM", broker + "{certificate: client.pem, key: file:notes.txt}}" + withArchive, "bus.tls.key: no private key in PEM is in file:notes.txt; it begins with -----BEGIN PRIVATE KEY----- or the like"},
		{"a key that is a certificate", broker + "{certificate: client.pem, key: file:client.pem}}" + withArchive, "bus.tls.key: no private key in PEM is in file:client.pem; it begins with -----BEGIN PRIVATE KEY----- or the like"},
		{"a key that is encrypted", broker + "{certificate: client.pem, key: file:encrypted.key}}" + withArchive, "bus.tls.key: the private key in file:encrypted.key is encrypted; give one that is not, in a file that only this program can read"},
		{"a key that is broken", broker + "{certificate: client.pem, key: file:broken.key}}" + withArchive, "bus.tls.key: the key in file:broken.key can't be used with the certificate in client.pem: tls: failed to parse private key"},
		{"a key of another certificate", broker + "{certificate: client.pem, key: file:other.key}}" + withArchive, "bus.tls.key: the key in file:other.key can't be used with the certificate in client.pem: tls: private key does not match public key"},
		{"a key in a variable that is not set", broker + "{certificate: client.pem, key: env:EARWITNESS_TEST_UNSET}}" + withArchive, "bus.tls.key: read secret: the environment variable EARWITNESS_TEST_UNSET is not set"},
		{"a password in a variable that is not set", password + "env:EARWITNESS_TEST_UNSET}}" + withArchive, "bus.sasl.password: read secret: the environment variable EARWITNESS_TEST_UNSET is not set"},
		{"a password in a variable that is empty", password + "env:EARWITNESS_TEST_EMPTY}}" + withArchive, "bus.sasl.password: read secret: env:EARWITNESS_TEST_EMPTY is empty"},
		{"a password in a file that is empty", password + "file:empty}}" + withArchive, "bus.sasl.password: read secret: file:empty is empty"},
		{"a password of Elasticsearch that is not there", node + "user: me, password: file:none}", "elastic.password: read secret: open none" + open},
		{"an API key that is not set", node + "api-key: env:EARWITNESS_TEST_UNSET}", "elastic.api-key: read secret: the environment variable EARWITNESS_TEST_UNSET is not set"},
		{"a CA of Elasticsearch that is not there", node + "ca: none.pem}", "elastic.ca: open none.pem" + open},
		{"a CA of Elasticsearch that is not PEM", node + "ca: notes.txt}", "elastic.ca: no certificate in PEM is in notes.txt; it begins with -----BEGIN CERTIFICATE-----"},
		{"a CA of the bucket that is not there", lockBucket + "ca: none.pem}}", "worm.s3.ca: open none.pem" + open},
		{"a CA of the bucket that is not PEM", lockBucket + "ca: notes.txt}}", "worm.s3.ca: no certificate in PEM is in notes.txt; it begins with -----BEGIN CERTIFICATE-----"},
		{"a secret of Genesys that is not set", organisation + "client-secret: env:EARWITNESS_TEST_UNSET}}]", "genesys.client-secret: read secret: the environment variable EARWITNESS_TEST_UNSET is not set"},
		{"a secret of Genesys in a file that is empty", organisation + "client-secret: file:empty}}]", "genesys.client-secret: read secret: file:empty is empty"},
		{"a secret of a webhook that is not set", hook + "secret: env:EARWITNESS_TEST_UNSET}}]", "webhook.secret: read secret: the environment variable EARWITNESS_TEST_UNSET is not set"},
		{"a key of a webhook's other certificate", hook + "secret: file:notes.txt, certificate: client.pem, key: file:other.key}}]", "webhook.key: the key in file:other.key can't be used with the certificate in client.pem: tls: private key does not match public key"},
	}
}

func TestWrongFiles(t *testing.T) {
	certificates(t)
	t.Setenv("EARWITNESS_TEST_EMPTY", "")
	for _, test := range wrongFiles() {
		config, err := parse(Flags{File: "e.yaml"}, "", []byte(test.text))
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if err := connect(config); err == nil || err.Error() != test.want {
			t.Errorf("%s:\ngot  %v\nwant %s", test.name, err, test.want)
		}
	}
}

// connect makes all that is enabled.
func connect(c *Config) error {
	log := slog.New(slog.DiscardHandler)
	if _, err := c.Bus.ClientConfig(log); err != nil {
		return err
	}
	if c.Elastic.Enabled() {
		if _, err := c.Elastic.SinkConfig(log); err != nil {
			return err
		}
	}
	if c.WORM.S3.Enabled() {
		if _, err := c.WORM.BucketConfig(log); err != nil {
			return err
		}
	}
	for i := range c.Sources {
		if c.Sources[i].Type == GenesysCloud {
			if _, err := c.Sources[i].Genesys.ClientConfig(log); err != nil {
				return err
			}
		}
		if c.Sources[i].Type == GenesysWebhook {
			if _, err := c.Sources[i].Webhook.ServerConfig(log); err != nil {
				return err
			}
		}
	}
	return nil
}

// certificates goes to a folder with files of the right kind and of others.
func certificates(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	certificate, key := pair(t)
	_, other := pair(t)
	for name, text := range map[string][]byte{
		"client.pem": certificate, "client.key": key, "other.key": other,
		"notes.txt": []byte("to do: get a certificate\n"), "empty": []byte("\n"),
		"encrypted.key": pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("sealed")}),
		"broken.key":    pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("broken")}),
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func pair(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "earwitness"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})
}
