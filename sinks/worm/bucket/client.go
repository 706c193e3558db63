package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

const (
	longestBackoff = 5 * time.Second
	// connectTimeout is short of Config.Timeout: an address where nobody
	// answers is a mistake more often than a slow server.
	connectTimeout = 10 * time.Second
)

// newClient reads the environment and the shared configuration files, and
// asks no server yet.
func newClient(ctx context.Context, c Config, clock *clock) (client *s3.Client, closeIdle func(), err error) {
	options, err := loadOptions(c)
	if err != nil {
		return nil, nil, err
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, nil, loadError(c, err)
	}
	closeIdle = func() {}
	if built, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		frozen := built.Freeze()
		loaded.HTTPClient = frozen
		if closer, ok := frozen.(interface{ CloseIdleConnections() }); ok {
			closeIdle = closer.CloseIdleConnections
		}
	}
	if c.RoleARN != "" {
		loaded.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded), c.RoleARN,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = "earwitness"
				if c.ExternalID != "" {
					o.ExternalID = aws.String(c.ExternalID)
				}
			}))
	}
	client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		if o.Region == "" && o.BaseEndpoint != nil {
			o.Region = defaultRegion
		}
		o.UsePathStyle = c.PathStyle
		o.RequestChecksumCalculation, o.ResponseChecksumValidation = checksums(c.Checksums)
		o.DisableLogOutputChecksumValidationSkipped = true
		o.APIOptions = append(o.APIOptions, refusePages, clock.watch)
	})
	if client.Options().Region == "" {
		return nil, nil, errors.New("the bucket's region is not known; set it in the configuration, in AWS_REGION or in the profile")
	}
	return client, closeIdle, nil
}

func checksums(c Checksums) (aws.RequestChecksumCalculation, aws.ResponseChecksumValidation) {
	if c == ChecksumsWhenRequired {
		return aws.RequestChecksumCalculationWhenRequired, aws.ResponseChecksumValidationWhenRequired
	}
	return aws.RequestChecksumCalculationWhenSupported, aws.ResponseChecksumValidationWhenSupported
}

func loadOptions(c Config) ([]func(*config.LoadOptions) error, error) {
	// A BuildableClient, because the settings for certificates in the
	// environment and in profiles ask for one.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = c.Timeout
	})
	client = client.WithDialerOptions(func(d *net.Dialer) { d.Timeout = min(connectTimeout, c.Timeout) })
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = c.Attempts, longestBackoff, ratelimit.None
			})
		}),
		config.WithLogger(logging.LoggerFunc(func(class logging.Classification, format string, v ...any) {
			c.Logger.Debug("S3 client says", slog.String("class", string(class)), slog.String("text", fmt.Sprintf(format, v...)))
		})),
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	if c.Credentials != nil {
		options = append(options, config.WithCredentialsProvider(c.Credentials))
	}
	if c.CAFile != "" {
		certificates, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		options = append(options, config.WithCustomCABundle(bytes.NewReader(certificates)))
	}
	return options, nil
}

func loadError(c Config, err error) error {
	var profile config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &profile):
		return fmt.Errorf("the AWS profile %q is neither in the configuration file nor in the credentials file; name one that is there (aws configure list-profiles), or set AWS_CONFIG_FILE: %w",
			profile.Profile, err)
	case c.CAFile != "":
		return fmt.Errorf("load AWS settings, with the certificates in %s (PEM is wanted): %w", c.CAFile, err)
	}
	return fmt.Errorf("load AWS settings from the environment and the shared configuration files: %w", err)
}
