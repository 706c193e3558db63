package s3log

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hashPrefix + hex.EncodeToString(sum[:])
}

func TestRedact(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"nothing", `"GET /a?x=1&year%3D2026 HTTP/1.1"`, `"GET /a?x=1&year%3D2026 HTTP/1.1"`},
		{"version 4", `"GET /a?X-Amz-Signature=abc&X-Amz-Date=1 HTTP/1.1"`, `"GET /a?X-Amz-Signature=` + hashed("abc") + `&X-Amz-Date=1 HTTP/1.1"`},
		{"last parameter", `"GET /a?X-Amz-Signature=abc HTTP/1.1"`, `"GET /a?X-Amz-Signature=` + hashed("abc") + ` HTTP/1.1"`},
		{"any case", `x-amz-SIGNATURE=abc`, `x-amz-SIGNATURE=` + hashed("abc")},
		{"token, escaped", `?X-Amz-Security-Token=a%2Fb%3D%3D&`, `?X-Amz-Security-Token=` + hashed("a/b==") + `&`},
		{"the key id stays", `?X-Amz-Credential=AKIAEXAMPLE%2F20260302`, `?X-Amz-Credential=AKIAEXAMPLE%2F20260302`},
		{"encoded once", `r?u=https%3A%2F%2Fh%3FX-Amz-Signature%3Dab%252Bc%26x%3D1`, `r?u=https%3A%2F%2Fh%3FX-Amz-Signature%3D` + hashed("ab+c") + `%26x%3D1`},
		{"encoded twice", `X-Amz-Signature%253dabc%2526x`, `X-Amz-Signature%253d` + hashed("abc") + `%2526x`},
		{"name encoded", `?X%2DAmz-%53ignatur%65=abc&`, `?X%2DAmz-%53ignatur%65=` + hashed("abc") + `&`},
		{"name encoded twice", `?X%252DAmz-Signatur%2565%3Dabc`, `?X%252DAmz-Signatur%2565%3D` + hashed("abc")},
		{"version 2", `"GET /a?AWSAccessKeyId=AK&Expires=1&Signature=a%2Bb%3D HTTP/1.1"`, `"GET /a?AWSAccessKeyId=AK&Expires=1&Signature=` + hashed("a+b=") + ` HTTP/1.1"`},
		{"a key named signature", `a/signature%253D1/b`, `a/signature%253D1/b`},
		{"quote ends it", `"x-amz-signature=abc"def"`, `"x-amz-signature=` + hashed("abc") + `"def"`},
		{"two", `Signature=a&X-Amz-Signature=b`, `Signature=` + hashed("a") + `&X-Amz-Signature=` + hashed("b")},
		{"empty", `X-Amz-Signature=&x`, `X-Amz-Signature=&x`},
		{"a client's own hash", `X-Amz-Signature=` + hashed("abc"), `X-Amz-Signature=` + hashed(hashed("abc"))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := string(redactor{}.redact([]byte(test.in))); got != test.want {
				t.Errorf("fresh:\n got %s\nwant %s", got, test.want)
			}
			if got := string(redactor{stored: true}.redact([]byte(test.want))); got != test.want {
				t.Errorf("stored:\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// What was redacted stays as it is when it comes back from the archive, and
// the secret is nowhere in it.
func FuzzRedact(f *testing.F) {
	f.Add([]byte("GET /?X-Amz-Signature="), []byte("&x HTTP/1.1"))
	f.Add([]byte("a%3FX-Amz-Security-Token%3D"), []byte("%26"))
	f.Add([]byte("Signature=x&Signature%253D"), []byte(`"`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		const secret = "s3cr3ts3cr3ts3cr3ts3cr3t"
		line := bytes.Join([][]byte{before, []byte("?X-Amz-Signature=" + secret), after}, nil)
		kept := bytes.Clone(line)
		once := redactor{}.redact(line)
		if !bytes.Equal(line, kept) {
			t.Error("the line was written to")
		}
		if !bytes.Contains(before, []byte(secret)) && !bytes.Contains(after, []byte(secret)) && bytes.Contains(once, []byte(secret)) {
			t.Errorf("the secret is still in %q", once)
		}
		if twice := (redactor{stored: true}).redact(once); !bytes.Equal(once, twice) {
			t.Errorf("not stable:\n%q\n%q", once, twice)
		}
	})
}

func TestPresigned(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("abc"))
	tests := []struct {
		name, uri string
		grant     bool
		ms        int64
	}{
		{"version 4", "GET /a?X-Amz-Date=20260302T101112Z&X-Amz-Signature=" + hashed("abc") + " HTTP/1.1", true, 1772446272000},
		{"encoded names and values", "GET /a?X-Amz-D%61te=20260302T1011%312Z&X-Amz%2DSignature=" + hashed("abc") + " HTTP/1.1", true, 1772446272000},
		{"version 2", "GET /a?AWSAccessKeyId=A&Signature=" + hashed("abc") + "&Expires=1 HTTP/1.1", true, 0},
		{"none", "GET /a HTTP/1.1", false, 0},
		{"in the path", "GET /X-Amz-Signature=" + hashed("abc") + " HTTP/1.1", false, 0},
		{"bad date", "GET /a?X-Amz-Date=yesterday HTTP/1.1", false, 0},
		{"no such day", "GET /a?X-Amz-Date=20260229T101112Z HTTP/1.1", false, 0},
		{"leap day", "GET /a?X-Amz-Date=20240229T101112Z HTTP/1.1", false, 1709201472000},
		{"leap second", "GET /a?X-Amz-Date=20260302T101160Z HTTP/1.1", false, 0},
		{"before 1970", "GET /a?X-Amz-Date=19691231T235959Z HTTP/1.1", false, -1000},
		{"parts of a second", "GET /a?X-Amz-Date=20260302T101112.5Z HTTP/1.1", false, 1772446272500},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			grant, ms := presigned(test.uri)
			if test.grant != bytes.Equal(grant, sum[:]) || ms != test.ms {
				t.Errorf("grant %x, time %d", grant, ms)
			}
		})
	}
}

