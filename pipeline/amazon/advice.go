package amazon

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
)

// advise on an answer. lasting says that the same request ends the same until
// somebody changes a setting.
func (a Asker) advise(code string, status int, header http.Header) (advice string, lasting bool) {
	if region := header.Get("X-Amz-Bucket-Region"); region != "" && region != a.Region {
		return fmt.Sprintf("the bucket is in region %s, the configuration says %s: set the region to %s",
			region, a.Region, region), true
	}
	switch code {
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException", "InvalidRegion":
		return fmt.Sprintf("the bucket is in another region than %s; set its own", a.Region), true
	case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidDigest":
		return "bytes were changed on their way; when it happens again, a proxy changes requests", false
	case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict":
		return "it is tried again", false
	}
	if a.Advise != nil {
		if advice := a.Advise(code); advice != "" {
			return advice, true
		}
	}
	if advice := adviseLasting(code); advice != "" {
		return advice, true
	}
	switch status {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
		return "the answer sends the request elsewhere; check endpoint and region, and path-style with a server of your own", true
	case http.StatusForbidden, http.StatusUnauthorized:
		return "these credentials are not let in; check them, and that the endpoint is theirs", true
	}
	return "", false
}

// adviseLasting is for refusals that end only when a setting changes.
func adviseLasting(code string) string {
	switch code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled", "AccountProblem":
		return "these credentials lack a right; check their policy, and that of what is asked for"
	case "NoSuchBucket":
		return "there is no such bucket; check its name, the endpoint and the account"
	case "InvalidBucketName":
		return "the server does not take the bucket's name; with a server of your own set path-style"
	}
	return adviseCaller(code)
}

// adviseCaller is for refusals of who asks, whatever is asked for; empty for
// all others.
func adviseCaller(code string) string {
	switch code {
	case "InvalidAccessKeyId", "InvalidClientTokenId":
		return "the server does not know the access key; check which credentials are in force (AWS_PROFILE, AWS_ACCESS_KEY_ID) and that the endpoint is theirs"
	case "SignatureDoesNotMatch":
		return "the secret key does not belong to the access key, or something between here and the server changes requests; check both"
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		return "the session's credentials have run out; log in again, or use credentials that are renewed"
	case "RequestTimeTooSkewed":
		return "the clock of this machine is wrong; set it right"
	}
	return ""
}

// isIdentity says that it failed before any request: without credentials
// there is nothing to sign with.
func isIdentity(err error) bool {
	text := err.Error() // the client has no type for it
	return strings.Contains(text, "get identity: ") || strings.Contains(text, "failed to refresh cached credentials")
}

func (a Asker) adviseIdentity() string {
	if role := a.Role; role != "" {
		return "the role " + role + " could not be assumed; check its ARN, its trust policy, the external id and the credentials that ask for it"
	}
	return "no credentials were found, or they could not be renewed; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached"
}

// adviseConnection is for when no answer came, or none of an S3 server.
func adviseConnection(err error) string {
	var (
		unknownHost *net.DNSError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		timeout     *TimeoutError
		broken      *smithy.DeserializationError
	)
	switch {
	case errors.As(err, &unknownHost):
		return "the host " + unknownHost.Name + " is not known; check the endpoint and the region, and set path-style with a server of your own"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; check the endpoint's host and port, and that the server runs"
	case errors.As(err, &authority):
		return "its certificate is not signed by an authority that is known here; name the authority's in the CA file"
	case errors.As(err, &hostname), errors.As(err, &invalid):
		return "its certificate is not good for this endpoint; renew it, or use the name that it is for"
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "the server speaks plain HTTP there; the endpoint should begin with http://, or have another port"
	case errors.As(err, &timeout), isTimeout(err):
		return "the server is slow or cannot be reached; it is tried again"
	case errors.Is(err, errPage), errors.As(err, &broken):
		return "the answer is not that of an S3 server; check the endpoint, a console's port is not the server's"
	}
	return ""
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
