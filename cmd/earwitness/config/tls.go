package config

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

// TLS to the brokers.
type TLS struct {
	// Enabled is what the file says; never nil once brokers are loaded.
	Enabled     *bool  `yaml:"enabled,omitempty"`
	CA          Path   `yaml:"ca,omitempty"`
	Certificate Path   `yaml:"certificate,omitempty"`
	Key         Secret `yaml:"key,omitempty"`
	ServerName  Host   `yaml:"server-name,omitempty"`
}

// on is Enabled, or where the file does not say it, whether it says anything
// else about TLS.
func (t TLS) on() bool {
	if t.Enabled != nil {
		return *t.Enabled
	}
	return t != TLS{}
}

// Config loads the files. It gives nil where TLS is not enabled.
func (t TLS) Config() (*tls.Config, error) {
	if !t.on() {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: string(t.ServerName)}
	if t.CA != "" {
		text, err := loadCA("bus.tls.ca", t.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(text)
	}
	if t.Certificate != "" {
		pair, err := t.pair()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (t TLS) pair() (tls.Certificate, error) { return pairOf("bus.tls", t.Certificate, t.Key) }

// pairOf loads the certificate and the key of a section.
func pairOf(section string, file Path, secret Secret) (tls.Certificate, error) {
	certificate, err := loadCA(section+".certificate", file)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := secret.loadFor(section + ".key")
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := secret.checkKey([]byte(key)); err != nil {
		return tls.Certificate{}, fmt.Errorf("%s.key: %w", section, err)
	}
	pair, err := tls.X509KeyPair(certificate, []byte(key))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s.key: the key in %s can't be used with the certificate in %s: %w", section, secret, file, err)
	}
	return pair, nil
}

// loadCA reads certificates, at least one of them.
func loadCA(setting string, path Path) ([]byte, error) {
	text, err := os.ReadFile(string(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in PEM is in %s; it begins with -----BEGIN CERTIFICATE-----", setting, path)
	}
	return text, nil
}

// checkKey finds what the standard library's errors do not name.
func (s Secret) checkKey(text []byte) error {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case strings.HasPrefix(block.Type, "ENCRYPTED ") || block.Headers["DEK-Info"] != "":
			return fmt.Errorf("the private key in %s is encrypted; give one that is not, in a file that only this program can read", s)
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil
		}
	}
	return fmt.Errorf("no private key in PEM is in %s; it begins with -----BEGIN PRIVATE KEY----- or the like", s)
}
