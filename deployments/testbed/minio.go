package testbed

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// MinIOVersion is the MinIO that is run: the last one of 12 February 2026.
const MinIOVersion = "v0.0.0-20260212201848-7aac2a2c5b7c"

// MinIOConfig says what server is wanted.
type MinIOConfig struct {
	// TLS instead of plain HTTP, with a certificate of the test's own
	// authority.
	TLS bool
	// Environment adds to its settings, such as MINIO_AUDIT_KAFKA_ENABLE_A.
	Environment map[string]string
}

// MinIO fetches and builds MinIO if need be, and starts one without buckets.
// It enforces Object Lock, and encrypts by SSE-KMS with one static key.
func MinIO(ctx context.Context, cfg MinIOConfig) (*S3Server, error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	p, err := newPlace(ctx, c, "minio")
	if err != nil {
		return nil, err
	}
	return startMinIO(ctx, p, cfg)
}

func startMinIO(ctx context.Context, p *place, cfg MinIOConfig) (*S3Server, error) {
	access := S3Access{Product: "minio", Version: MinIOVersion, KMSKey: "earwitness-test"}
	return startS3(ctx, p, access, func(ctx context.Context, s *S3Server) error { return s.prepareMinIO(ctx, cfg) })
}

func (s *S3Server) prepareMinIO(ctx context.Context, cfg MinIOConfig) error {
	installed, err := s.place.cache.fetch(ctx, minioTool())
	if err != nil {
		return err
	}
	port, err := s.place.port(ctx)
	if err != nil {
		return err
	}
	console, err := s.place.port(ctx)
	if err != nil {
		return err
	}
	s.Endpoint = "http://" + loopback(port)
	if cfg.TLS {
		s.Endpoint = "https://" + loopback(port)
		if err := s.writeKeys(); err != nil {
			return err
		}
	}
	s.Program = filepath.Join(installed, "bin", "minio")
	s.Node = newNode("minio", program{
		path: s.Program,
		args: []string{
			"server", "--address", loopback(port), "--console-address", loopback(console),
			"--certs-dir", s.place.path("certs"), s.place.path("data"),
		},
		env: s.minioEnvironment(cfg),
		dir: s.place.dir, log: s.place.path("minio.log"), lasting: s.place.lasting,
	}, s.answers)
	return nil
}

func (s *S3Server) minioEnvironment(cfg MinIOConfig) []string {
	key := make([]byte, 32)
	rand.Read(key) // it never fails
	environment := map[string]string{
		"MINIO_ROOT_USER":      s.Root.User,
		"MINIO_ROOT_PASSWORD":  s.Root.Password,
		"MINIO_KMS_SECRET_KEY": s.KMSKey + ":" + base64.StdEncoding.EncodeToString(key),
		"MINIO_REGION":         s.Region,
		"MINIO_BROWSER":        "off",
		"MINIO_UPDATE":         "off", // it would ask its maker
	}
	maps.Copy(environment, cfg.Environment)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		lines = append(lines, fmt.Sprintf("%s=%s", name, environment[name]))
	}
	return lines
}

func (s *S3Server) writeKeys() error {
	authority, err := NewAuthority()
	if err != nil {
		return err
	}
	certificate, key, err := authority.issueNow(s.Product)
	if err != nil {
		return err
	}
	s.CA = authority.PEM
	if _, err := s.place.write("certs/public.crt", certificate); err != nil {
		return err
	}
	_, err = s.place.write("certs/private.key", key)
	return err
}
