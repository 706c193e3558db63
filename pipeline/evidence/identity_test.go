package evidence

import (
	"crypto/sha256"
	"testing"
)

// Vectors that an implementation of its own worked out.
func TestRequestID(t *testing.T) {
	t.Parallel()
	tests := []struct{ bucket, requestID, hostID, operation, key, version, want string }{
		{
			"acme-voice-1", "9263AF7D213A3189", "id7HKqoFCm42hv2vY0jFTxh8SrcWmFlxl0nDutO0Sj63hUB9/1P4vzRtPGKrahcHxyne9eZdUoA=", "BATCH.DELETE.OBJECT",
			"cd613e30-d8f1-4adf-91b7-584a2265b1f5/year=2026/month=03/day=04/hour=20/conversation_id=236d5f0a-3956-42a9-8243-68b8ea9f4778/231a8f66-df0b-4bcc-8417-15f3100d805c.opus",
			"null", "1c2f579106f0ae1c52167310e0aaa6d5",
		},
		{
			"acme-voice-1", "B7AFB72E7FD0E0C5", "ftMlpsqYe7Sy2BfVdyiOmyXI/4HKiQrr1rmuw6XbJWqoUWDtv3MsS6bZYsA4vkN2hoKcdydY8D0=", "BATCH.DELETE.OBJECT",
			"exports/eu/cd613e30-d8f1-4adf-91b7-584a2265b1f5/year=2026/month=3/day=7/hour=2/conversation_id=21c99820-3c9b-42e3-9cc6-e360a15b314b/906c5706-cd08-4ce4-a39c-c1b5aa2a9cdb.opus",
			"", "fe858ba3681162c63d351b934106aff8",
		},
		{"acme-voice-1", "DBD42F8E5AB13179", "W5D6r9bNz98vzv/sBb1Hfk3MU5wgaUoUsRLQ/+fYwXTW+m9uDG76N9WyOxD0KlQR", "REST.GET.LIFECYCLE", "", "", "a51fed2d2038b8c40259cfeca3220aa5"},
	}
	for _, test := range tests {
		got := RequestID(test.bucket, test.requestID, test.hostID, test.operation, test.key, test.version)
		if got.String() != test.want {
			t.Errorf("%s: got %s, want %s", test.requestID, got, test.want)
		}
	}
}

func TestActID(t *testing.T) {
	t.Parallel()
	for audit, want := range map[string]string{
		"7af027bc-08d6-4f57-9a71-144896c8da19": "b7b9d1e88a1d9d0eb40e9ad0bde670d4",
		"8092b4d4-2b28-4ef0-ab9c-014ea5ac06d8": "637c9a24c40ac0999e2f4d0aa1224c5e",
		"ddbd358f-6156-44df-92bc-cdcb6816de06": "f4bf0d7ffb436fbf68387b70756b922d",
	} {
		if got := ActID(audit).String(); got != want {
			t.Errorf("%s: got %s, want %s", audit, got, want)
		}
	}
}

// A field keeps to itself: moving a byte over a border is another identity.
func TestIdentityKeepsFieldsApart(t *testing.T) {
	t.Parallel()
	seen := map[ID]int{}
	long := string(make([]byte, 1000))
	for i, fields := range [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {long}, {long + "a"}, {long, "a"}} {
		id := Identity("d", fields...)
		if before, ok := seen[id]; ok {
			t.Errorf("fields %d and %d have one identity", before, i)
		}
		if seen[id] = i; id.IsZero() {
			t.Errorf("fields %d: no identity", i)
		}
	}
	sum := sha256.Sum256(nil)
	if PieceID(Kind_KIND_ACCESS_LOG, sum) == PieceID(Kind_KIND_FILE, sum) {
		t.Error("pieces by two ways are one")
	}
	if DeadLetterID("a", "b", sum) == DeadLetterID("b", "a", sum) {
		t.Error("stage and cause are one")
	}
}
