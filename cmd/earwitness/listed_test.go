//go:build servers

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"earwitness/deployments/testbed"
)

// logBucket is a bucket of log objects on a real server.
type logBucket struct {
	t      *testing.T
	access *testbed.S3Access
	client *s3.Client
	name   string
}

// newLogBucket makes one, and has this process reach it as its root.
func newLogBucket(t *testing.T) *logBucket {
	t.Helper()
	access := bed.MinIO(t)
	t.Setenv("AWS_ACCESS_KEY_ID", access.Root.User)
	t.Setenv("AWS_SECRET_ACCESS_KEY", access.Root.Password)
	b := &logBucket{t: t, access: access, name: fmt.Sprintf("logs-%d", time.Now().UnixNano())}
	b.client = s3.New(s3.Options{
		BaseEndpoint: &access.Endpoint, Region: access.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(access.Root.User, access.Root.Password, ""),
	})
	b.create()
	return b
}

func (b *logBucket) create() {
	b.t.Helper()
	if _, err := b.client.CreateBucket(b.t.Context(), &s3.CreateBucketInput{Bucket: &b.name}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *logBucket) put(key string, data []byte, metadata map[string]string) {
	b.t.Helper()
	in := &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(data), Metadata: metadata}
	if _, err := b.client.PutObject(b.t.Context(), in); err != nil {
		b.t.Fatal(err)
	}
}

