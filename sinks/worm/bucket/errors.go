package bucket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// errOtherKey ends a listing behind the one key that it was about.
var errOtherKey = errors.New("the listing is behind the key")

// Error of a request: what was tried, on what, why it failed, what to do.
// errors.Is finds fs.ErrPermission where rights or settings are missing and
// another attempt would end the same, and fs.ErrNotExist where an object is
// gone.
type Error struct {
	// Operation in words, Object its URL, Server who was asked.
	Operation, Object, Server string
	// Code of the server's answer, RequestID for those who run it; empty
	// when no answer came.
	Code, RequestID string
	// Advice is what to do.
	Advice string
	Err    error

	lasting bool
	gone    bool
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s on %s: %s", e.Operation, e.Object, e.Server, e.why())
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	if e.Advice != "" {
		fmt.Fprintf(&b, "; %s", e.Advice)
	}
	return b.String()
}

// why leaves out what the client wraps around the cause.
func (e *Error) why() string {
	var api smithy.APIError
	if errors.As(e.Err, &api) {
		if message := strings.TrimRight(api.ErrorMessage(), ". \n"); message != "" && message != api.ErrorCode() {
			return api.ErrorCode() + ": " + message
		}
		return api.ErrorCode()
	}
	var operation *smithy.OperationError
	if errors.As(e.Err, &operation) {
		return operation.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap gives the cause, and what kind it is of.
func (e *Error) Unwrap() []error {
	errs := []error{e.Err}
	if e.lasting {
		errs = append(errs, fs.ErrPermission)
	}
	if e.gone {
		errs = append(errs, fs.ErrNotExist)
	}
	return errs
}

// code of the server's answer; empty when there was none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// explain gives an error its words. The caller's own end stays what it is.
func (s *Store) explain(ctx context.Context, operation, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &Error{
		Operation: operation, Object: s.config.Location.String(), Server: s.config.server(), Code: code(err), Err: err,
	}
	if name != "" {
		e.Object += "/" + name
	}
	var response *smithyhttp.ResponseError
	status := 0
	header := http.Header{}
	if errors.As(err, &response) && response.Response != nil {
		status, header = response.HTTPStatusCode(), response.Response.Header
		e.RequestID = header.Get("X-Amz-Request-Id")
	}
	e.Advice, e.lasting = s.advise(e.Code, status, header)
	switch {
	case e.Code == "NoSuchKey" || e.Code == "NoSuchVersion":
		e.gone = true
	case e.Advice == "":
		e.Advice = s.adviseConnection(err)
	}
	return e
}

// advise on an answer. lasting says that the same request ends the same until
// somebody changes a setting.
func (s *Store) advise(code string, status int, header http.Header) (advice string, lasting bool) {
	if region := header.Get("X-Amz-Bucket-Region"); region != "" && region != s.client.Options().Region {
		return fmt.Sprintf("the bucket is in region %s, the configuration says %s: set the region to %s",
			region, s.client.Options().Region, region), true
	}
	switch code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled", "AccountProblem":
		return "these credentials lack a right on the bucket: writing needs s3:PutObject, s3:PutObjectRetention, s3:GetBucketVersioning and s3:GetBucketObjectLockConfiguration, reading s3:GetObjectVersion and s3:ListBucketVersions, an encryption key kms:GenerateDataKey and kms:Decrypt; the bucket's policy may forbid them too", true
	case "NoSuchBucket":
		return "there is no such bucket; check its name, the endpoint and the account, or make it, with Object Lock", true
	case "InvalidAccessKeyId", "InvalidClientTokenId":
		return "the server does not know the access key; check which credentials are in force (AWS_PROFILE, AWS_ACCESS_KEY_ID) and that the endpoint is theirs", true
	case "SignatureDoesNotMatch":
		return "the secret key does not belong to the access key, or something between here and the server changes requests; check both", true
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		return "the session's credentials have run out; log in again, or use credentials that are renewed", true
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException", "InvalidRegion":
		return fmt.Sprintf("the bucket is in another region than %s; set its own", s.client.Options().Region), true
	case "RequestTimeTooSkewed":
		return "the clock of this machine is wrong; set it right", true
	case "InvalidBucketName":
		return "the server does not take the bucket's name; with a server of your own set path-style", true
	case "KMS.NotFoundException", "KMS.DisabledException", "KMS.KMSInvalidStateException", "KMSNotConfigured",
		"KMSKeyNotFoundException", "XMinioKMSKeyNotFoundException", "kms:KeyNotFound":
		return "the encryption key is not there or not usable; check the KMS key, its policy and its region, or leave the encryption to the bucket", true
	case "NotImplemented", "MethodNotAllowed":
		return "the server does not know this request; it is not fit for an archive, which needs versions, Object Lock and If-None-Match", true
	case "ObjectLockConfigurationNotFoundError", "InvalidBucketState":
		return "the bucket has no Object Lock; make one with it", true
	case "InvalidRequest":
		return "the server does not take the request as it is; does the bucket have Object Lock, and is Object Lock in force on the server?", true
	case "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "InvalidDigest":
		return "bytes were changed on their way; the same happens again when a proxy changes requests", false
	case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict":
		return "it is tried again", false
	}
	switch {
	case status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect:
		return "the answer sends the request elsewhere; check endpoint and region, and path-style with a server of your own", true
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return "these credentials are not let in; check them, and that the endpoint is theirs", true
	}
	return "", false
}

// adviseConnection is for when no answer came, or none of an S3 server.
func (s *Store) adviseConnection(err error) string {
	var (
		unknownHost *net.DNSError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		timeout     *timeoutError
		broken      *smithy.DeserializationError
		role        interface{ ServiceID() string }
	)
	switch {
	case strings.Contains(err.Error(), "get credentials") || strings.Contains(err.Error(), "get identity"):
		if errors.As(err, &role) && s.config.RoleARN != "" {
			return "the role " + s.config.RoleARN + " could not be assumed; check its ARN, its trust policy, the external id and the credentials that ask for it"
		}
		return "no credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached"
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
	case errors.As(err, &broken):
		return "the answer is not that of an S3 server; check the endpoint, a console's port is not the server's"
	}
	return ""
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
