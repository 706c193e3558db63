//go:build servers

package elastic

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"

	"earwitness/deployments/testbed"
)

// TestElasticsearchWithAuthentication has a server that speaks TLS and wants
// to know who asks.
func TestElasticsearchWithAuthentication(t *testing.T) {
	server := startReal(t, testbed.ElasticsearchConfig{Authentication: true, TLS: true})
	base := func(as testbed.Account) Config {
		cfg := testConfig(server.URL, newMemory())
		cfg.Username, cfg.Password, cfg.CA = as.User, as.Password, []byte(server.CA)
		return cfg
	}
	// A pipeline without the right, before somebody has set up.
	err := openSink(t, base(server.Writer)).Prepare(patiently(t))
	var refused *RequestError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("as writer got %v, want a refusal by 403", err)
	}
	if _, err := Setup(patiently(t), base(server.Admin)); err != nil {
		t.Fatal(err)
	}
	// Afterwards it needs no more.
	checking := base(server.Writer)
	checking.OnlyCheckTemplates = true
	if err := deliver(t, openSink(t, checking), 30); err != nil {
		t.Fatal(err)
	}
	if got := len(server.held(t, "earwitness")); got != 30 {
		t.Errorf("%d are held, want 30", got)
	}
	for name, change := range map[string]func(*Config){
		"CA":                  func(*Config) {},
		"fingerprint of CA":   func(cfg *Config) { cfg.CA, cfg.Fingerprint = nil, fingerprint(t, server.CA) },
		"password is wrong":   func(cfg *Config) { cfg.Password = "open-sesame" },
		"API key is wrong":    func(cfg *Config) { cfg.Username, cfg.Password, cfg.APIKey = "", "", "id:open-sesame" },
		"nobody":              func(cfg *Config) { cfg.Username, cfg.Password = "", "" },
		"unknown CA":          func(cfg *Config) { cfg.CA = nil },
		"other fingerprint":   func(cfg *Config) { cfg.CA, cfg.Fingerprint = nil, strings.Repeat("ab", 32) },
		"http instead":        func(cfg *Config) { cfg.URLs = []string{"http" + strings.TrimPrefix(server.URL, "https")} },
		"guest without right": func(cfg *Config) { cfg.Username, cfg.Password = server.Guest.User, server.Guest.Password },
	} {
		wants := map[string][]string{
			"CA": nil, "fingerprint of CA": nil,
			"password is wrong":   {"401", "check the user and password"},
			"API key is wrong":    {"401", "check the user and password, or the API key"},
			"nobody":              {"401", "check the user and password"},
			"unknown CA":          {"certificate", "give the CA file"},
			"other fingerprint":   {"fingerprint", "give the CA file"},
			"http instead":        {"should begin with https://"},
			"guest without right": {"403", "docs/operations/elasticsearch.md"},
		}[name]
		t.Run(name, func(t *testing.T) {
			cfg := base(server.Admin)
			change(&cfg)
			s := openSink(t, cfg)
			ctx := patiently(t)
			err := s.indices.prepare(ctx)
			if len(wants) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("it was let in")
			}
			t.Log(err)
			hasAll(t, err.Error(), wants...)
			for _, secret := range []string{"open-sesame", server.Admin.Password, server.Guest.Password} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the message shows a secret: %v", err)
				}
			}
		})
	}
}

// fingerprint of the first certificate in a text of PEM.
func fingerprint(t *testing.T, text string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no certificate in PEM")
	}
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:])
}
