package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Error is an answer that is no success.
type Error struct {
	// Method and Path of the call; no query, for that may hold a secret.
	Method, Path string
	Status       int
	// Code and Message are the API's; empty where the body is not its.
	Code, Message string
	// CorrelationID is what Genesys's support asks for.
	CorrelationID string
}

// Error says what was tried, how it was answered and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: answer %d", e.Method, e.Path, e.Status)
	if e.Code != "" {
		fmt.Fprintf(&b, " %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, " (%s)", e.Message)
	}
	if e.CorrelationID != "" {
		fmt.Fprintf(&b, ", correlation id %s", e.CorrelationID)
	}
	if hint := e.hint(); hint != "" {
		fmt.Fprintf(&b, "; %s", hint)
	}
	return b.String()
}

func (e *Error) hint() string {
	switch e.Status {
	case http.StatusForbidden:
		return "give the OAuth client a role with the permission, in the divisions that are audited"
	case http.StatusUnauthorized:
		return "check region, client id and secret"
	case http.StatusBadRequest:
		if strings.Contains(e.Message, "search interval") {
			return "shorten the interval of the source"
		}
	}
	return ""
}

// Denied says that credentials or permissions are missing: no retry mends
// that, and somebody has to.
func Denied(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

// Forbidden says that the client may not see the thing; others it may.
func Forbidden(err error) bool { return hasStatus(err, http.StatusForbidden) }

// NotFound says that there is no such thing.
func NotFound(err error) bool { return hasStatus(err, http.StatusNotFound) }

func hasStatus(err error, status int) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == status
}

// tooLarge says that a page has to be smaller.
func tooLarge(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusRequestEntityTooLarge || e.Code == "response.entity.too.large")
}

// mayPass says that the same call may succeed later.
func mayPass(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// longestMessage is how much of a foreign message is repeated, in bytes.
const longestMessage = 300

// failureOf makes an Error of an answer. Its body may be anything.
func failureOf(method, path string, answer *http.Response, body []byte) *Error {
	e := &Error{Method: method, Path: path, Status: answer.StatusCode, CorrelationID: answer.Header.Get("Inin-Correlation-Id")}
	var told struct {
		Code, Message, ContextID string
		// The login server's form.
		Error            string
		Description      string
		ErrorDescription string `json:"error_description"`
	}
	if json.Unmarshal(body, &told) != nil {
		e.Message = "not JSON: " + describe(answer.Header.Get("Content-Type"))
		return e
	}
	e.Code, e.Message = first(told.Code, told.Error), cut(first(told.Message, told.Description, told.ErrorDescription))
	e.CorrelationID = first(e.CorrelationID, told.ContextID)
	return e
}

func describe(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	if media == "" {
		return "no content type"
	}
	return cut(media)
}

func cut(text string) string {
	if len(text) > longestMessage {
		return strings.ToValidUTF8(text[:longestMessage], "") + "…"
	}
	return text
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// withoutURL leaves the address out of what net/http says: it stands in our
// own words beside it, without what is secret in it.
func withoutURL(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
