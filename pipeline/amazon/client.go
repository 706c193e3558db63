package amazon

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
	// idleConnections are kept to a server, so that who reads many small
	// objects at a time does not connect for each.
	idleConnections = 64
	// connectTimeout is short of Access.Timeout: an address where nobody
	// answers is a mistake more often than a slow server.
	connectTimeout = 10 * time.Second
)

// Load reads the environment and the shared configuration files, and asks no
// server yet. closeIdle ends connections that wait for another request.
func Load(ctx context.Context, a Access) (loaded aws.Config, closeIdle func(), err error) {
	a = a.withDefaults()
	options, err := loadOptions(a)
	if err != nil {
		return aws.Config{}, nil, err
	}
	loaded, err = config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, nil, loadError(a, err)
	}
	closeIdle = func() {}
	if built, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		// A client that it builds by itself hides the transport, so that
		// nobody can close its connections.
		transport := built.GetTransport()
		closeIdle = transport.CloseIdleConnections
		loaded.HTTPClient = &http.Client{Timeout: built.GetTimeout(), Transport: transport, CheckRedirect: follow}
	}
	if a.RoleARN != "" {
		loaded.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded), a.RoleARN,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = "earwitness"
				if a.ExternalID != "" {
					o.ExternalID = aws.String(a.ExternalID)
				}
			}))
	}
	return loaded, closeIdle, nil
}

// mostRedirects in a row are followed.
const mostRedirects = 10

// follow follows redirects that keep the method; others are answers.
func follow(next *http.Request, via []*http.Request) error {
	keeps := next.Response.StatusCode == http.StatusTemporaryRedirect || next.Response.StatusCode == http.StatusPermanentRedirect
	switch {
	case !keeps:
		return http.ErrUseLastResponse
	case len(via) >= mostRedirects:
		return fmt.Errorf("follow redirect: %d came in a row", len(via))
	}
	return nil
}

// NewS3 makes a client of S3 that takes no web page for an answer. closeIdle
// ends connections that wait for another request.
func NewS3(ctx context.Context, a Access, more ...func(*s3.Options)) (client *s3.Client, closeIdle func(), err error) {
	a = a.withDefaults()
	loaded, closeIdle, err := Load(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	ours := func(o *s3.Options) {
		if a.Endpoint != "" {
			o.BaseEndpoint = aws.String(a.Endpoint)
		}
		if o.Region == "" && o.BaseEndpoint != nil {
			o.Region = defaultRegion
		}
		o.UsePathStyle = a.PathStyle
		o.RequestChecksumCalculation, o.ResponseChecksumValidation = checksums(a.Checksums)
		o.DisableLogOutputChecksumValidationSkipped = true
		o.APIOptions = append(o.APIOptions, refusePages)
	}
	client = s3.NewFromConfig(loaded, append([]func(*s3.Options){ours}, more...)...)
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

func loadOptions(a Access) ([]func(*config.LoadOptions) error, error) {
	// A BuildableClient, because the settings for certificates in the
	// environment and in profiles ask for one.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = a.Timeout
		t.MaxIdleConnsPerHost = idleConnections
	})
	client = client.WithDialerOptions(func(d *net.Dialer) { d.Timeout = min(connectTimeout, a.Timeout) })
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = a.Attempts, longestBackoff, ratelimit.None
			})
		}),
		config.WithLogger(logging.LoggerFunc(func(class logging.Classification, format string, v ...any) {
			a.Logger.Debug("S3 client says", slog.String("class", string(class)), slog.String("text", fmt.Sprintf(format, v...)))
		})),
	}
	if a.Region != "" {
		options = append(options, config.WithRegion(a.Region))
	}
	if a.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(a.Profile))
	}
	if a.Credentials != nil {
		options = append(options, config.WithCredentialsProvider(a.Credentials))
	}
	if a.CAFile != "" {
		certificates, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read CA file: %w", err)
		}
		options = append(options, config.WithCustomCABundle(bytes.NewReader(certificates)))
	}
	return options, nil
}

func loadError(a Access, err error) error {
	var profile config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &profile):
		return fmt.Errorf("the AWS profile %q is neither in the configuration file nor in the credentials file; name one that is there (aws configure list-profiles), or set AWS_CONFIG_FILE: %w",
			profile.Profile, err)
	case a.CAFile != "":
		return fmt.Errorf("load AWS settings, with the certificates in %s (PEM is wanted): %w", a.CAFile, err)
	}
	return fmt.Errorf("load AWS settings from the environment and the shared configuration files: %w", err)
}