// copyFrom puts the files of a folder below a prefix.
func (b *logBucket) copyFrom(dir, prefix string, metadata func(key string) map[string]string) {
	b.t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			key := prefix + filepath.ToSlash(rel)
			b.put(key, data, metadata(key))
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// s3 is the section of a source that reads it, whatever its days are.
func (b *logBucket) s3() string {
	return fmt.Sprintf("{endpoint: %q, path-style: true, past-days: 366}", b.access.Endpoint)
}

func noMetadata(string) map[string]string { return nil }

// What lies in a bucket gives the records that the same files give.
func TestListedWorldEqualsItsFiles(t *testing.T) {
	b, a, dir := newLogBucket(t), readAnswer(t, "1"), t.TempDir()
	b.copyFrom(filepath.Join(worldsDir, "1", "logs"), "logs/", noMetadata)
	b.copyFrom(filepath.Join(worldsDir, "1", "audits"), "audits/2026/", noMetadata)
	file, data := filepath.Join(dir, "e.yaml"), filepath.Join(dir, "data")
	text := fmt.Sprintf("sources:\n- {name: logs, type: s3-access-log, path: s3://%s/logs/, s3: %s}\n- {name: audits, type: genesys-audit, path: s3://%s/audits/, s3: %s}\n",
		b.name, b.s3(), b.name, b.s3())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := append(a.flags(data), "--config", file)
	earwitness(t, run...).want(t, 0, " objects")
	a.check(t, data)
	listed := trailOf(t, data)
	earwitness(t, run...).want(t, 0, "Read 0 records")

	files := filepath.Join(dir, "files")
	earwitness(t, append(a.flags(files), "--s3-logs", filepath.Join(worldsDir, "1", "logs"), "--audits", filepath.Join(worldsDir, "1", "audits"))...).want(t, 0)
	if diff := cmp.Diff(withoutPlaces(t, trailOf(t, files)), withoutPlaces(t, listed)); diff != "" {
		t.Errorf("other records come from the bucket (-files +bucket):\n%.4000s", diff)
	}
	missing := fmt.Sprintf("s3://no-such-%s/?endpoint=%s&path-style=true", b.name, b.access.Endpoint)
	earwitness(t, "run", "--once", "--data", t.TempDir(), "--s3-logs", missing).want(t, 1, "there is no such bucket", "s3-logs")
}

// In a bucket the signature of a digest is its object's metadata.
func TestListedDigests(t *testing.T) {
	b, dir := newLogBucket(t), t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w, signatures := &signedTrail{t: t, dir: filepath.Join(dir, "trail"), key: key}, map[string]string{}
	missing := ""
	for hour := range 4 {
		log, digest := w.hour(hour + 1)
		signatures["trail/"+digest] = w.last.signature
		if hour == 1 {
			missing = log
		}
		if hour == 2 {
			signatures["trail/"+digest] = strings.Repeat("00", 256)
		}
	}
	if err := os.Remove(filepath.Join(w.dir, missing)); err != nil {
		t.Fatal(err)
	}
	b.copyFrom(w.dir, "trail/", func(key string) map[string]string { return map[string]string{"signature": signatures[key]} })
	answer, err := json.Marshal(map[string]any{"PublicKeyList": []any{map[string]any{
		"Value": base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey)), "Fingerprint": "f",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("data: data\nsources: [{name: trail, type: cloudtrail, path: s3://%s/trail/, digest-keys: keys.json, s3: %s}]\n", b.name, b.s3())
	for name, content := range map[string][]byte{"keys.json": answer, "e.yaml": []byte(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	earwitness(t, "run", "--once", "--config", filepath.Join(dir, "e.yaml")).want(t, 3)
	var causes []string
	for _, letter := range lettersOf(t, filepath.Join(dir, "data")) {
		causes = append(causes, letter.Cause)
	}
	slices.Sort(causes)
	if diff := cmp.Diff([]string{"missing", "signature"}, slices.Compact(causes)); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
}

// Ranges of days that are read in pieces, and then a run, give what the files
// give; a range is read whole whether or not it was read before.
func TestBackfill(t *testing.T) {
	b, a, dir := newLogBucket(t), readAnswer(t, "1"), t.TempDir()
	b.copyFrom(filepath.Join(worldsDir, "1", "logs"), "logs/", noMetadata)
	b.copyFrom(filepath.Join(worldsDir, "1", "audits"), "audits/2026/03/05/", noMetadata)
	file, data := filepath.Join(dir, "e.yaml"), filepath.Join(dir, "data")
	text := fmt.Sprintf("sources:\n- {name: logs, type: s3-access-log, path: s3://%s/logs/, s3: %s}\n- {name: audits, type: genesys-audit, path: s3://%s/audits/, s3: %s}\n",
		b.name, b.s3(), b.name, b.s3())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := append([]string{"backfill", "--config", file}, a.flags(data)[2:]...)
	backfill := func(more ...string) outcome { return earwitness(t, append(slices.Clone(flags), more...)...) }
	backfill("--from", "2026-03-05", "--to", "2026-03-31", "--source", "audits").want(t, 0, "audits ", "from 3 objects")
	backfill("--from", "2026-03-01", "--to", "2026-03-01").want(t, 0, "from 1 object\n", "from 0 objects")
	backfill("--from", "2026-03-02", "--to", "2026-12-31", "--source", "logs", "--objects-per-second", "1000", "--bytes-per-second", "64MiB").want(t, 0, "from 7 objects")
	backfill("--from", "2026-03-02", "--to", "2026-12-31", "--source", "logs").want(t, 0, "from 7 objects")
	for share := 1; share <= 3; share++ {
		backfill("--from", "2026-03-02", "--to", "2026-12-31", "--source", "logs", "--share", fmt.Sprintf("%d/3", share)).want(t, 0)
	}
	backfill("--from", "2026-03-01", "--to", "2026-03-01", "--share", "4/3").want(t, 2, "is no share")
	if left, err := filepath.Glob(filepath.Join(data, "positions", "*backfill*")); err != nil || len(left) > 0 {
		t.Errorf("what is left: %v, %v", left, err)
	}
	earwitness(t, append(a.flags(data), "--config", file)...).want(t, 0)
	a.check(t, data)

	backfill("--from", "2026-03-02", "--to", "2026-03-01").want(t, 2, "--to 2026-03-01 is before --from 2026-03-02")
	backfill("--from", "2026-03-02").want(t, 2, "give both")
	backfill("--from", "2026-03-01", "--to", "2026-03-01", "--source", "x").want(t, 2, "there is logs, audits")
	backfill("--from", "2026-03-01", "--to", "2026-03-01", "--bytes-per-second", "x").want(t, 2, "is no size")
	earwitness(t, "backfill", "--s3-logs", dir, "--from", "2026-03-01", "--to", "2026-03-01").want(t, 2, "no source lists a bucket")
}
