package testbed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
)

// S3Access is what a client needs. Buckets are named in the path.
type S3Access struct {
	// Product is "minio" or "versitygw".
	Product  string `json:"product"`
	Version  string `json:"version"`
	Endpoint string `json:"endpoint"`
	Region   string `json:"region"`
	// Root may do everything: access key and secret key.
	Root Account `json:"root"`
	// KMSKey is the name of MinIO's one key for SSE-KMS.
	KMSKey string `json:"kms_key,omitempty"`
	// AccessLog is the file that versitygw writes.
	AccessLog string `json:"access_log,omitempty"`
	// CA is the authority's certificate, PEM; empty without TLS.
	CA string `json:"ca,omitempty"`
	// Program is the server's binary, which has commands of its own too.
	Program string `json:"program"`
}

// TLSConfig trusts the server's authority; nil without TLS.
func (a *S3Access) TLSConfig() (*tls.Config, error) { return trusting(a.CA) }

// S3Server is a server that runs.
type S3Server struct {
	S3Access
	// Node to stop, pause and start again.
	Node *Node

	place *place
}

// startS3 owns the place, also when it fails.
func startS3(ctx context.Context, p *place, access S3Access, prepare func(ctx context.Context, s *S3Server) error) (*S3Server, error) {
	s := &S3Server{S3Access: access, place: p}
	s.Region, s.Root = "us-east-1", newAccount("earwitness")
	err := prepare(ctx, s)
	if err == nil {
		err = s.Node.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(p.cache.advise(fmt.Errorf("start %s %s: %w", s.Product, s.Version, err)), s.Stop())
	}
	return s, nil
}

// Stop ends the server and removes its data.
func (s *S3Server) Stop() error {
	if s.Node == nil {
		return s.place.remove()
	}
	return endAll(s.place, s.Node)
}

func (a *S3Access) answers(ctx context.Context) error {
	path := "/minio/health/ready"
	if a.Product == "versitygw" {
		path = versityGWHealth
	}
	return answersHTTP(ctx, a.Endpoint+path, Account{}, a.CA)
}

func (a *S3Access) String() string {
	text := fmt.Sprintf("%s %s, %s", a.Product, a.Version, a.Endpoint)
	if a.AccessLog != "" {
		text += ", access log: " + a.AccessLog
	}
	return text
}
