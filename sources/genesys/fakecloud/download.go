package fakecloud

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// download is a file behind a presigned URL.
type download struct {
	signature string
	audits    []*audit
	made      time.Time
}

// serveDownload is the file server: it wants the signature, and refuses a
// caller who shows a token besides.
func (c *Cloud) serveDownload(w http.ResponseWriter, r *http.Request) {
	w.Header().Del(correlationHeader)
	deny := func(status int, code, message string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
	}
	c.mu.Lock()
	file := c.downloads[strings.TrimPrefix(r.URL.Path, "/download/")]
	now := c.config.Clock()
	c.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "":
		deny(http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")
	case r.Method != http.MethodGet:
		deny(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case file == nil || r.URL.Query().Get("X-Amz-Signature") != file.signature:
		deny(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	case now.Sub(file.made) > c.config.DownloadTTL:
		deny(http.StatusForbidden, "AccessDenied", "Request has expired")
	default:
		writeJSON(w, http.StatusOK, entities(file.audits, renderFile))
	}
}
