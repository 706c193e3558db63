package config

import (
	"fmt"
	"log/slog"

	"earwitness/sinks/worm/bucket"
)

// S3 is a bucket with Object Lock that holds the archive. Credentials come
// from where the AWS tools look for them.
type S3 struct {
	URL       BucketURL `yaml:"url" required:"true" why:"name the bucket, as in s3://BUCKET/PREFIX"`
	Mode      LockMode  `yaml:"mode" required:"true" why:"it has no default because compliance cannot be undone; allowed are compliance, governance"`
	Retention Duration  `yaml:"retention" min:"1d" max:"36500d" required:"true" why:"it has no default because it cannot be shortened; say how long everything must be kept, as in 2557d for seven years"`

	Region    Text      `yaml:"region,omitempty"`
	Endpoint  ServerURL `yaml:"endpoint,omitempty"`
	PathStyle bool      `yaml:"path-style"`
	CA        Path      `yaml:"ca,omitempty"`
	Checksums Checksums `yaml:"checksums"`

	Profile    Text    `yaml:"profile,omitempty"`
	RoleARN    RoleARN `yaml:"role-arn,omitempty"`
	ExternalID Text    `yaml:"external-id,omitempty"`
	Owner      Account `yaml:"owner,omitempty"`

	Encryption Encryption `yaml:"encryption"`
	KMSKey     Text       `yaml:"kms-key,omitempty"`

	ClockSkew Duration `yaml:"clock-skew" min:"1s" max:"1h"`
	Timeout   Duration `yaml:"timeout" min:"1s" max:"10m"`
	Attempts  int      `yaml:"attempts" min:"1" max:"10"`
}

// Enabled says that the archive lies in a bucket.
func (s *S3) Enabled() bool { return s.URL != "" }

// BucketConfig is what the user has decided of the bucket.
func (w WORM) BucketConfig(log *slog.Logger) (bucket.Config, error) {
	s := w.S3
	located, err := bucket.ParseURL(string(s.URL))
	if err != nil {
		return bucket.Config{}, fmt.Errorf("worm.s3.url: %w", err)
	}
	if s.CA != "" {
		if _, err := loadCA("worm.s3.ca", s.CA); err != nil {
			return bucket.Config{}, err
		}
	}
	return bucket.Config{
		Location: located.Location, Endpoint: string(s.Endpoint), Region: string(s.Region), PathStyle: s.PathStyle,
		CAFile: string(s.CA), Checksums: bucket.Checksums(s.Checksums), Profile: string(s.Profile),
		RoleARN: string(s.RoleARN), ExternalID: string(s.ExternalID), Owner: string(s.Owner),
		Mode: bucket.Mode(s.Mode), Retention: s.Retention.Std(),
		Encryption: bucket.Encryption(s.Encryption), KMSKey: string(s.KMSKey),
		ClockSkew: s.ClockSkew.Std(), Timeout: s.Timeout.Std(), Attempts: s.Attempts, Logger: log,
	}, nil
}
