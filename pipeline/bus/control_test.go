package bus

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

func TestControlsKeepTheirForm(t *testing.T) {
	for _, c := range []struct {
		name    string
		control *Control
		bytes   string
	}{
		{"epoch", &Control{Body: &Control_Epoch{Epoch: &Epoch{
			Number: 7, Lineage: []byte{1, 2}, RulesSha256: []byte{3}, Sources: []string{"a", "b"}, Reason: "new",
		}}}, "0a1408071202010 21a010322016122016 22a036e6577"},
		{"coverage", &Control{Body: &Control_Coverage{Coverage: &Coverage{Source: "s3", UntilMs: 1700000000000}}}, "120b0a02733310 80d095ffbc31"},
		{"barrier", &Control{Body: &Control_Barrier{Barrier: &Barrier{Id: []byte{9, 8, 7}}}}, "1a050a03090807"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ControlRecord(2, c.control)
			if r.Partition != 2 || r.Key != nil {
				t.Errorf("the record is of partition %d with key %q", r.Partition, r.Key)
			}
			if got, want := hex.EncodeToString(r.Value), unspaced(c.bytes); got != want {
				t.Errorf("its bytes are %s, want %s", got, want)
			}
			m := Message{Key: r.Key, Value: r.Value}
			if !IsControl(&m) {
				t.Error("it is not known as a control record")
			}
			back, err := DecodeControl(&m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.control, back, protocmp.Transform()); diff != "" {
				t.Errorf("it came back changed (-want +got):\n%s", diff)
			}
		})
	}
}

func unspaced(s string) string {
	var out []byte
	for i := range len(s) {
		if s[i] != ' ' {
			out = append(out, s[i])
		}
	}
	return string(out)
}
