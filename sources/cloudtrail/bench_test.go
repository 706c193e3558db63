package cloudtrail

import (
	"bytes"
	"encoding/json"
	"testing"

	"earwitness/pipeline/evidence"
)

// benchFile has events as they fill most files: objects that were read.
func benchFile(b *testing.B) (data []byte, records int) {
	b.Helper()
	all := decode(b, readSample(b, "trail.json"))
	const n = 1000
	buf := bytes.NewBufferString(`{"Records":[`)
	for i := range n {
		if i > 0 {
			buf.WriteByte(',')
		}
		buf.Write(all.Evidence[i%3].Raw)
	}
	buf.WriteString("]}")
	return buf.Bytes(), n
}

func BenchmarkDecode(b *testing.B) {
	data, n := benchFile(b)
	d := testDecoder(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		err := d.Decode(b.Context(), evidence.Object{}, bytes.NewReader(data), func(evidence.Batch) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkScan is the reading alone: without hashes and identities.
func BenchmarkScan(b *testing.B) {
	data, n := benchFile(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		src := newRecords(bytes.NewReader(data), 0, false)
		var e event
		p := new(piece)
		src.skip(0)
		for range n {
			if _, ok := src.next(&e, p); !ok {
				b.Fatal("a record is missing")
			}
		}
	}
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "records/s")
}

// plainEvent is what a program would declare to read the same fields.
type plainEvent struct {
	EventVersion, EventTime, EventSource, EventName, AWSRegion, SourceIPAddress, UserAgent string
	RequestID, EventID, ErrorCode, EventType, RecipientAccountID, EventCategory            string
	UserIdentity                                                                           struct {
		Type, PrincipalID, ARN, AccountID, AccessKeyID, UserName string
		SessionContext                                           struct {
			SourceIdentity string
			Attributes     struct{ CreationDate, MFAAuthenticated string }
			SessionIssuer  struct{ Type, PrincipalID, ARN, AccountID, UserName string }
		}
	}
	RequestParameters   map[string]any
	AdditionalEventData map[string]any
	Resources           []struct{ ARN, Type string }
	TLSDetails          struct{ TLSVersion, CipherSuite, ClientProvidedHostHeader string }
}

func BenchmarkEncodingJSON(b *testing.B) {
	data, n := benchFile(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var file struct{ Records []plainEvent }
		if err := json.Unmarshal(data, &file); err != nil || len(file.Records) != n {
			b.Fatal(len(file.Records), err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "records/s")
}
