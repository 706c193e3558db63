package elastic

import (
	"net/http"
	"strings"
	"testing"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Config)
		says   string
	}{
		"no URL":          {func(c *Config) { c.URLs = nil }, "name at least one node"},
		"credentials":     {func(c *Config) { c.URLs = []string{"http://eve:open-sesame@es:9200"} }, "URL http://es:9200 holds credentials"},
		"no scheme":       {func(c *Config) { c.URLs = []string{"es.example.org:9200"} }, "neither http:// nor https://"},
		"unreadable":      {func(c *Config) { c.URLs = []string{"http://eve:open-sesame@es:port"} }, "can't be read"},
		"no host":         {func(c *Config) { c.URLs = []string{"http://"} }, "names no host"},
		"two ways in":     {func(c *Config) { c.Username, c.Password, c.APIKey = "eve", "open-sesame", "open-sesame" }, "give one of them"},
		"no password":     {func(c *Config) { c.Username = "eve" }, "go together"},
		"prefix":          {func(c *Config) { c.Prefix = "Earwitness" }, "lower-case"},
		"CA":              {func(c *Config) { c.CA = []byte("open-sesame") }, "no certificate in PEM"},
		"fingerprint":     {func(c *Config) { c.Fingerprint = "open-sesame" }, "64 hex digits"},
		"negative":        {func(c *Config) { c.BulkBytes = -1 }, "negative"},
		"no positions":    {func(c *Config) { c.Positions = nil }, "keeper of positions"},
		"no dead letters": {func(c *Config) { c.DeadLetters = nil }, "dead letters"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig("http://127.0.0.1:9200", newMemory())
			test.change(&cfg)
			s, err := Open(t.Context(), cfg)
			if err == nil {
				t.Fatal("it was taken", s.Close())
			}
			hasAll(t, err.Error(), test.says)
			if strings.Contains(err.Error(), "open-sesame") {
				t.Errorf("the message shows a secret: %v", err)
			}
		})
	}
}

// TestAPIKey demands one, as Elasticsearch would.
func TestAPIKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"id:open-sesame", "aWQ6b3Blbi1zZXNhbWU="} {
		f := newFake(t)
		f.authorization = "ApiKey aWQ6b3Blbi1zZXNhbWU="
		cfg := testConfig(f.URL, newMemory())
		cfg.APIKey = key
		if err := deliver(t, openSink(t, cfg), 6); err != nil {
			t.Error(err)
		}
	}
}

// TestNotElasticsearch has a server without the header that names the product.
func TestNotElasticsearch(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.intercept = func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		w.Header().Del("X-Elastic-Product")
		_, _ = w.Write([]byte("{}")) // the client reads it
		return true
	}
	err := openSink(t, testConfig(f.URL, newMemory())).Prepare(within(t))
	if err == nil {
		t.Fatal("it was taken for Elasticsearch")
	}
	hasAll(t, err.Error(), f.URL, "not Elasticsearch", "OpenSearch does not do")
}
