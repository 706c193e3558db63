package fakecloud

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token is a bearer token, and the window of its rate limit.
type token struct {
	made, used time.Time
	revoked    bool
	window     time.Time
	count      int
}

// oauthError is the login server's answer to what it refuses.
type oauthError struct {
	Error            string `json:"error"`
	Description      string `json:"description"`
	ErrorDescription string `json:"error_description"`
}

// login gives a token for client credentials.
func (c *Cloud) login(w http.ResponseWriter, r *http.Request) {
	deny := func(status int, code, why string) {
		writeJSON(w, status, oauthError{Error: code, Description: why, ErrorDescription: why})
	}
	if r.Method != http.MethodPost {
		deny(http.StatusMethodNotAllowed, "invalid_request", "POST is wanted")
		return
	}
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "application/x-www-form-urlencoded" {
		deny(http.StatusUnsupportedMediaType, "invalid_request", "a form is wanted")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		deny(http.StatusBadRequest, "invalid_request", "the form can't be read")
		return
	}
	if grant := r.PostForm.Get("grant_type"); grant != "client_credentials" {
		deny(http.StatusBadRequest, "unsupported_grant_type", "grant type not supported")
		return
	}
	c.mu.Lock()
	known := c.knows(r)
	c.mu.Unlock()
	if !known {
		deny(http.StatusUnauthorized, "invalid_client", "client not found or credentials invalid")
		return
	}
	c.mu.Lock()
	text := c.nextID() + c.nextID()
	now := c.config.Clock()
	c.tokens[text] = &token{made: now, used: now}
	ttl := c.config.TokenTTL
	c.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": text, "token_type": "bearer", "expires_in": max(int64(ttl/time.Second)-1, 1),
	})
}

// knows tells whether the request bears the client's credentials, each part
// percent-encoded or not.
func (c *Cloud) knows(r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return false
	}
	if plain, err := url.QueryUnescape(id); err == nil && id != c.config.ClientID {
		id = plain
	}
	if plain, err := url.QueryUnescape(secret); err == nil && secret != c.config.ClientSecret {
		secret = plain
	}
	same := func(a, b string) int { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) }
	return same(id, c.config.ClientID)&same(secret, c.config.ClientSecret) == 1
}

// authenticate finds the token of a call, and counts the call against its
// rate limit.
func (c *Cloud) authenticate(w http.ResponseWriter, r *http.Request) *refusal {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || text == "" {
		return refuse(http.StatusUnauthorized, "authentication.required", "No authentication bearer token specified in authorization header.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t, now := c.tokens[text], c.config.Clock()
	switch {
	case t == nil, t.revoked, now.Sub(t.made) >= c.config.TokenTTL,
		c.config.IdleTimeout > 0 && now.Sub(t.used) >= c.config.IdleTimeout:
		delete(c.tokens, text)
		return refuse(http.StatusUnauthorized, "bad.credentials", "Invalid login credentials.")
	}
	t.used = now
	return c.count(w, t, now)
}

// RevokeTokens kills all tokens, as when the client's roles are changed.
func (c *Cloud) RevokeTokens() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.tokens {
		t.revoked = true
	}
}

// ChangeSecret gives the client another secret; tokens live on.
func (c *Cloud) ChangeSecret(secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.config.ClientSecret = secret
}
