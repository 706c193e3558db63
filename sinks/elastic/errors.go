package elastic

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"unicode/utf8"
)

// ErrClosed says that the sink was closed.
var ErrClosed = errors.New("the Elasticsearch sink is closed")

var errUnreadable = errors.New("the answer is not what Elasticsearch writes")

// RequestError says what was asked of Elasticsearch and why it was not done.
type RequestError struct {
	// Action that was tried, as in "check index template earwitness-access".
	Action string
	// URL of the nodes, without credentials.
	URL string
	// Status of the answer, with the type and reason that Elasticsearch gives;
	// 0 when there was none, and then Err is why.
	Status       int
	Type, Reason string
	Err          error
}

func (e *RequestError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in Elasticsearch at %s: ", e.Action, e.URL)
	switch {
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		fmt.Fprintf(&b, "%d %s", e.Status, http.StatusText(e.Status))
		if e.Type != "" {
			fmt.Fprintf(&b, ", %s", e.Type)
		}
		if e.Reason != "" {
			fmt.Fprintf(&b, ": %s", e.Reason)
		}
	}
	if hint := e.hint(); hint != "" {
		fmt.Fprintf(&b, "; %s", hint)
	}
	return b.String()
}

// Unwrap gives why there was no answer.
func (e *RequestError) Unwrap() error { return e.Err }

// Temporary says that the same request may be taken later.
func (e *RequestError) Temporary() bool {
	switch {
	case e.Err != nil:
		return !e.untrusted() && !e.stranger()
	case e.Status >= http.StatusInternalServerError:
		return true
	default:
		return e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
	}
}

// untrusted tells of a server whose certificate is not what is expected.
func (e *RequestError) untrusted() bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var pin *PinError
	return errors.As(e.Err, &verification) || errors.As(e.Err, &authority) || errors.As(e.Err, &invalid) ||
		errors.As(e.Err, &host) || errors.As(e.Err, &pin)
}

// stranger tells of a server that is not Elasticsearch, or not by this scheme.
func (e *RequestError) stranger() bool {
	var record tls.RecordHeaderError
	text := e.Err.Error()
	return errors.As(e.Err, &record) || strings.Contains(text, "the client noticed that the server is not Elasticsearch") ||
		strings.Contains(text, "server gave HTTP response to HTTPS client") || strings.Contains(text, "malformed HTTP response")
}

// hint says what to do.
func (e *RequestError) hint() string {
	if e.Err != nil {
		return e.connectionHint()
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return "check the user and password, or the API key"
	case http.StatusForbidden:
		if e.Type == "cluster_block_exception" {
			return "the index is blocked: free disk space or take the block away (index.blocks.*)"
		}
		return "the user lacks a right: docs/operations/elasticsearch.md lists those that are needed"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "check that the URL is that of Elasticsearch itself, with the path that a proxy may want"
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return "it speaks neither version 8 nor 9 of the API, or a proxy changes the headers"
	case http.StatusTooManyRequests:
		return "it has more to do than it can: if that goes on, give it more nodes or send less"
	default:
		return ""
	}
}

func (e *RequestError) connectionHint() string {
	var dns *net.DNSError
	switch {
	case e.untrusted():
		return "give the CA file, or the fingerprint, of the certificate that the server has now"
	case e.stranger():
		return "check scheme and port of the URL: http:// or https://, and Elasticsearch 8 or 9 behind it (OpenSearch does not do)"
	case errors.As(e.Err, &dns):
		return "check the host of the URL"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "check that it runs, and the port of the URL"
	case errors.Is(e.Err, context.DeadlineExceeded):
		return "it did not answer in time: look at its load and at the network"
	case errors.Is(e.Err, errUnreadable):
		return "look at what stands between: a proxy answers in its place"
	case errors.Is(e.Err, io.EOF), errors.Is(e.Err, syscall.ECONNRESET), errors.Is(e.Err, syscall.EPIPE):
		return "the connection was cut: check whether the URL should begin with https://, and look at Elasticsearch's log and at proxies between"
	default:
		return ""
	}
}

// ItemError says why an item of a bulk waits. Unlike a request that is refused
// as a whole, it can always be mended: documents that can't go elsewhere.
type ItemError struct{ *RequestError }

// Unwrap gives what Elasticsearch said.
func (e *ItemError) Unwrap() error { return e.RequestError }

// temporary says that the same request may be taken later.
func temporary(err error) bool {
	var item *ItemError
	if errors.As(err, &item) {
		return true
	}
	var e *RequestError
	return errors.As(err, &e) && e.Temporary()
}

// failure is how Elasticsearch writes an error.
type failure struct {
	Type     string   `json:"type"`
	Reason   string   `json:"reason"`
	CausedBy *failure `json:"caused_by"`
}

// reason names the cause too: the outer one alone often says nothing.
func (f *failure) reason() string {
	text := f.Reason
	for c := f.CausedBy; c != nil; c = c.CausedBy {
		if c.Reason != "" && !strings.Contains(text, c.Reason) {
			text += ": " + c.Reason
		}
	}
	return shorten(text)
}

// shorten keeps what a person reads of an error.
func shorten(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
