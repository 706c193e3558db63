package bucket

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mistake is something that a user gets wrong.
type mistake struct {
	name string
	make func(t *testing.T, c *Config)
	// want is all that the error must say, in this order.
	want []string
	// passing says that it may work another time.
	passing bool
}

// isolate keeps the environment of whoever runs the test out of it.
func isolate(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
}

// compare opens the store by each mistaken configuration and writes in it.
func compareMistakes(t *testing.T, config Config, mistakes []mistake) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			isolate(t)
			config := config
			config.Attempts = 1
			m.make(t, &config)
			store, err := Open(t.Context(), config)
			if err == nil {
				err = store.Put(t.Context(), testName, []byte("x"))
				store.Close()
			}
			if err == nil {
				t.Fatal("it is taken")
			}
			t.Log(err)
			rest := err.Error()
			for _, part := range m.want {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Errorf("it does not say %q (in this order %q)", part, m.want)
				}
				rest = after
			}
			var said *Error
			if errors.As(err, &said) && errors.Is(err, fs.ErrPermission) == m.passing {
				t.Errorf("passing: want %t", m.passing)
			}
			if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, os.ErrNotExist) {
				t.Error("it looks like an object that is not there")
			}
		})
	}
}

// answering makes a server that says the same to every request.
func answering(t *testing.T, status int, header map[string]string, text string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func answerCode(t *testing.T, status int, header map[string]string, code, message string) string {
	t.Helper()
	return answering(t, status, header, "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>")
}

// Mistakes that a test without a server of others can make.
func TestMistakes(t *testing.T) {
	_, server := newFake(t)
	compareMistakes(t, fakeConfig(server.URL), []mistake{
		{"nothing listens", func(t *testing.T, c *Config) {
			closed := httptest.NewServer(nil)
			closed.Close()
			c.Endpoint = closed.URL
		}, []string{"ask for versioning of s3://trail/archive/one on http://127.0.0.1:", "connection refused", "nothing listens there; check the endpoint's host and port"}, true},
		{
			"no such host", func(_ *testing.T, c *Config) { c.Endpoint = "http://s3.invalid:9000" },
			[]string{"on http://s3.invalid:9000", "the host s3.invalid is not known; check the endpoint"},
			true,
		},
		{
			"TLS where there is none", func(_ *testing.T, c *Config) { c.Endpoint = strings.Replace(c.Endpoint, "http:", "https:", 1) },
			[]string{"the server speaks plain HTTP there"},
			true,
		},
		{"unknown authority", func(t *testing.T, c *Config) {
			encrypted := httptest.NewUnstartedServer(nil)
			encrypted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			encrypted.StartTLS()
			t.Cleanup(encrypted.Close)
			c.Endpoint = encrypted.URL
		}, []string{"certificate signed by unknown authority", "name the authority's in the CA file"}, true},
		{"CA file missing", func(_ *testing.T, c *Config) { c.CAFile = "missing.pem" }, []string{"open archive in s3://trail/archive/one: read CA file: open missing.pem"}, false},
		{"CA file that is none", func(t *testing.T, c *Config) {
			c.CAFile = filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(c.CAFile, []byte("no certificate"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"with the certificates in ", "ca.pem (PEM is wanted)"}, false},
		{
			"a web page", func(t *testing.T, c *Config) { c.Endpoint = answering(t, 200, nil, "<html>console</html><p>") },
			[]string{"the answer is not that of an S3 server", "a console's port is not the server's"},
			true,
		},
		{
			"a web page that is missing", func(t *testing.T, c *Config) { c.Endpoint = answering(t, 404, nil, "<!DOCTYPE html><p>Not found") },
			[]string{"the answer is not that of an S3 server"},
			true,
		},
		{"another region of AWS", func(t *testing.T, c *Config) {
			c.Endpoint = answerCode(t, 301, map[string]string{"X-Amz-Bucket-Region": "us-west-2"}, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
		}, []string{"PermanentRedirect", "the bucket is in region us-west-2, the configuration says eu-central-1: set the region to us-west-2"}, false},
		{"expired session", func(t *testing.T, c *Config) {
			c.Endpoint = answerCode(t, 400, nil, "ExpiredToken", "The provided token has expired.")
		}, []string{"ExpiredToken: The provided token has expired", "credentials have run out"}, false},
		{"server that is full of work", func(t *testing.T, c *Config) {
			c.Endpoint = answerCode(t, 503, nil, "SlowDown", "Please reduce your request rate.")
		}, []string{"SlowDown: Please reduce your request rate", "it is tried again"}, true},
		{"server without Object Lock", func(t *testing.T, c *Config) {
			c.Endpoint = answerCode(t, 501, nil, "NotImplemented", "A header you provided implies functionality that is not implemented.")
		}, []string{"NotImplemented", "it is not fit for an archive"}, false},
		{
			"no credentials", func(_ *testing.T, c *Config) { c.Credentials = nil },
			[]string{"no credentials were found, or they could not be renewed; set AWS_PROFILE, or AWS_ACCESS_KEY_ID"},
			false,
		},
		{
			"no such profile", func(_ *testing.T, c *Config) { c.Profile = "auditor" },
			[]string{`the AWS profile "auditor" is neither in the configuration file nor in the credentials file`},
			false,
		},
		{
			"no region", func(_ *testing.T, c *Config) { c.Endpoint, c.Region = "", "" },
			[]string{"the bucket's region is not known; set it in the configuration, in AWS_REGION or in the profile"},
			false,
		},
		{"role that cannot be assumed", func(t *testing.T, c *Config) {
			t.Setenv("AWS_ENDPOINT_URL_STS", answering(t, 403, nil,
				`<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`))
			c.RoleARN = "arn:aws:iam::123456789012:role/archive"
		}, []string{"AccessDenied: not authorized to perform: sts:AssumeRole", "the role arn:aws:iam::123456789012:role/archive could not be assumed; check its ARN, its trust policy, the external id"}, false},
	})
}
