package bucket

import (
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testName = "ea120000000000000000000000000001/earwitness.evidence/00000/00000000000000000000.seg"

func fakeConfig(endpoint string) Config {
	return Config{
		Location: Location{Bucket: "trail", Prefix: "archive/one"}, Endpoint: endpoint, Region: "eu-central-1", PathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		Mode:        Compliance, Retention: 48 * time.Hour, Attempts: 2, Timeout: 20 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// openFake opens a store in a fake bucket, with another configuration where
// change makes one.
func openFake(t testing.TB, change func(*Config)) (*fake, *Store) {
	t.Helper()
	f, server := newFake(t)
	config := fakeConfig(server.URL)
	if change != nil {
		change(&config)
	}
	store, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return f, store
}

// fakeKey of an object in the bucket.
func fakeKey(name string) string { return "archive/one/" + name }
