package testbed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// borrow asks a loan for a server.
func borrow(ctx context.Context, socket, name string) (_ *Server, err error) {
	// Its connections end with it, so that no goroutine is left behind.
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://loan/"+name, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("ask for %s at %s, which %s names (unset it to do without): %w", name, socket, loanVariable, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("ask for %s at %s: %w", name, socket, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(text)))
	}
	server := &Server{}
	if err := json.Unmarshal(text, server); err != nil || server.access() == access((*S3Access)(nil)) {
		return nil, fmt.Errorf("read how to reach %s from %q: %w", name, text, err)
	}
	return server, nil
}
