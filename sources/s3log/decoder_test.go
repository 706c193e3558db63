package s3log

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"earwitness/pipeline/evidence"
)

func testDecoder() *Decoder {
	return New(Config{Clock: func() time.Time { return time.UnixMilli(7) }})
}

func decodeAll(tb testing.TB, object evidence.Object, data []byte) []evidence.Batch {
	tb.Helper()
	var batches []evidence.Batch
	err := testDecoder().Decode(context.Background(), object, bytes.NewReader(data), func(b evidence.Batch) error {
		batches = append(batches, b)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return batches
}

func TestDecodeStoredLines(t *testing.T) {
	t.Parallel()
	lines := uglyLines(t)
	ids, err := os.ReadFile("testdata/ugly.ids")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(ids))
	batches := decodeAll(t, evidence.Object{URI: "file:///x"}, []byte(strings.Join(lines, "\r\n")))
	if len(batches) != 1 || len(batches[0].Evidence) != len(want) || len(batches[0].DeadLetters) != 0 {
		t.Fatalf("batches: %d", len(batches))
	}
	offset := int64(0)
	for i, e := range batches[0].Evidence {
		if got := hex.EncodeToString(e.GetRequest().Identity); got != want[i] {
			t.Errorf("identity %s, want %s of %s", got, want[i], lines[i])
		}
		sum := sha256.Sum256([]byte(lines[i]))
		if !bytes.Equal(e.Origin.Sha256, sum[:]) || e.Origin.Offset != offset || e.Origin.Length != int64(len(lines[i])) {
			t.Errorf("origin %v of line %d", e.Origin, i)
		}
		offset += int64(len(lines[i])) + 2
		if strings.Contains(lines[i], "X-Amz-Signature") != (len(e.GetRequest().Grant) == sha256.Size) {
			t.Errorf("grant %x of %s", e.GetRequest().Grant, lines[i])
		}
		again, letter := testDecoder().DecodeLine(bytes.Clone(e.Raw), e.Origin)
		if diff := cmp.Diff(e, again, protocmp.Transform()); diff != "" || letter != nil {
			t.Errorf("rebuilt from its raw bytes: %v %s", letter, diff)
		}
	}
}

func TestDecodeOneLine(t *testing.T) {
	t.Parallel()
	const recording = "1180febb-8ca9-4ff9-8b56-ba957c1681b8"
	key := "p/CD613E30-d8f1-4adf-91b7-584a2265b1f5/year%253D2026/month%253D3/day%253D04/hour%253D1/conversation_id%253De37b7849-2f5a-4f23-9f9b-f4ff310f1079/" + recording + ".opus_metadata.json"
	text := strings.Replace(getHead, "a/b.opus", key, 1) + `"GET /k?X-Amz-Date=20260302T101112Z&X-Amz-Signature=abc HTTP/1.1" 200 - 0 9 1 1 "-" "` + "\xff" + `"` +
		strings.Replace(fullTail, "AuthHeader", "QueryString", 1) + " more"
	got := decodeAll(t, evidence.Object{URI: "s3://b/k", Offset: 100}, []byte(text+"\n"))[0].Evidence[0]
	sum := sha256.Sum256([]byte(text))
	signature := sha256.Sum256([]byte("abc"))
	piece := evidence.PieceID(evidence.Kind_KIND_ACCESS_LOG, sum)
	decoded := strings.ReplaceAll(key, "%253D", "=")
	identity := evidence.RequestID("calls", "3E57427F33A59F07", hostID, "REST.GET.OBJECT", decoded, "")
	want := &evidence.Evidence{
		Id: piece[:], Kind: evidence.Kind_KIND_ACCESS_LOG, Grade: evidence.Grade_GRADE_EXACT,
		SubjectKind: evidence.SubjectKind_SUBJECT_KIND_RECORDING, SubjectId: recording,
		Origin: &evidence.Origin{Uri: "s3://b/k", Offset: 100, Length: int64(len(text)), Sha256: sum[:]},
		Raw:    []byte(strings.Replace(text, "=abc", "="+hashed("abc"), 1)),
		Fact: &evidence.Evidence_Request{Request: &evidence.StorageRequest{
			Identity: identity[:], BucketOwner: owner, Bucket: "calls", TimeMs: 1770336117000, RemoteIp: "192.0.2.3",
			Requester: "arn:aws:iam::111122223333:user/ann", RequestId: "3E57427F33A59F07", Operation: "REST.GET.OBJECT",
			Key: decoded, KeyLogged: key, RequestUri: "GET /k?X-Amz-Date=20260302T101112Z&X-Amz-Signature=" + hashed("abc") + " HTTP/1.1",
			Status: 200, ObjectSize: 9, TotalTimeMs: 1, TurnAroundMs: 1, UserAgent: "%FF", HostId: hostID,
			SignatureVersion: "SigV4", CipherSuite: "TLS_AES_128_GCM_SHA256", AuthenticationType: "QueryString",
			HostHeader: "calls.s3.eu-central-1.amazonaws.com", TlsVersion: "TLSv1.3", SourceRegion: "eu-central-1",
			Extra: []string{"more"}, Present: 31, Grant: signature[:], SigningTimeMs: 1772446272000,
			OrganizationId: "cd613e30-d8f1-4adf-91b7-584a2265b1f5", ConversationId: "e37b7849-2f5a-4f23-9f9b-f4ff310f1079",
			RecordingId: recording, ObjectKind: evidence.ObjectKind_OBJECT_KIND_METADATA,
		}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if _, err := got.MarshalVT(); err != nil {
		t.Error(err)
	}
}

func TestDecodeUnreadable(t *testing.T) {
	t.Parallel()
	batch := decodeAll(t, evidence.Object{}, []byte("\n\r\nhello X-Amz-Signature=abc\n"))[0]
	if batch.Records != 1 || len(batch.Evidence) != 1 || len(batch.DeadLetters) != 1 || batch.End != 29 {
		t.Fatalf("%+v", batch)
	}
	e, letter := batch.Evidence[0], batch.DeadLetters[0]
	if e.Grade != evidence.Grade_GRADE_RAW || e.Why == "" || e.SubjectId != hex.EncodeToString(e.Origin.Sha256) ||
		e.SubjectKind != evidence.SubjectKind_SUBJECT_KIND_RAW || e.Fact != nil || bytes.Contains(e.Raw, []byte("abc")) {
		t.Errorf("evidence %v", e)
	}
	if letter.Cause != CauseUnreadable || letter.Stage != Stage || letter.TimeMs != 7 || !bytes.Equal(letter.Raw, e.Raw) {
		t.Errorf("dead letter %v", letter)
	}
}

func TestDecodeLongLine(t *testing.T) {
	t.Parallel()
	for _, size := range []int{MaxLine, MaxLine + 1, MaxLine + 2, 3 * MaxLine} {
		for _, end := range []string{"", "\n", "\r\n"} {
			line := strings.Repeat("x\r", size/2) + strings.Repeat("y", size%2+2)[:size-2*(size/2)]
			data := []byte("a\n" + line + end + "b\n")
			if end == "" {
				data = []byte("a\n" + line)
			}
			text := strings.TrimSuffix(line, "\r")
			if end == "\n" || end == "" {
				text = strings.TrimSuffix(line, "\r")
			} else if strings.HasSuffix(line, "\r") {
				text = line
			}
			var all evidence.Batch
			for _, b := range decodeAll(t, evidence.Object{}, data) {
				all.Evidence = append(all.Evidence, b.Evidence...)
				all.DeadLetters = append(all.DeadLetters, b.DeadLetters...)
				all.End = b.End
			}
			long := all.Evidence[1]
			sum := sha256.Sum256([]byte(text))
			if !bytes.Equal(long.Origin.Sha256, sum[:]) || long.Origin.Length != int64(len(text)) || long.Origin.Offset != 2 || all.End != int64(len(data)) {
				t.Errorf("%d %q: origin %v, want length %d, end %d of %d", size, end, long.Origin, len(text), all.End, len(data))
			}
			if wantLong := len(text) > MaxLine; wantLong != (len(long.Raw) == KeptOfLong) || wantLong != (all.DeadLetters[1].Cause == CauseTooLong) {
				t.Errorf("%d %q: kept %d, cause %s", size, end, len(long.Raw), all.DeadLetters[1].Cause)
			}
			if _, letter := testDecoder().DecodeLine(long.Raw, long.Origin); letter == nil || letter.Cause != all.DeadLetters[1].Cause {
				t.Errorf("rebuilt: %v", letter)
			}
		}
	}
}

func TestDecodeGrowing(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"b", "", "b\r", strings.Repeat("b", 2*MaxLine)} {
		batches := decodeAll(t, evidence.Object{Growing: true, Offset: 5}, []byte("a\n\n"+open))
		if len(batches) != 1 || batches[0].End != 8 || batches[0].Records != 1 {
			t.Errorf("%d bytes open: %d batches", len(open), len(batches))
		}
	}
}

func TestDecodeBatches(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("a\n", 2*batchLines+1) + strings.Repeat("\n", 9)
	batches := decodeAll(t, evidence.Object{}, []byte(lines))
	if len(batches) != 3 || batches[1].Records != batchLines || batches[2].Records != 1 || batches[2].End != int64(len(lines)) {
		t.Errorf("%d batches", len(batches))
	}
	big := strings.Repeat(strings.Repeat("a", 99<<10)+"\n", 20)
	if batches := decodeAll(t, evidence.Object{}, []byte(big)); len(batches) != 4 {
		t.Errorf("%d batches of big lines", len(batches))
	}
}

func TestDecodeFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	records := 0
	count := func(b evidence.Batch) error { records += b.Records; return nil }
	data := strings.NewReader("a\nb\nc")
	err := testDecoder().Decode(context.Background(), evidence.Object{URI: "u"}, &cutReader{data, broken}, count)
	if !errors.Is(err, broken) || records != 2 {
		t.Errorf("reader: %v, %d records", err, records)
	}
	err = testDecoder().Decode(context.Background(), evidence.Object{}, strings.NewReader("a\n"), func(evidence.Batch) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("emit: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err = testDecoder().Decode(ctx, evidence.Object{}, strings.NewReader("a\n"), count); !errors.Is(err, context.Canceled) {
		t.Errorf("context: %v", err)
	}
	if err = testDecoder().Decode(context.Background(), evidence.Object{}, iotest.ErrReader(broken), count); !errors.Is(err, broken) {
		t.Errorf("no byte: %v", err)
	}
}

// cutReader fails with err where r ends.
type cutReader struct {
	r   *strings.Reader
	err error
}

func (c *cutReader) Read(p []byte) (int, error) {
	if c.r.Len() == 0 {
		return 0, c.err
	}
	return c.r.Read(p)
}
