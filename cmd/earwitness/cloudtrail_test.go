package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"earwitness/sources/simulate"
)

// What CloudTrail tells beside complete access logs changes no judgement; what
// it tells alone stands in place of the lines that were lost.
func TestCloudTrailBesideLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	world := simulate.DefaultConfig()
	world.Days, world.Requests, world.Agents, world.CloudTrail = 2, 1_500, 12, true
	world.LostLines, world.UglyLines, world.LateLines = 0, 0, 0
	if _, err := simulate.Generate(t.Context(), filepath.Join(dir, "world"), world, nil); err != nil {
		t.Fatal(err)
	}
	run := func(data string, sources ...string) map[string]string {
		args := []string{
			"run", "--once", "--data", filepath.Join(dir, data), "--model", world.Model,
			"--service-role", world.ServiceRole, "--own-role", world.OwnRole, "--audits", filepath.Join(dir, "world", simulate.AuditsDir),
		}
		earwitness(t, append(args, sources...)...).want(t, 0)
		return judgements(t, trailOf(t, filepath.Join(dir, data)))
	}
	logs, trail := filepath.Join(dir, "world", simulate.LogsDir), filepath.Join(dir, "world", simulate.TrailDir)
	alone := run("alone", "--s3-logs", logs)
	both := run("both", "--s3-logs", logs, "--cloudtrail", trail)
	if diff := cmp.Diff(alone, both); diff != "" || len(alone) < 1_500 {
		t.Errorf("%d records by logs alone (-alone +with CloudTrail):\n%s", len(alone), diff)
	}
	if only := run("trail", "--cloudtrail", trail); len(only) < len(alone)/2 {
		t.Errorf("%d records by CloudTrail alone, %d by logs", len(only), len(alone))
	}
}

// judgements are what records say of who did what, by their identity.
func judgements(t *testing.T, lines []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, line := range lines {
		var doc struct {
			Event      struct{ ID, Action string }
			Timestamp  string `json:"@timestamp"`
			Earwitness struct {
				Access                                         struct{ ID string }
				Class, Verdict, Confidence, State, Taken, Kind string
				Flags                                          []string
				Bytes, Requests, Sessions                      int64
				Person                                         struct{ ID string }
			}
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		all[doc.Event.ID] = fmt.Sprintf("%s %s %+v", doc.Timestamp, doc.Event.Action, doc.Earwitness)
	}
	return all
}

// signedTrail writes log files and digests as CloudTrail does.
type signedTrail struct {
	t    *testing.T
	dir  string
	key  *rsa.PrivateKey
	last struct{ object, hash, signature string }
}

func (w *signedTrail) write(object string, content []byte) {
	w.t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(content)
	if err == nil {
		err = zip.Close()
	}
	path := filepath.Join(w.dir, object)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o750)
	}
	if err == nil {
		err = os.WriteFile(path, packed.Bytes(), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// hour writes a log file of one event, and the digest of the hour.
func (w *signedTrail) hour(n int) (log, digest string) {
	w.t.Helper()
	log = fmt.Sprintf("AWSLogs/1/CloudTrail/eu-west-1/1_CloudTrail_eu-west-1_20260302T%02d05Z_AAAA.json.gz", n)
	event := fmt.Appendf(nil, `{"Records":[{"eventVersion":"1.10","eventTime":"2026-03-02T%02d:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::1:user/m"},"requestParameters":{"bucketName":"b","key":"k"},"requestID":"R%d","eventID":"e%d","additionalEventData":{"x-amz-id-2":"h"}}]}`, n, n, n)
	w.write(log, event)
	digest = fmt.Sprintf("AWSLogs/1/CloudTrail-Digest/eu-west-1/1_CloudTrail-Digest_eu-west-1_t_eu-west-1_20260302T%02d0000Z.json.gz", n)
	sum := sha256.Sum256(event)
	content := map[string]any{
		"awsAccountId": "1", "digestEndTime": fmt.Sprintf("2026-03-02T%02d:00:00Z", n), "digestS3Bucket": "t", "digestS3Object": digest,
		"digestPublicKeyFingerprint": "f", "digestSignatureAlgorithm": "SHA256withRSA",
		"logFiles": []any{map[string]any{"s3Bucket": "t", "s3Object": log, "hashValue": hex.EncodeToString(sum[:]), "hashAlgorithm": "SHA-256"}},
	}
	previous := "null"
	if w.last.object != "" {
		content["previousDigestS3Bucket"], content["previousDigestS3Object"] = "t", w.last.object
		content["previousDigestHashValue"], content["previousDigestSignature"] = w.last.hash, w.last.signature
		previous = w.last.signature
	}
	data, err := json.Marshal(content)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(digest, data)
	hash := sha256.Sum256(data)
	signed := sha256.Sum256(fmt.Appendf(nil, "%s\nt/%s\n%x\n%s", content["digestEndTime"], digest, hash, previous))
	signature, err := rsa.SignPKCS1v15(nil, w.key, crypto.SHA256, signed[:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.last.object, w.last.hash, w.last.signature = digest, hex.EncodeToString(hash[:]), hex.EncodeToString(signature)
	return log, digest
}

// A log file that was changed, one that is missing and a digest that was
// written by somebody else are named, each once.
func TestDigestsNameWhatDoesNotHold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	w := &signedTrail{t: t, dir: filepath.Join(dir, "trail"), key: key}
	changed, _ := w.hour(1)
	missing, _ := w.hour(2)
	if w.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	_, forged := w.hour(3)
	w.key = key
	w.hour(4)
	answer, err := json.Marshal(map[string]any{"PublicKeyList": []any{map[string]any{
		"Value": base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey)), "Fingerprint": "f",
	}}})
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("data: %s\nsources: [{name: trail, type: cloudtrail, path: %s, digest-keys: %s}]\n",
		filepath.Join(dir, "data"), w.dir, filepath.Join(dir, "keys.json"))
	for name, content := range map[string][]byte{"keys.json": answer, "e.yaml": []byte(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.write(changed, []byte(`{"Records":[]}`))
	if err := os.Remove(filepath.Join(w.dir, missing)); err != nil {
		t.Fatal(err)
	}
	run := []string{"run", "--once", "--config", filepath.Join(dir, "e.yaml")}
	earwitness(t, run...).want(t, 3)
	var found []string
	for _, letter := range lettersOf(t, filepath.Join(dir, "data")) {
		for _, object := range []string{changed, missing, forged} {
			if strings.Contains(letter.Detail, filepath.Base(object)) {
				found = append(found, letter.Stage+" "+letter.Cause+" "+filepath.Base(object))
			}
		}
	}
	slices.Sort(found)
	want := []string{
		"cloudtrail missing " + filepath.Base(missing), "cloudtrail signature " + filepath.Base(forged), "cloudtrail tampered " + filepath.Base(changed),
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	earwitness(t, run...).want(t, 0)
	earwitness(t, "verify", "--store", filepath.Join(dir, "data", "worm"), "--key", filepath.Join(dir, "data", "worm.pub")).want(t, 0)
}
