package bucket

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		text string
		want Config
		err  string
	}{
		{"s3://trail", Config{Location: Location{Bucket: "trail"}}, ""},
		{"S3://trail/", Config{Location: Location{Bucket: "trail"}}, ""},
		{"s3://trail/a/b/", Config{Location: Location{Bucket: "trail", Prefix: "a/b"}}, ""},
		{
			"s3://trail/a%20b?endpoint=https://s3.example.org:9000&region=eu-west-1&path-style=true&ca-file=ca.pem&checksums=when_required&profile=p&role=arn:aws:iam::1:role/r&external-id=e&owner=1",
			Config{
				Location: Location{Bucket: "trail", Prefix: "a b"}, Endpoint: "https://s3.example.org:9000", Region: "eu-west-1",
				PathStyle: true, CAFile: "ca.pem", Checksums: ChecksumsWhenRequired, Profile: "p", RoleARN: "arn:aws:iam::1:role/r",
				ExternalID: "e", Owner: "1",
			},
			"",
		},
		{"s3:/trail", Config{}, "does not begin with s3://"},
		{"/srv/archive", Config{}, "does not begin with s3://"},
		{"s3://", Config{}, `bucket "" is not a bucket's name`},
		{"s3://Trail", Config{}, `bucket "Trail" is not a bucket's name`},
		{"s3://trail:90/x", Config{}, `bucket "trail:90" is not`},
		{"s3://trail/a//b", Config{}, `prefix "a//b" is not a path`},
		{"s3://trail/a/../b", Config{}, `prefix "a/../b" is not a path`},
		{"s3://trail/%01", Config{}, "is not a path"},
		{"s3://key:hunter2@trail", Config{}, `"s3://***@trail": credentials do not belong there`},
		{"s3://trail/a#b", Config{}, "behind #"},
		{"s3://trail?retention=1", Config{}, "there is no parameter retention; there are endpoint"},
		{"s3://trail?region=a&region=b", Config{}, "stands there 2 times"},
		{"s3://trail?path-style=maybe", Config{}, `true or false, not "maybe"`},
		{"s3://trail?endpoint=localhost:9000", Config{}, `endpoint "localhost:9000" is not a URL`},
		{"s3://trail?endpoint=http://host/trail", Config{}, "more than a server's address"},
		{"s3://trail/%zz", Config{}, "invalid URL escape"},
	}
	for _, test := range tests {
		got, err := ParseURL(test.text)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s gives %v, want %q", test.text, err, test.err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(Config{}, "Now")); diff != "" || err != nil {
			t.Errorf("%s gives %v, %s", test.text, err, diff)
		}
		if !IsURL(test.text) {
			t.Errorf("%s is not taken for a URL", test.text)
		}
	}
	if IsURL("s3") || IsURL("./s3://x") {
		t.Error("a directory is taken for a URL")
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(*Config) {}, ""},
		{func(c *Config) { c.Mode = "" }, "the retention mode is not set"},
		{func(c *Config) { c.Mode = "COMPLIANT" }, `"COMPLIANT" is neither compliance nor governance`},
		{func(c *Config) { c.Retention = 0 }, "the retention is not set"},
		{func(c *Config) { c.Retention = -1 }, "the retention is not set"},
		{func(c *Config) { c.Encryption = "aes" }, `"aes" is neither kms nor bucket`},
		{func(c *Config) { c.Encryption, c.KMSKey = EncryptByBucket, "k" }, "left to the bucket"},
		{func(c *Config) { c.Checksums = "md5" }, `"md5" are neither`},
		{func(c *Config) { c.ExternalID = "x" }, "without the role"},
		{func(c *Config) { c.RoleARN = "auditor" }, `"auditor" is not an ARN`},
		{func(c *Config) { c.Endpoint = "ftp://x" }, "is not a URL"},
		{func(c *Config) { c.Bucket = "x" }, "is not a bucket's name"},
		{func(c *Config) { c.Timeout = -1 }, "not negative"},
		{func(c *Config) { c.Logger = nil }, "a logger is needed"},
	}
	for _, test := range tests {
		config := fakeConfig("")
		test.change(&config)
		err := config.Validate()
		if test.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v does not say %q", err, test.want)
		}
	}
}

// TestURLRoundTrip: what a configuration says of reading can be said in an
// address.
func TestURLRoundTrip(t *testing.T) {
	for _, want := range []Config{
		{Location: Location{Bucket: "trail"}},
		{
			Location: Location{Bucket: "trail", Prefix: "a b/c"}, Endpoint: "http://127.0.0.1:9000", Region: "eu-central-1",
			PathStyle: true, CAFile: "/etc/ca.pem", Checksums: ChecksumsAuto, Profile: "p", RoleARN: "arn:aws:iam::111122223333:role/r",
			ExternalID: "x&y", Owner: "111122223333",
		},
	} {
		got, err := ParseURL(want.URL())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads as %+v, %v", want.URL(), got, err)
		}
	}
}
