package genesystest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"

	"earwitness/sources/genesys/fakecloud"
)

// Endpoint is where a Transport's cloud is, for a client.
const Endpoint = "http://api.fake.invalid"

// Transport carries calls to a cloud without a network, so that a test may
// run in the time of testing/synctest. It is safe for concurrent use.
type Transport struct{ Cloud *fakecloud.Cloud }

// RoundTrip implements http.RoundTripper. An answer that is shorter than its
// Content-Length ends with io.ErrUnexpectedEOF, as on a network.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	serving, cancel := context.WithCancel(r.Context())
	defer cancel()
	in := r.Clone(serving)
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host = r.URL.Host
	recorder := httptest.NewRecorder()
	t.Cloud.ServeHTTP(recorder, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := recorder.Result()
	answer.Request = r
	length, err := strconv.Atoi(answer.Header.Get("Content-Length"))
	if err == nil && length > recorder.Body.Len() {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(recorder.Body.Bytes()), broken{}))
	}
	return answer, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
