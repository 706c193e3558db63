package testbed

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// elasticsearchRoles are ours beside the superuser that comes with it.
const elasticsearchRoles = `guest:
  cluster: [monitor]
writer:
  cluster: [monitor]
  indices:
    - names: ["*"]
      privileges: [create_index, read, write, maintenance, view_index_metadata]
`

// writeAccounts makes accounts of the file realm, which need no index and
// exist from the start.
func (e *ElasticsearchNode) writeAccounts() error {
	e.Admin, e.Writer, e.Guest = newAccount("earwitness"), newAccount("writer"), newAccount("guest")
	roles := map[string]Account{"superuser": e.Admin, "writer": e.Writer, "guest": e.Guest}
	var users, has strings.Builder
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		account := roles[role]
		hash, err := elasticsearchHash(account.Password)
		if err != nil {
			return fmt.Errorf("hash password of %s: %w", account.User, err)
		}
		fmt.Fprintf(&users, "%s:%s\n", account.User, hash)
		fmt.Fprintf(&has, "%s:%s\n", role, account.User)
	}
	for name, text := range map[string]string{"users": users.String(), "users_roles": has.String(), "roles.yml": elasticsearchRoles} {
		if _, err := e.place.write("config/"+name, text); err != nil {
			return err
		}
	}
	return nil
}

// elasticsearchHash is the form that its users file calls PBKDF2.
func elasticsearchHash(password string) (string, error) {
	const rounds = 1000 // each request pays for them
	salt := make([]byte, 32)
	rand.Read(salt) // it never fails
	key, err := pbkdf2.Key(sha512.New, password, salt, rounds, 32)
	if err != nil {
		return "", err
	}
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("{PBKDF2}%d$%s$%s", rounds, encode(salt), encode(key)), nil
}

// yamlText has each value in quotes, which is YAML whatever it holds.
func yamlText(settings map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s: %q\n", key, settings[key])
	}
	return text.String()
}
