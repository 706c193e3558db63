//go:build servers

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"earwitness/deployments/testbed"
	"earwitness/sinks/worm/bucket"
)

// archivedInS3 gives the flags that name an archive of two evidences in a
// bucket, the key of its segment, and a client that may write there too.
func archivedInS3(t *testing.T) (flags []string, segment string, client *s3.Client) {
	t.Helper()
	server, err := testbed.VersityGW(t.Context(), testbed.VersityGWConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("AWS_ACCESS_KEY_ID", server.Root.User)
	t.Setenv("AWS_SECRET_ACCESS_KEY", server.Root.Password)
	client = s3.New(s3.Options{
		BaseEndpoint: &server.Endpoint, Region: server.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(server.Root.User, server.Root.Password, ""),
	})
	_, err = client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("trail"), ObjectLockEnabledForBucket: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	data, local, path := archived(t)
	store, err := bucket.Open(t.Context(), bucket.Config{
		Location: bucket.Location{Bucket: "trail", Prefix: "archive"}, Endpoint: server.Endpoint, Region: server.Region, PathStyle: true,
		Mode: bucket.Compliance, Retention: time.Hour, Encryption: bucket.EncryptByBucket, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	object, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(filepath.Join(data, "worm"), path)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.ToSlash(name)
	if err := store.Put(t.Context(), name, object); err != nil {
		t.Fatal(err)
	}
	return []string{"--store", "s3://trail/archive?path-style=true&endpoint=" + server.Endpoint, "--key", local[3]}, "archive/" + name, client
}

func TestVerifyInS3(t *testing.T) {
	flags, segment, client := archivedInS3(t)
	verify := append([]string{"verify"}, flags...)
	earwitness(t, verify...).want(t, 0, "holds: 2 records in 1 segment of 1 log")
	proof := filepath.Join(t.TempDir(), "proof.json")
	prove := append([]string{"prove", "--topic", "evidence", "--partition", "0", "--offset", "1", "--out", proof}, flags...)
	earwitness(t, prove...).want(t, 0)
	earwitness(t, "prove", "check", proof, "--key", flags[3]).want(t, 0)

	missing := strings.Replace(flags[1], "trail", "nobodys", 1)
	earwitness(t, "verify", "--store", missing, "--key", flags[3]).want(t, 2, "NoSuchBucket", "there is no such bucket")
	earwitness(t, "verify", "--store", "s3://Trail", "--key", flags[3]).want(t, 2, "is not a bucket's name")

	_, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("trail"), Key: &segment})
	if err != nil {
		t.Fatal(err)
	}
	earwitness(t, verify...).want(t, 1, "tampered: laid over: ", "a delete marker, version ", "is there and is what is checked", "TAMPERED: 2 records")
}
