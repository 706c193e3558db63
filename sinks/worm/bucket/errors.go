package bucket

import (
	"context"
	"errors"

	"earwitness/pipeline/amazon"
)

// errOtherKey ends a listing behind the one key that it was about.
var errOtherKey = errors.New("the listing is behind the key")

// Error of a request: what was tried, on what, why it failed, what to do.
// errors.Is finds fs.ErrPermission where rights or settings are missing and
// another attempt would end the same, and fs.ErrNotExist where an object is
// gone.
type Error = amazon.Error

// explain gives an error its words. The caller's own end stays what it is.
func (s *Store) explain(ctx context.Context, operation, name string, err error) error {
	object := s.config.Location.String()
	if name != "" {
		object += "/" + name
	}
	asker := amazon.Asker{
		Server: s.config.server(), Region: s.client.Options().Region, Role: s.config.RoleARN, Advise: adviseLasting,
	}
	return asker.Explain(ctx, operation, object, err)
}
