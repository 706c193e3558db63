package elastic

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http/httptest"
	"testing"
	"time"
)

// issued is a certificate with its key.
type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue signs a certificate for 127.0.0.1, or one of a CA by itself.
func issue(t *testing.T, by *issued, expired bool) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: by == nil, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if expired {
		template.NotAfter = time.Now().Add(-time.Hour)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert, key}
}

func (i *issued) pin() string {
	sum := sha256.Sum256(i.cert.Raw)
	return hex.EncodeToString(sum[:])
}

func (i *issued) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw})
}

// TestCertificates connects by CA and by fingerprint, and to impostors.
func TestCertificates(t *testing.T) {
	t.Parallel()
	ca, other := issue(t, nil, false), issue(t, nil, false)
	leaf, old, forged := issue(t, ca, false), issue(t, ca, true), issue(t, other, false)
	tests := []struct {
		name    string
		leaf    *issued
		shown   *issued
		ca, pin string
		ok      bool
	}{
		{"CA", leaf, ca, string(ca.pem()), "", true},
		{"CA, another's certificate", forged, other, string(ca.pem()), "", false},
		{"CA, expired", old, ca, string(ca.pem()), "", false},
		{"pinned leaf", leaf, ca, "", leaf.pin(), true},
		{"pinned CA", leaf, ca, "", ca.pin(), true},
		{"pinned CA, expired", old, ca, "", ca.pin(), false},
		// Whoever has once seen the CA's certificate can show it.
		{"pinned CA, shown by an impostor", forged, ca, "", ca.pin(), false},
		{"pin of something else", leaf, ca, "", other.pin(), false},
		{"no trust at all", leaf, ca, "", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			server := httptest.NewUnstartedServer(f)
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{
				Certificate: [][]byte{test.leaf.cert.Raw, test.shown.cert.Raw}, PrivateKey: test.leaf.key,
			}}}
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.StartTLS()
			t.Cleanup(server.Close)
			cfg := testConfig(server.URL, newMemory())
			cfg.CA, cfg.Fingerprint = []byte(test.ca), test.pin
			err := openSink(t, cfg).Prepare(within(t))
			if test.ok && err != nil {
				t.Fatal(err)
			}
			if !test.ok {
				var e *RequestError
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want a refusal", err)
				}
				hasAll(t, err.Error(), server.URL, "give the CA file, or the fingerprint")
			}
		})
	}
}
