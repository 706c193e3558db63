package testbed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// VersityGWVersion is the versitygw that is run.
const VersityGWVersion = "v1.8.0"

const versityGWHealth = "/health"

// VersityGWConfig says what gateway is wanted.
type VersityGWConfig struct {
	// Arguments are added before the name of the backend.
	Arguments []string
}

// VersityGW fetches and builds versitygw if need be, and starts one over an
// empty folder. It writes an access log of the S3 kind.
func VersityGW(ctx context.Context, cfg VersityGWConfig) (*S3Server, error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	p, err := newPlace(ctx, c, "versitygw")
	if err != nil {
		return nil, err
	}
	return startVersityGW(ctx, p, cfg)
}

func startVersityGW(ctx context.Context, p *place, cfg VersityGWConfig) (*S3Server, error) {
	access := S3Access{Product: "versitygw", Version: VersityGWVersion}
	return startS3(ctx, p, access, func(ctx context.Context, s *S3Server) error { return s.prepareVersityGW(ctx, cfg) })
}

func (s *S3Server) prepareVersityGW(ctx context.Context, cfg VersityGWConfig) error {
	installed, err := s.place.cache.fetch(ctx, versityGWTool())
	if err != nil {
		return err
	}
	port, err := s.place.port(ctx)
	if err != nil {
		return err
	}
	for _, dir := range []string{"iam", "versions", "data"} {
		if err := os.Mkdir(s.place.path(dir), 0o700); err != nil {
			return fmt.Errorf("make folder of versitygw: %w", err)
		}
	}
	s.Endpoint, s.AccessLog = "http://"+loopback(port), s.place.path("access.log")
	args := []string{
		"--port", loopback(port), "--region", s.Region, "--health", versityGWHealth,
		"--iam-dir", s.place.path("iam"), "--access-log", s.AccessLog,
	}
	args = append(args, cfg.Arguments...)
	args = append(args, "posix", "--versioning-dir", s.place.path("versions"), s.place.path("data"))
	s.Program = filepath.Join(installed, "bin", "versitygw")
	s.Node = newNode("versitygw", program{
		path: s.Program, args: args,
		env: []string{"ROOT_ACCESS_KEY=" + s.Root.User, "ROOT_SECRET_KEY=" + s.Root.Password},
		dir: s.place.dir, log: s.place.path("versitygw.log"), lasting: s.place.lasting,
	}, s.answers)
	return nil
}

// AddVersityGWUser makes a user of a versitygw who owns nothing: others'
// buckets are denied to him.
func (a *S3Access) AddVersityGWUser(ctx context.Context, user string) (Account, error) {
	account := newAccount(user)
	output, err := exec.CommandContext(ctx, a.Program,
		"admin", "--access", a.Root.User, "--secret", a.Root.Password, "--endpoint-url", a.Endpoint, "--region", a.Region,
		"create-user", "--access", account.User, "--secret", account.Password, "--role", "user").CombinedOutput()
	if err != nil {
		return Account{}, fmt.Errorf("add user %s to versitygw: %w\n%s", user, err, lastLines(output, outputInErrors))
	}
	return account, nil
}
