//go:build servers

package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"earwitness/pipeline/amazon"
)

// limited gives credentials of a session that may do what is listed, and
// nothing else.
func (s realServer) limited(t *testing.T, actions ...string) aws.CredentialsProvider {
	t.Helper()
	client := sts.New(sts.Options{BaseEndpoint: &s.Endpoint, Region: s.Region, Credentials: root(s.S3Server)})
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":["arn:aws:s3:::*"]}]}`,
		strings.Join(actions, `","`))
	out, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/limited"), RoleSessionName: aws.String("limited"), Policy: &policy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
}

// Each right that the documents ask for is needed, and all together are
// enough.
func (s realServer) testRights(t *testing.T) {
	config := s.bucket(t, "rights")
	rights := []string{
		"s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration", "s3:ListBucketVersions",
		"s3:PutObject", "s3:PutObjectRetention", "s3:GetObjectVersion",
	}
	for i := range len(rights) + 1 {
		config := config
		config.Prefix = fmt.Sprintf("without-%d", i)
		given, without := rights, "nothing"
		if i < len(rights) {
			given, without = append(append([]string{}, rights[:i]...), rights[i+1:]...), rights[i]
		}
		config.Credentials = s.limited(t, given...)
		err := func() error {
			store, err := Open(t.Context(), config)
			if err != nil {
				return err
			}
			defer store.Close()
			if err := store.Put(t.Context(), testName, []byte("x")); err != nil {
				return err
			}
			object, err := store.Open(t.Context(), testName)
			if err != nil {
				return err
			}
			return object.Close()
		}()
		t.Logf("without %s: %v", without, err)
		if i == len(rights) {
			if err != nil {
				t.Errorf("with all rights: %v", err)
			}
			continue
		}
		var said *Error
		if !errors.As(err, &said) || said.Code != "AccessDenied" || !errors.Is(err, fs.ErrPermission) || !strings.Contains(said.Advice, rights[i]) {
			t.Errorf("without %s: %v", without, err)
		}
	}
}

// A role is assumed by the credentials of the usual chain.
func (s realServer) testRole(t *testing.T) {
	isolate(t)
	config := s.bucket(t, "role")
	config.Credentials = nil
	config.RoleARN, config.ExternalID = "arn:aws:iam::123456789012:role/archive", "auditor"
	t.Setenv("AWS_ACCESS_KEY_ID", s.Root.User)
	t.Setenv("AWS_SECRET_ACCESS_KEY", s.Root.Password)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.Endpoint)
	store := openReal(t, config)
	if err := store.Put(t.Context(), testName, []byte("x")); err != nil {
		t.Fatal(err)
	}
	used, err := store.client.Options().Credentials.Retrieve(t.Context())
	if err != nil || used.AccessKeyID == s.Root.User || used.SessionToken == "" {
		t.Errorf("the credentials used are those of %s, %v", used.AccessKeyID, err)
	}
}

// Who may write and delete, and may not bypass, gets nowhere in governance
// mode either. (This MinIO lets PutObjectRetention alone bypass it when asked
// to: docs/operations/worm-s3.md.)
func (s realServer) testNoBypass(t *testing.T) {
	config := s.bucket(t, "bypass")
	config.Mode, config.Prefix = Governance, "a"
	store, ours := openReal(t, config), newTrail(t)
	versions := fill(t, ours, store)
	writer := s.limited(t, "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention")
	a := &adversary{
		t: t, client: newClientOf(t, &s.S3Access, s.Endpoint, writer), bucket: config.Bucket, prefix: config.Prefix, versions: versions,
	}
	tries := map[string]error{
		"delete":            a.remove(2, versions[2], false),
		"delete and bypass": a.remove(2, versions[2], true),
		"shorten":           a.retain(2, types.ObjectLockRetentionModeGovernance, time.Second, false),
	}
	for name, err := range tries {
		if !slices.Contains([]string{"AccessDenied", "InvalidRequest"}, amazon.Code(err)) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if report := ours.verify(t, store); !report.Holds() {
		t.Errorf("verify finds %v", report.Findings)
	}
}
