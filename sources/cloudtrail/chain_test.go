package cloudtrail

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"earwitness/pipeline/evidence"
)

// testTrail writes the files of a trail with digests as CloudTrail does.
type testTrail struct {
	t     *testing.T
	key   *rsa.PrivateKey
	files map[string][]byte
	// signatures of digests by name.
	signatures map[string]string
	last       string
	hour       int
}

const testFingerprint = "31e8b5433410dfb61a9dc45cc65b22ff"

func newTestTrail(t *testing.T) *testTrail {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &testTrail{t: t, key: key, files: map[string][]byte{}, signatures: map[string]string{}}
}

func (w *testTrail) keys() Keys {
	w.t.Helper()
	answer, err := json.Marshal(map[string]any{"PublicKeyList": []any{map[string]any{
		"Value":       base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&w.key.PublicKey)),
		"Fingerprint": testFingerprint, "ValidityStartTime": 1436317441.0, "ValidityEndTime": 1438909441.0,
	}}})
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := ParseKeys(answer)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// log adds a log file with an event of that id.
func (w *testTrail) log(id string) string {
	name := fmt.Sprintf("111122223333_CloudTrail_eu-west-1_20260302T%02d05Z_%s.json.gz", w.hour, id)
	w.files[name] = []byte(`{"Records":[` + small(id, "") + `]}`)
	return name
}

