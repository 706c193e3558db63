package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"sync"

	"earwitness/pipeline/evidence"
)

// comeAgain is the Retry-After of 503, in seconds.
const comeAgain = 5

// problem is the body of a refusal.
type problem struct {
	Error string `json:"error"`
}

func answer(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(comeAgain))
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{why}) // who has gone is not told
}

// ServeHTTP implements http.Handler. It answers 202 when all is durable, else
// 400, 401, 404, 405, 409 (replayed), 413, 415, or 503, which alone may be
// tried again as it is.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != s.config.Path {
		answer(w, http.StatusNotFound, "there is nothing here")
		return
	}
	refuse := func(status int, why string) {
		s.refused.Add(1)
		s.config.Logger.LogAttrs(r.Context(), slog.LevelWarn, "a posted body is refused", slog.String("source", s.config.Name),
			slog.String("from", r.RemoteAddr), slog.Int("status", status), slog.String("why", why))
		answer(w, status, why)
	}
	if status, why := s.greet(w, r); status != 0 {
		refuse(status, why)
		return
	}
	select {
	case s.room <- struct{}{}:
		defer func() { <-s.room }()
	default:
		s.busy.Add(1)
		answer(w, http.StatusServiceUnavailable, "too many requests are in work; come again")
		return
	}
	body, status, why := s.read(w, r)
	if status != 0 {
		refuse(status, why)
		return
	}
	proof, fresh := s.replays.claim(s.proofOf(r), s.config.Window)
	if !fresh {
		s.refused.Add(1)
		s.replayed.Add(1)
		answer(w, http.StatusConflict, "this request was sent before")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.config.Timeout)
	defer cancel()
	records, letters, err := s.publish(ctx, body)
	s.replays.settle(proof, err == nil)
	if err != nil {
		s.busy.Add(1)
		s.config.Logger.LogAttrs(r.Context(), slog.LevelWarn, "a posted body is not durable; its sender is told to come again",
			slog.String("source", s.config.Name), slog.Any("error", err))
		answer(w, http.StatusServiceUnavailable, "it could not be kept; come again")
		return
	}
	s.taken.Add(1)
	s.records.Add(records)
	s.letters.Add(letters)
	w.WriteHeader(http.StatusAccepted)
}

// greet says why a request is not to be read from, if so.
func (s *Server) greet(w http.ResponseWriter, r *http.Request) (status int, why string) {
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, "POST is wanted"
	case s.config.Header != "" && !s.knows(r):
		return http.StatusUnauthorized, "the secret is missing or wrong"
	case s.config.Header == "" && !s.timely(r):
		return http.StatusUnauthorized, "the time of the signature is missing, or off by more than the window"
	case r.Header.Get("Content-Encoding") != "":
		return http.StatusUnsupportedMediaType, "a body that is not compressed is wanted"
	}
	switch media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media {
	case "application/json", "application/x-ndjson", "application/cloudevents+json":
		return 0, ""
	}
	return http.StatusUnsupportedMediaType, "JSON is wanted"
}

// read gives the body, or why it is not taken.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (body []byte, status int, why string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.config.MaxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, http.StatusRequestEntityTooLarge, fmt.Sprintf("at most %d bytes are taken", s.config.MaxBody)
	case err != nil:
		return nil, http.StatusBadRequest, "the body ended too early"
	case s.config.Header == "" && !s.signed(r, body):
		return nil, http.StatusUnauthorized, "the signature is missing or wrong"
	case len(bytes.TrimSpace(body)) == 0:
		return nil, http.StatusBadRequest, "the body is empty"
	}
	return body, 0, ""
}

// publish returns when all of a body is durable.
func (s *Server) publish(ctx context.Context, body []byte) (records, letters int64, err error) {
	var sending sync.WaitGroup
	var mu sync.Mutex
	var failed error
	object := evidence.Object{URI: "webhook:" + s.config.Name}
	err = s.config.Decoder.Decode(ctx, object, bytes.NewReader(body), func(batch evidence.Batch) error {
		records, letters = records+int64(len(batch.Evidence)), letters+int64(len(batch.DeadLetters))
		sending.Add(1)
		err := s.config.Publisher.Publish(ctx, batch, func(err error) {
			defer sending.Done()
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
		if err != nil {
			sending.Done()
		}
		return err
	})
	all := make(chan struct{})
	s.waiting.Go(func() {
		sending.Wait()
		close(all)
	})
	select {
	case <-all:
	case <-ctx.Done():
		// The publisher answers soon, and nobody may be told 2xx meanwhile.
		return 0, 0, errors.Join(err, fmt.Errorf("wait until it is durable: %w", context.Cause(ctx)))
	}
	mu.Lock()
	defer mu.Unlock()
	return records, letters, errors.Join(err, failed)
}
