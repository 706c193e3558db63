package elastic

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// PinError says that none of the certificates that a server showed has the
// fingerprint that was given.
type PinError struct {
	// Got is the fingerprint of the last certificate of the chain.
	Got string
}

func (e *PinError) Error() string {
	return "no certificate of the server has the fingerprint that is configured; the last of its chain has " + e.Got
}

func newTransport(cfg *Config) (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: cfg.RequestTimeout,
		MaxIdleConns:          4 * cfg.Requests,
		MaxIdleConnsPerHost:   cfg.Requests + 1,
		IdleConnTimeout:       time.Minute,
		WriteBufferSize:       64 << 10,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if len(cfg.CA) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(cfg.CA) {
			return nil, fmt.Errorf("read CA of Elasticsearch: no certificate in PEM is in the file")
		}
		t.TLSClientConfig.RootCAs = pool
	}
	if cfg.Fingerprint == "" {
		return t, nil
	}
	pin, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(cfg.Fingerprint))
	if err != nil || len(pin) != sha256.Size {
		return nil, fmt.Errorf("read fingerprint of Elasticsearch's certificate: 64 hex digits of a SHA-256 are needed")
	}
	// A pin stands in for the system's roots, and needs the host that is
	// dialled, which the state of a connection to an address lacks.
	t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialPinned(ctx, dialer, t.TLSClientConfig, network, address, [sha256.Size]byte(pin))
	}
	return t, nil
}

func dialPinned(ctx context.Context, dialer *net.Dialer, base *tls.Config, network, address string, pin [sha256.Size]byte) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	cfg := base.Clone()
	cfg.ServerName = host
	cfg.InsecureSkipVerify = true //nolint:gosec // verifyPin does it, below
	cfg.VerifyConnection = func(state tls.ConnectionState) error { return verifyPin(state.PeerCertificates, host, pin) }
	d := tls.Dialer{NetDialer: dialer, Config: cfg}
	return d.DialContext(ctx, network, address)
}

// verifyPin takes a chain when its leaf is the one that is pinned, or when
// the pinned one of its certificates is a CA that signed the leaf, for host.
// That a pinned CA merely lies in the chain says nothing: it is public.
func verifyPin(chain []*x509.Certificate, host string, pin [sha256.Size]byte) error {
	for i, c := range chain {
		if sha256.Sum256(c.Raw) != pin {
			continue
		}
		if i == 0 {
			return nil
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(c)
		for _, other := range chain[1:] {
			between.AddCert(other)
		}
		_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: host})
		return err
	}
	if len(chain) == 0 {
		return &PinError{Got: "none"}
	}
	got := sha256.Sum256(chain[len(chain)-1].Raw)
	return &PinError{Got: hex.EncodeToString(got[:])}
}
