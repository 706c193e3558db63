//go:build servers

package bucket

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Mistakes that a server of others answers.
func (s realServer) testMistakes(t *testing.T) {
	config := s.bucket(t, "mistakes")
	plain := func(name string, versioning bool) func(t *testing.T, c *Config) {
		return func(t *testing.T, c *Config) {
			if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
				t.Fatal(err)
			}
			if versioning {
				_, err := s.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
					Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			c.Bucket = name
		}
	}
	mistakes := []mistake{
		{
			"no such bucket", func(_ *testing.T, c *Config) { c.Bucket = "missing" },
			[]string{"of s3://missing on http://127.0.0.1:", "NoSuchBucket: ", "there is no such bucket"},
			false,
		},
		{
			"bucket without versions", plain("without-versions", false),
			[]string{"use s3://without-versions on http://127.0.0.1:", "the bucket keeps no versions", "made with Object Lock"},
			false,
		},
		{
			"bucket without Object Lock", plain("without-lock", true),
			[]string{"use s3://without-lock on http://127.0.0.1:", "the bucket has no Object Lock", "make one with it"},
			false,
		},
		{"unknown access key", func(_ *testing.T, c *Config) {
			c.Credentials = credentials.NewStaticCredentialsProvider("somebody", "secretsecret", "")
		}, []string{"InvalidAccessKeyId", "the server does not know the access key"}, false},
		{"wrong secret key", func(_ *testing.T, c *Config) {
			c.Credentials = credentials.NewStaticCredentialsProvider(s.Root.User, "secretsecret", "")
		}, []string{"SignatureDoesNotMatch", "the secret key does not belong to the access key"}, false},
		{
			"another region", func(_ *testing.T, c *Config) { c.Region = "eu-west-9" },
			[]string{"AuthorizationHeaderMalformed", "is wrong", "us-east-1", "; the bucket is in ", "region"},
			false,
		},
	}
	if s.KMSKey != "" {
		mistakes = append(mistakes, mistake{
			"unknown encryption key", func(_ *testing.T, c *Config) { c.KMSKey = "nobody's" },
			[]string{"put s3://mistakes/" + testName, "the encryption key is not there or not usable"},
			false,
		})
	}
	compareMistakes(t, config, mistakes)
}

// Governance keeps the archive from those who have no right to bypass it, and
// what others do is found.
func (s realServer) testGovernance(t *testing.T) {
	config := s.bucket(t, "governance")
	config.Mode, config.Prefix = Governance, "a"
	store, ours := openReal(t, config), newTrail(t)
	a := &adversary{t: t, client: s.client, bucket: config.Bucket, prefix: config.Prefix, versions: fill(t, ours, store)}
	if err := a.remove(2, a.versions[2], false); err == nil {
		t.Error("a version is deleted without a bypass")
	}
	if report := ours.verify(t, store); !report.Holds() {
		t.Errorf("verify finds %v", report.Findings)
	}
	if err := a.remove(2, a.versions[2], true); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range ours.verify(t, store).Findings {
		got = append(got, names(a.versions).Replace(f.String()))
	}
	compareBeginnings(t, []string{"segment removed: S2: offset 40: the offsets 40 to 59, 20 records, are missing before S3"}, got)
}

// Retention ends when it should, and not before.
func (s realServer) testRetentionEnds(t *testing.T) {
	config := s.bucket(t, "ends")
	config.Prefix, config.Retention = "a", 3*time.Second
	store := openReal(t, config)
	if err := store.Put(t.Context(), testName, []byte("x")); err != nil {
		t.Fatal(err)
	}
	version := list(t, store, "", "")[0].Version
	in := &s3.DeleteObjectInput{Bucket: &config.Bucket, Key: aws.String("a/" + testName), VersionId: &version}
	began := time.Now()
	for {
		_, err := s.client.DeleteObject(t.Context(), in)
		if err == nil {
			break
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("it is still kept: %v", err)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
	if kept := time.Since(began); kept < 2*time.Second {
		t.Errorf("it was kept for %s", kept)
	}
}
