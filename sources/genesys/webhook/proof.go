package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The headers of a signed request.
const (
	// TimeHeader holds the seconds since 1970 at which it was signed.
	TimeHeader = "X-Earwitness-Time"
	// SignatureHeader holds "sha256=" and, in hex, the HMAC-SHA256 by the
	// secret over the text of TimeHeader, a full stop and the body.
	SignatureHeader = "X-Earwitness-Signature"
)

// Sign gives the value of SignatureHeader.
func Sign(secret, seconds string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// same compares in a time that tells nothing of either.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// knows says whether the secret stands in its header, by itself or as a
// bearer token.
func (s *Server) knows(r *http.Request) bool {
	secret, err := s.config.Secret()
	if err != nil || secret == "" {
		return false
	}
	given := r.Header.Get(s.config.Header)
	return same(given, secret) || same(given, "Bearer "+secret)
}

func (s *Server) timely(r *http.Request) bool {
	seconds, err := strconv.ParseInt(r.Header.Get(TimeHeader), 10, 64)
	if err != nil {
		return false
	}
	return time.Since(time.Unix(seconds, 0)).Abs() <= s.config.Window
}

func (s *Server) signed(r *http.Request, body []byte) bool {
	secret, err := s.config.Secret()
	if err != nil || secret == "" {
		return false
	}
	return same(strings.ToLower(r.Header.Get(SignatureHeader)), Sign(secret, r.Header.Get(TimeHeader), body))
}

// proofOf is what a request proves itself by and no other may; empty where
// requests bear the secret itself.
func (s *Server) proofOf(r *http.Request) string {
	if s.config.Header != "" {
		return ""
	}
	return strings.ToLower(r.Header.Get(SignatureHeader))
}

// replays remembers proofs for as long as their time is good. It is safe for
// concurrent use.
type replays struct {
	mu   sync.Mutex
	used map[string]time.Time
	next time.Time
}

// claim says whether a proof is fresh, and uses it.
func (r *replays) claim(proof string, window time.Duration) (string, bool) {
	if proof == "" {
		return "", true
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used == nil {
		r.used = make(map[string]time.Time)
	}
	if now.After(r.next) {
		for old, until := range r.used {
			if now.After(until) {
				delete(r.used, old)
			}
		}
		r.next = now.Add(window / 4)
	}
	if _, known := r.used[proof]; known {
		return "", false
	}
	// A time that is ahead is good until twice the window from now.
	r.used[proof] = now.Add(2*window + time.Second)
	return proof, true
}

// settle gives a proof back that came to nothing: its sender comes again.
func (r *replays) settle(proof string, taken bool) {
	if taken || proof == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.used, proof)
}
