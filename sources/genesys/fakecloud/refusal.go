package fakecloud

import (
	"encoding/json"
	"fmt"
	"net/http"
)

const correlationHeader = "ININ-Correlation-Id"

// refusal is an answer that is no success.
type refusal struct {
	status        int
	code, message string
	// limit stands in the body of a 429.
	limit *limitBody
}

// limitBody says which limit was met.
type limitBody struct {
	Key       string `json:"key"`
	Namespace string `json:"namespace"`
	Value     int    `json:"value"`
}

// errorBody is that of the API's description.
type errorBody struct {
	Message           string            `json:"message"`
	Code              string            `json:"code"`
	Status            int               `json:"status"`
	MessageWithParams string            `json:"messageWithParams,omitempty"`
	MessageParams     map[string]string `json:"messageParams"`
	ContextID         string            `json:"contextId"`
	Details           []any             `json:"details"`
	Errors            []any             `json:"errors"`
	Limit             *limitBody        `json:"limit,omitempty"`
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "bad.request", format, args...)
}

func notFound() *refusal {
	return refuse(http.StatusNotFound, "not.found", "The requested resource was not found.")
}

func (r *refusal) write(w http.ResponseWriter) {
	writeJSON(w, r.status, errorBody{
		Message: r.message, Code: r.code, Status: r.status, MessageWithParams: r.message, MessageParams: map[string]string{},
		ContextID: w.Header().Get(correlationHeader), Details: []any{}, Errors: []any{}, Limit: r.limit,
	})
}

// writeJSON writes a body; a caller that has gone is no concern of the cloud.
func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