// digest adds one over the log files, and gives its name.
func (w *testTrail) digest(suffix string, logs ...string) string {
	w.t.Helper()
	w.hour++
	end := fmt.Sprintf("2026-03-02T%02d:00:00Z", w.hour)
	name := fmt.Sprintf("111122223333_CloudTrail-Digest_eu-west-1_voice_eu-west-1_20260302T%02d0000Z%s.json.gz", w.hour, suffix)
	d := digest{
		AwsAccountID: "111122223333", DigestEndTime: end, DigestS3Bucket: "trail", DigestS3Object: "AWSLogs/111122223333/CloudTrail-Digest/" + name,
		DigestPublicKeyFingerprint: testFingerprint, DigestSignatureAlgorithm: "SHA256withRSA",
	}
	if w.last != "" {
		sum := sha256.Sum256(w.files[w.last])
		bucket, object, hash, signature := "trail", "AWSLogs/111122223333/CloudTrail-Digest/"+w.last, hex.EncodeToString(sum[:]), w.signatures[w.last]
		d.PreviousDigestS3Bucket, d.PreviousDigestS3Object, d.PreviousDigestHashValue, d.PreviousDigestSignature = &bucket, &object, &hash, &signature
	}
	for _, log := range logs {
		sum := sha256.Sum256(w.files[log])
		d.LogFiles = append(d.LogFiles, digestedFile{"trail", "AWSLogs/111122223333/CloudTrail/eu-west-1/" + log, hex.EncodeToString(sum[:]), "SHA-256"})
	}
	content, err := json.Marshal(d)
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(d.signed(sha256.Sum256(content)))
	signature, err := rsa.SignPKCS1v15(nil, w.key, crypto.SHA256, sum[:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.files[name], w.signatures[name], w.last = content, hex.EncodeToString(signature), name
	return name
}

// reading reads files of a trail with one chain.
type reading struct {
	t     *testing.T
	path  string
	keys  Keys
	chain *Chain
	now   time.Time
	found []string
}

func newReading(t *testing.T, keys Keys) *reading {
	t.Helper()
	r := &reading{t: t, path: filepath.Join(t.TempDir(), "state", "x.digests"), keys: keys, now: time.Unix(1_790_000_000, 0)}
	r.open()
	t.Cleanup(func() { _ = r.chain.Close() })
	return r
}

func (r *reading) open() {
	r.t.Helper()
	if r.chain != nil {
		if err := r.chain.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	chain, err := OpenChain(ChainConfig{Path: r.path, Keys: r.keys, Clock: func() time.Time { return r.now }})
	if err != nil {
		r.t.Fatal(err)
	}
	r.chain = chain
}

func (r *reading) verified(reopen Reopen) *Verified {
	return NewVerified(testDecoder(r.t), r.chain, reopen)
}

func (r *reading) take(b evidence.Batch) error {
	for _, l := range b.DeadLetters {
		object, _, _ := strings.Cut(l.Detail, ": ")
		r.found = append(r.found, l.Cause+" "+nameOf(object))
	}
	if len(b.Evidence) != b.Records || len(b.DeadLetters) > b.Records {
		r.t.Errorf("%d records, %d evidence, %d dead letters", b.Records, len(b.Evidence), len(b.DeadLetters))
	}
	return nil
}

func (r *reading) read(name string, content []byte, metadata map[string]string) {
	r.t.Helper()
	object := evidence.Object{URI: "file:///trail/" + name, Metadata: metadata}
	if err := r.verified(nil).Decode(r.t.Context(), object, bytes.NewReader(content), r.take); err != nil {
		r.t.Fatal(err)
	}
}

// all reads every file, in an order by names or the other way round, and
// gives the findings, those of what is missing too, sorted.
func (r *reading) all(files map[string][]byte, backwards bool) []string {
	r.t.Helper()
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	if backwards {
		slices.Reverse(names)
	}
	for i, name := range names {
		if i%2 == 1 {
			r.open() // whatever was told is durable
		}
		r.read(name, files[name], nil)
	}
	batch, reported := r.verified(nil).Missing(0)
	if err := errors.Join(r.take(batch), reported()); err != nil {
		r.t.Fatal(err)
	}
	slices.Sort(r.found)
	return r.found
}

func TestChain(t *testing.T) {
	t.Parallel()
	w := newTestTrail(t)
	a, b := w.log("a"), w.log("b")
	one := w.digest("", a, b)
	c := w.log("c")
	two := w.digest("", c)
	late := w.log("late")
	back := w.digest("_backfill", late)
	empty := w.digest("")
	for _, tt := range []struct {
		name   string
		change func(files map[string][]byte)
		want   []string
	}{
		{"whole", func(map[string][]byte) {}, nil},
		{"a log file is changed", func(f map[string][]byte) { f[b] = bytes.Replace(f[b], []byte("GetObject"), []byte("PutObject"), 1) }, []string{"tampered " + nameOf(b)}},
		{"a log file is missing", func(f map[string][]byte) { delete(f, c) }, []string{"missing " + nameOf(c)}},
		{"a log file of a backfill is changed", func(f map[string][]byte) { f[late] = append(f[late], ' ') }, []string{"tampered " + nameOf(late)}},
		{"a log file is cut off", func(f map[string][]byte) { f[a] = f[a][:40] }, []string{"broken file:///trail/x", "tampered " + nameOf(a)}},
		{"a digest is missing", func(f map[string][]byte) { delete(f, two) }, []string{"missing " + nameOf(two)}},
		{"the first digest is not there", func(f map[string][]byte) { delete(f, one) }, nil},
		{"a log file and its line of a digest are changed", func(f map[string][]byte) {
			was := sha256.Sum256(f[c])
			f[c] = append(f[c], ' ')
			now := sha256.Sum256(f[c])
			f[two] = bytes.Replace(f[two], []byte(hex.EncodeToString(was[:])), []byte(hex.EncodeToString(now[:])), 1)
		}, []string{"link " + nameOf(two), "signature " + nameOf(two)}},
		{"a digest is no digest", func(f map[string][]byte) { f[back] = []byte("{}") }, []string{"digest " + nameOf(back), "missing " + nameOf(back)}},
		{"the last digest is changed", func(f map[string][]byte) { f[empty] = append(f[empty], ' ') }, []string{"signature " + nameOf(empty)}},
		{"a signature is wrong", func(f map[string][]byte) {
			f[empty+signatureSuffix] = []byte(w.signatures[one])
		}, []string{"signature " + nameOf(empty)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, backwards := range []bool{false, true} {
				files := map[string][]byte{empty + signatureSuffix: []byte(w.signatures[empty] + "\n")}
				for name, content := range w.files {
					files[name] = bytes.Clone(content)
				}
				tt.change(files)
				got := newReading(t, w.keys()).all(files, backwards)
				for i := range got {
					if strings.HasPrefix(got[i], "broken ") {
						got[i] = "broken file:///trail/x"
					}
				}
				if diff := cmp.Diff(tt.want, slices.Compact(got)); diff != "" {
					t.Errorf("backwards %t, found (-want +got):\n%s", backwards, diff)
				}
			}
		})
	}
}

func TestSignatureOfMetadata(t *testing.T) {
	t.Parallel()
	w := newTestTrail(t)
	name := w.digest("")
	for signature, want := range map[string][]string{
		w.signatures[name]: nil, "zz": {"signature " + nameOf(name)}, "00": {"signature " + nameOf(name)}, "": nil,
	} {
		r := newReading(t, w.keys())
		r.read(name, w.files[name], map[string]string{"signature": signature})
		if diff := cmp.Diff(want, r.found); diff != "" {
			t.Errorf("signature %.10s (-want +got):\n%s", signature, diff)
		}
	}
	r := newReading(t, newTestTrail(t).keys())
	delete(r.keys, testFingerprint)
	r.keys["other"] = &w.key.PublicKey
	r.read(name, w.files[name], map[string]string{"signature": w.signatures[name]})
	if diff := cmp.Diff([]string{"unknown-key " + nameOf(name)}, r.found); diff != "" {
		t.Error(diff)
	}
}

// TestReadInTwoPieces is a log file whose beginning was read in an earlier run.
func TestReadInTwoPieces(t *testing.T) {
	t.Parallel()
	w := newTestTrail(t)
	name := w.log("a")
	digest := w.digest("", name)
	content := w.files[name]
	reopen := func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}
	for _, tt := range []struct {
		reopen Reopen
		want   []string
	}{{reopen, nil}, {nil, []string{"unverified " + nameOf(name), "missing " + nameOf(name)}}} {
		r := newReading(t, w.keys())
		r.read(digest, w.files[digest], nil)
		object := evidence.Object{URI: "file:///trail/" + name, Offset: int64(len(content))}
		if err := r.verified(tt.reopen).Decode(t.Context(), object, strings.NewReader(""), r.take); err != nil {
			t.Fatal(err)
		}
		batch, _ := r.verified(nil).Missing(0)
		if err := r.take(batch); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, r.found); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
	}
}

// TestMissingWaits gives files time to come, and says once that they did not.
func TestMissingWaits(t *testing.T) {
	t.Parallel()
	w := newTestTrail(t)
	log := w.log("a")
	digest := w.digest("", log)
	r := newReading(t, w.keys())
	r.read(digest, w.files[digest], nil)
	missing := func() int {
		batch, reported := r.verified(nil).Missing(time.Hour)
		if err := reported(); err != nil {
			t.Fatal(err)
		}
		return batch.Records
	}
	if n := missing(); n != 0 {
		t.Errorf("%d missing at once", n)
	}
	r.now = r.now.Add(time.Hour)
	if n := missing(); n != 1 {
		t.Errorf("%d missing after an hour, want 1", n)
	}
	r.open()
	if n := missing(); n != 0 {
		t.Errorf("%d missing a second time", n)
	}
	r.read(log, append(bytes.Clone(w.files[log]), ' '), nil)
	if diff := cmp.Diff([]string{"tampered " + nameOf(log)}, r.found); diff != "" {
		t.Errorf("came late, and changed (-want +got):\n%s", diff)
	}
}

func TestReaderFailsInALogFile(t *testing.T) {
	t.Parallel()
	w := newTestTrail(t)
	log := w.log("a")
	digest := w.digest("", log)
	r := newReading(t, w.keys())
	r.read(digest, w.files[digest], nil)
	broken := errors.New("broken")
	content := io.MultiReader(bytes.NewReader(w.files[log]), iotest.ErrReader(broken))
	err := r.verified(nil).Decode(t.Context(), evidence.Object{URI: "file:///" + log}, content, r.take)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "{}", "x", `{"PublicKeyList":[{"Value":"AA==","Fingerprint":"f"}]}`, `{"PublicKeyList":[{"Value":"!","Fingerprint":"f"}]}`} {
		if keys, err := ParseKeys([]byte(bad)); err == nil {
			t.Errorf("%q gave %v", bad, keys)
		}
	}
}

