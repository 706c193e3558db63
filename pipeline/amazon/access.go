package amazon

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Checksums says how far the client uses the checksums that S3 has had since
// 2025.
type Checksums string

const (
	// ChecksumsAuto has every answer checked that has a checksum.
	ChecksumsAuto Checksums = "auto"
	// ChecksumsWhenRequired is for servers that stumble over them.
	ChecksumsWhenRequired Checksums = "when_required"
)

// defaultRegion is what servers other than AWS take, if they look at it.
const defaultRegion = "us-east-1"

// Access is how a service is reached.
type Access struct {
	// Endpoint is the URL of a server other than AWS.
	Endpoint string
	// Region; from the environment or profile when empty.
	Region string
	// PathStyle puts a bucket into the path and not into the host name.
	PathStyle bool
	// CAFile holds the certificates that the endpoint's is checked against.
	CAFile string
	// Checksums of S3 [auto].
	Checksums Checksums
	// Profile of the shared configuration files. Credentials come from where
	// the AWS tools look for them.
	Profile string
	// RoleARN, when set, is assumed with these credentials; ExternalID is
	// what its owner asks for besides.
	RoleARN, ExternalID string
	// Credentials, when set, are used in place of those.
	Credentials aws.CredentialsProvider
	// Timeout is how long an attempt may stand still [1 minute].
	Timeout time.Duration
	// Attempts at a request [3].
	Attempts int
	Logger   *slog.Logger
}

// Validate says everything that is wrong.
func (a Access) Validate() error {
	errs := []error{CheckEndpoint(a.Endpoint)}
	if a.Checksums != "" && a.Checksums != ChecksumsAuto && a.Checksums != ChecksumsWhenRequired {
		errs = append(errs, fmt.Errorf("checksums %q are neither auto nor when_required", a.Checksums))
	}
	if a.ExternalID != "" && a.RoleARN == "" {
		errs = append(errs, errors.New("an external id is given without the role that it is for"))
	}
	if a.RoleARN != "" && !strings.HasPrefix(a.RoleARN, "arn:") {
		errs = append(errs, fmt.Errorf("role %q is not an ARN, as in arn:aws:iam::123456789012:role/archive", a.RoleARN))
	}
	if a.Timeout < 0 || a.Attempts < 0 {
		errs = append(errs, errors.New("timeout and attempts are not negative"))
	}
	if a.Logger == nil {
		errs = append(errs, errors.New("a logger is needed"))
	}
	return errors.Join(errs...)
}

// CheckEndpoint says what is wrong with the URL of a server; nothing is wrong
// with an empty one.
func CheckEndpoint(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("endpoint %q is not a URL like https://s3.example.org:9000", text)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("endpoint %q is more than a server's address; the bucket, the prefix and credentials have settings of their own", u.Redacted())
	}
	return nil
}

// Patience is Timeout, or its default.
func (a Access) Patience() time.Duration { return a.withDefaults().Timeout }

func (a Access) withDefaults() Access {
	if a.Checksums == "" {
		a.Checksums = ChecksumsAuto
	}
	if a.Timeout == 0 {
		a.Timeout = time.Minute
	}
	if a.Attempts == 0 {
		a.Attempts = 3
	}
	return a
}
