package bucket

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Mode of the retention.
type Mode string

const (
	// Compliance lets nobody shorten a retention, the root account included.
	// It cannot be undone.
	Compliance Mode = "compliance"
	// Governance lets those shorten it who have the right to bypass it.
	Governance Mode = "governance"
)

// Checksums says how far the client uses the checksums that S3 has had since
// 2025. The SHA-256 of what is stored is sent in either case: Object Lock
// asks for one.
type Checksums string

const (
	// ChecksumsAuto has every answer checked that has a checksum.
	ChecksumsAuto Checksums = "auto"
	// ChecksumsWhenRequired is for servers that stumble over them.
	ChecksumsWhenRequired Checksums = "when_required"
)

// Encryption of what is stored.
type Encryption string

const (
	// EncryptKMS asks for SSE-KMS with each object.
	EncryptKMS Encryption = "kms"
	// EncryptByBucket leaves it to the settings of the bucket.
	EncryptByBucket Encryption = "bucket"
)

const (
	defaultClockSkew = 5 * time.Minute
	defaultTimeout   = time.Minute
	defaultAttempts  = 3
	// defaultRegion is what servers other than AWS take, if they look at it.
	defaultRegion = "us-east-1"
	maxPutBytes   = 5 << 30
)

// Config of a store. What is zero takes its default; Mode and Retention have
// none, for what they say cannot be taken back.
type Config struct {
	Location
	// Endpoint is the URL of a server other than AWS.
	Endpoint string
	// Region of the bucket; from the environment or profile when empty.
	Region string
	// PathStyle puts the bucket into the path and not into the host name.
	PathStyle bool
	// CAFile holds the certificates that the endpoint's is checked against.
	CAFile string
	// Checksums [auto].
	Checksums Checksums
	// Profile of the shared configuration files. Credentials come from where
	// the AWS tools look for them.
	Profile string
	// RoleARN, when set, is assumed with these credentials; ExternalID is
	// what its owner asks for besides.
	RoleARN, ExternalID string
	// Credentials, when set, are used in place of those.
	Credentials aws.CredentialsProvider
	// Owner is the account that the bucket must belong to; not checked when
	// empty.
	Owner string

	// Mode and Retention of every object, counted from its writing.
	Mode      Mode
	Retention time.Duration
	// Encryption [kms], with KMSKey or the account's own key for S3.
	Encryption Encryption
	KMSKey     string

	// ClockSkew is how far this clock may be from the server's [5 minutes].
	ClockSkew time.Duration
	// Timeout is how long an attempt may stand still [1 minute].
	Timeout time.Duration
	// Attempts at a request [3]. The archive makes its own besides.
	Attempts int
	Logger   *slog.Logger
	// Now is the clock [time.Now].
	Now func() time.Time
}

// Validate says everything that is wrong with a configuration to write by.
func (c Config) Validate() error {
	errs := []error{c.validateReading()}
	switch {
	case c.Mode == "":
		errs = append(errs, errors.New("the retention mode is not set, and has no default because compliance cannot be undone; choose compliance or governance"))
	case c.Mode != Compliance && c.Mode != Governance:
		errs = append(errs, fmt.Errorf("retention mode %q is neither compliance nor governance", c.Mode))
	}
	if c.Retention <= 0 {
		errs = append(errs, errors.New("the retention is not set, and has no default because it cannot be shortened; say how long everything must be kept"))
	}
	if c.Encryption != "" && c.Encryption != EncryptKMS && c.Encryption != EncryptByBucket {
		errs = append(errs, fmt.Errorf("encryption %q is neither kms nor bucket", c.Encryption))
	}
	if c.KMSKey != "" && c.Encryption == EncryptByBucket {
		errs = append(errs, errors.New("a KMS key is named, but the encryption is left to the bucket; choose kms, or leave the key out"))
	}
	return errors.Join(errs...)
}

func (c Config) validateReading() error {
	errs := []error{c.Location.validate(), checkEndpoint(c.Endpoint)}
	if c.Checksums != "" && c.Checksums != ChecksumsAuto && c.Checksums != ChecksumsWhenRequired {
		errs = append(errs, fmt.Errorf("checksums %q are neither auto nor when_required", c.Checksums))
	}
	if c.ExternalID != "" && c.RoleARN == "" {
		errs = append(errs, errors.New("an external id is given without the role that it is for"))
	}
	if c.RoleARN != "" && !strings.HasPrefix(c.RoleARN, "arn:") {
		errs = append(errs, fmt.Errorf("role %q is not an ARN, as in arn:aws:iam::123456789012:role/archive", c.RoleARN))
	}
	if c.ClockSkew < 0 || c.Timeout < 0 || c.Attempts < 0 {
		errs = append(errs, errors.New("clock skew, timeout and attempts are not negative"))
	}
	if c.Logger == nil {
		errs = append(errs, errors.New("a logger is needed"))
	}
	return errors.Join(errs...)
}

func checkEndpoint(text string) error {
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

func (c Config) withDefaults() Config {
	if c.Checksums == "" {
		c.Checksums = ChecksumsAuto
	}
	if c.Encryption == "" {
		c.Encryption = EncryptKMS
	}
	if c.ClockSkew == 0 {
		c.ClockSkew = defaultClockSkew
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Attempts == 0 {
		c.Attempts = defaultAttempts
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