func TestDecodeKey(t *testing.T) {
	t.Parallel()
	tests := []struct{ operation, logged, want string }{
		{"REST.GET.OBJECT", "year%253D2026/a", "year=2026/a"},
		{"BATCH.DELETE.OBJECT", "year%3D2026/a", "year=2026/a"},
		{"S3.EXPIRE.OBJECT", "year%3D2026/a", "year=2026/a"},
		{"S3.CREATE.DELETEMARKER", "foo-%2525Y", "foo-%25Y"},
		{"REST.COPY.OBJECT_GET", "foo-%2525Y", "foo-%Y"},
		{"REST.GET.OBJECT", "a%zz%2", "a%zz%2"},
		{"REST.GET.OBJECT", "a+b*", "a+b*"},
		{"REST.GET.OBJECT", "a%2520b", "a b"},
		{"REST.GET.OBJECT", "%25E2%2582%25AC", "€"},
		{"REST.GET.OBJECT", "a%25FFb", "a%FFb"},
		{"REST.GET.OBJECT", "a\xffb", "a%FFb"},
	}
	for _, test := range tests {
		if got := decodeKey(test.logged, encodings([]byte(test.operation))); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.operation, test.logged, got, test.want)
		}
	}
}

func FuzzDecodeKey(f *testing.F) {
	f.Add("year%253D2026/%FF", 2)
	f.Add("%25%32%35", 1)
	f.Fuzz(func(t *testing.T, key string, times int) {
		times = 1 + times&1
		decodeKey(key, times)
		clean := strings.ToValidUTF8(key, "")
		encoded := clean
		for range times {
			encoded = strings.ReplaceAll(strings.ReplaceAll(encoded, "%", "%25"), "=", "%3D")
		}
		if got := decodeKey(encoded, times); got != clean {
			t.Errorf("%q came back as %q", clean, got)
		}
	})
}
