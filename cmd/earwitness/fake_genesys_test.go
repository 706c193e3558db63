package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fakeGenesys serves until the test ends, and gives its address.
func fakeGenesys(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	said, say := io.Pipe()
	ended := make(chan int, 1)
	root := newRoot()
	root.SetArgs(append([]string{"fake-genesys", "--listen", "127.0.0.1:0"}, args...))
	root.SetOut(say)
	root.SetErr(say)
	go func() {
		ended <- execute(ctx, root)
		_ = say.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("the fake ends with %d", code)
		}
	})
	text := make([]byte, 1024)
	n, err := said.Read(text)
	go func() { _, _ = io.Copy(io.Discard, said) }()
	at := regexp.MustCompile(`http://\S+:\d+`).FindString(string(text[:n]))
	if err != nil || at == "" {
		t.Fatalf("it says %q, %v", text[:n], err)
	}
	return at
}

func TestFakeGenesysServes(t *testing.T) {
	t.Parallel()
	at := fakeGenesys(t, "--world", filepath.Join(worldsDir, "1", "audits"), "--client-secret", "open sesame")
	form := strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/oauth/token", form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("client", "open sesame")
	answer, err := new(http.Client).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), "access_token") {
		t.Errorf("login: %s, %v", text, err)
	}
}

func TestFakeGenesysMistakes(t *testing.T) {
	t.Parallel()
	earwitness(t, "fake-genesys").want(t, 2, "--world")
	earwitness(t, "fake-genesys", "--world", filepath.Join(t.TempDir(), "none")).want(t, 1, "no such file")
	earwitness(t, "fake-genesys", "--world", t.TempDir(), "--listen", "nowhere").want(t, 1, "--listen")
}