func TestLedgerSurvivesDamage(t *testing.T) {
	t.Parallel()
	r := newReading(t, nil)
	r.read("x_CloudTrail_y.json.gz", []byte(`{}`), nil)
	r.damage(`00000000 {"name":"z"}` + "\nhalf a li")
	r.open()
	if len(r.chain.ledger.known) != 1 {
		t.Errorf("%v", r.chain.ledger.known)
	}
}

// damage adds what is no entry to the file.
func (r *reading) damage(text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// A disk that was full for a while leaves part of a line. What was to be kept
// then is kept when it is read again, and nothing after it is swallowed.
func TestLedgerAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	r := newReading(t, nil)
	if _, err := r.chain.logFile("file:///a", sha256.Sum256([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	r.damage("0badc0de {\"na")
	if err := r.chain.ledger.file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.chain.logFile("file:///b", sha256.Sum256([]byte("b"))); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("writing to a closed file gives %v", err)
	}
	for _, name := range []string{"b", "c"} {
		if _, err := r.chain.logFile("file:///"+name, sha256.Sum256([]byte(name))); err != nil {
			t.Fatalf("%s: the disk has room again: %v", name, err)
		}
		r.open()
		if e := r.chain.ledger.known[name]; e == nil || e.Seen == "" {
			t.Errorf("%s was kept, and is lost", name)
		}
	}
}
