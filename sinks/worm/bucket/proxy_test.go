//go:build servers

package bucket

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newProxy passes on what a server answers, but for PUTs of which cut says
// that their answers are lost when the server has done its work.
func newProxy(t *testing.T, to string, cut func() bool) *httptest.Server {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodPut && cut() {
				_, err := io.Copy(io.Discard, r.Body)
				return errors.Join(err, errCut)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	})
	t.Cleanup(func() {
		proxy.Close()
		transport.CloseIdleConnections()
	})
	return proxy
}

var errCut = errors.New("the answer is cut off")

// Answers to PUTs that had succeeded are lost, one, some or all of them in a
// row: the archive holds everything once.
func (s realServer) testCutAnswers(t *testing.T) {
	ours := newTrail(t)
	config := s.bucket(t, "cut")
	for every := int32(1); every <= 3; every++ {
		config.Prefix = "every-" + string('0'+every)
		var count, cuts atomic.Int32
		proxy := newProxy(t, s.Endpoint, func() bool {
			n := count.Add(1)
			lost := every == 1 && n <= 8 || every > 1 && n%every == 0
			if lost {
				cuts.Add(1)
			}
			return lost
		})
		throughProxy := config
		throughProxy.Endpoint, throughProxy.Timeout = proxy.URL, 10*time.Second
		archive := ours.archive(t, openReal(t, throughProxy))
		for first := int64(0); first < 100; first += 10 {
			if err := errors.Join(archive.Write(t.Context(), 0, testChunk(first, first+10)), archive.Flush(t.Context(), 0)); err != nil {
				t.Fatal(err)
			}
		}
		store := openReal(t, config)
		if report := ours.verify(t, store); !report.Holds() {
			t.Errorf("verify finds %v, %v", report.Findings, report.Unread)
		}
		var want []string
		for offset := range int64(100) {
			m := testMessage(offset)
			want = append(want, line(0, &m))
		}
		if diff := cmp.Diff(want, ours.held(t, store)); diff != "" {
			t.Error(diff)
		}
		if got := len(list(t, store, "", "")); got != 10 || cuts.Load() == 0 {
			t.Errorf("%d versions of 10 segments, %d answers cut", got, cuts.Load())
		}
		t.Logf("%d PUTs, %d answers cut off", count.Load(), cuts.Load())
	}
}
