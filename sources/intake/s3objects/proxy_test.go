//go:build servers

package s3objects_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// fault is what a proxy does to requests on their way.
type fault struct {
	// before, when it says true, has answered in the place of the server.
	before func(w http.ResponseWriter, r *http.Request) bool
	// cut gives how many bytes of an answer come before the connection
	// breaks; all where it is negative.
	cut func(r *http.Request) int64
}

// newProxy passes on what a server answers, and gives its own endpoint.
func newProxy(t *testing.T, to string, f fault) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	reverse := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		ModifyResponse: func(r *http.Response) error {
			if f.cut == nil {
				return nil
			}
			if n := f.cut(r.Request); n >= 0 {
				r.Body = &breaking{Reader: io.LimitReader(r.Body, n), Closer: r.Body}
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.before == nil || !f.before(w, r) {
			reverse.ServeHTTP(w, r)
		}
	}))
	proxy.Config.ErrorLog = nil
	t.Cleanup(func() {
		proxy.Close()
		transport.CloseIdleConnections()
	})
	return proxy.URL
}

type breaking struct {
	io.Reader
	io.Closer
}

var errBroken = errors.New("the connection broke")

// Read implements io.Reader.
func (b *breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errBroken
	}
	return n, err
}

// answering answers with an error of S3 those of some requests that fail says.
func answering(which func(*http.Request) bool, fail func() bool, status int, code string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !which(r) || !fail() {
			return false
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as the test wants it</Message></Error>", code)
		return true
	}
}

// doing has something done before some requests get to the server.
func doing(which func(*http.Request) bool, when func() bool, what func()) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if which(r) && when() {
			what()
		}
		return false
	}
}
