package bucket

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"earwitness/pipeline/amazon"
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
type Checksums = amazon.Checksums

// See amazon.Checksums.
const (
	ChecksumsAuto         = amazon.ChecksumsAuto
	ChecksumsWhenRequired = amazon.ChecksumsWhenRequired
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
	maxPutBytes      = 5 << 30
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
	errs := []error{c.Location.validate(), c.access().Validate()}
	if c.ClockSkew < 0 {
		errs = append(errs, errors.New("clock skew is not negative"))
	}
	return errors.Join(errs...)
}

// access is how the bucket is reached.
func (c Config) access() amazon.Access {
	return amazon.Access{
		Endpoint: c.Endpoint, Region: c.Region, PathStyle: c.PathStyle, CAFile: c.CAFile, Checksums: c.Checksums,
		Profile: c.Profile, RoleARN: c.RoleARN, ExternalID: c.ExternalID, Credentials: c.Credentials,
		Timeout: c.Timeout, Attempts: c.Attempts, Logger: c.Logger,
	}
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
