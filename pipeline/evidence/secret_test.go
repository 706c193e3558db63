package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestHashedSecret(t *testing.T) {
	hashOf := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	for _, c := range []struct {
		value string
		times int
		want  string
	}{
		{"abc", 1, "abc"},
		{`a\/b`, 1, "a/b"},
		{"a%2Fb", 1, "a/b"},
		{"a%252Fb", 1, "a%2Fb"},
		{"a%252Fb", 2, "a/b"},
		{"a%252Fb", 9, "a/b"},
		{"a%2Fb", 0, "a%2Fb"},
		{"a%zz", 1, "a%zz"},
	} {
		got := string(AppendHashedSecret([]byte("x="), []byte(c.value), c.times))
		if got != "x="+hashOf(c.want) {
			t.Errorf("%s decoded %d times is not hashed as %s", c.value, c.times, c.want)
		}
		if !IsHashedSecret([]byte(got[2:])) {
			t.Errorf("%s is not known as hashed", got[2:])
		}
	}
	hashed := hashOf("x")
	for _, text := range []string{"", "sha256:", hashed[1:], hashed + "0", strings.ToUpper(hashed), hashed[:len(hashed)-1] + "F", hashed[:len(hashed)-1] + "g"} {
		if IsHashedSecret([]byte(text)) {
			t.Errorf("%q is taken for hashed", text)
		}
	}
}

func TestEndsWithSecretName(t *testing.T) {
	for before, want := range map[string]bool{
		"?X-Amz-Signature": true, "x%2damz-signature": false, "anything-x-amz-security-token": true, "X-AMZ-S3SESSION-TOKEN": true,
		"?Signature": true, `\u0026signature`: true, "%26Signature": true, "%3fSignature": true, "xSignature": false, "Signature": false,
		"?X-Amz-Credential": false, "": false,
	} {
		if got := EndsWithSecretName([]byte(before)); got != want {
			t.Errorf("%q: %t", before, got)
		}
	}
}

func TestIsEncodedAmpersand(t *testing.T) {
	for _, c := range []struct {
		text  string
		level int
		want  bool
	}{{"26x", 1, true}, {"2526", 1, false}, {"2526", 2, true}, {"26", 2, true}, {"25", 2, false}, {"26", 0, false}, {"3D", 1, false}} {
		if got := IsEncodedAmpersand([]byte(c.text), c.level); got != c.want {
			t.Errorf("%s at level %d: %t", c.text, c.level, got)
		}
	}
}
