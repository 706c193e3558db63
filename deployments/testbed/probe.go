package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// answersHTTP asks a server whether it is well: 200, as this account if any.
func answersHTTP(ctx context.Context, url string, account Account, authority string) (err error) {
	trust, err := trusting(authority)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	if account.User != "" {
		request.SetBasicAuth(account.User, account.Password)
	}
	// Its connections end with it, so that no goroutine is left behind.
	transport := &http.Transport{TLSClientConfig: trust, DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<12))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", url, response.Status, body)
	}
	return err
}
