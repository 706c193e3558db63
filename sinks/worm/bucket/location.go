package bucket

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"earwitness/pipeline/amazon"
)

const scheme = "s3://"

// Location of a store.
type Location struct {
	Bucket string
	// Prefix of all names in the store, without slashes at its ends; the
	// store is the whole bucket when it is empty.
	Prefix string
}

// String is the URL of the store.
func (l Location) String() string {
	if l.Prefix == "" {
		return scheme + l.Bucket
	}
	return scheme + l.Bucket + "/" + l.Prefix
}

// IsURL says whether text names a store in S3, and not a directory.
func IsURL(text string) bool {
	return len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme)
}

// ParseURL reads s3://BUCKET/PREFIX, with the settings that reading needs as
// parameters where the environment does not say them: endpoint, region,
// path-style, ca-file, checksums, profile, role, external-id, owner.
func ParseURL(text string) (Config, error) {
	c, err := parseURL(text)
	if err != nil {
		return Config{}, fmt.Errorf("read store's address %q: %w; it has the form s3://BUCKET/PREFIX", withoutUser(text), err)
	}
	return c, nil
}

func parseURL(text string) (Config, error) {
	if !IsURL(text) {
		return Config{}, errors.New("it does not begin with s3://")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err // it repeats the whole text
		}
		return Config{}, err
	case u.User != nil:
		return Config{}, errors.New("credentials do not belong there; they come from the environment or a profile")
	case u.Fragment != "":
		return Config{}, errors.New("a part behind # means nothing here")
	}
	c := Config{Location: Location{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Config{}, err
	}
	for name, given := range values {
		if len(given) != 1 {
			return Config{}, fmt.Errorf("parameter %s stands there %d times", name, len(given))
		}
		if err := c.setParameter(name, given[0]); err != nil {
			return Config{}, err
		}
	}
	return c, errors.Join(c.Location.validate(), amazon.CheckEndpoint(c.Endpoint))
}

// URL is the address of the store with what reading needs, as ParseURL takes
// it. It holds no secret.
func (c Config) URL() string {
	values := url.Values{}
	for name, text := range c.parameters() {
		if *text != "" {
			values.Set(name, *text)
		}
	}
	if c.PathStyle {
		values.Set("path-style", "true")
	}
	if len(values) == 0 {
		return c.String()
	}
	return c.String() + "?" + values.Encode()
}

// parameters of an address that are texts.
func (c *Config) parameters() map[string]*string {
	return map[string]*string{
		"endpoint": &c.Endpoint, "region": &c.Region, "ca-file": &c.CAFile, "profile": &c.Profile,
		"role": &c.RoleARN, "external-id": &c.ExternalID, "owner": &c.Owner, "checksums": (*string)(&c.Checksums),
	}
}

func (c *Config) setParameter(name, value string) error {
	if text := c.parameters()[name]; text != nil {
		*text = value
		return nil
	}
	if name != "path-style" {
		return fmt.Errorf("there is no parameter %s; there are endpoint, region, path-style, ca-file, checksums, profile, role, external-id and owner", name)
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("path-style is true or false, not %q", value)
	}
	c.PathStyle = on
	return nil
}

func withoutUser(text string) string {
	if before, after, found := strings.Cut(text, "@"); found && strings.Contains(before, "://") {
		return before[:strings.Index(before, "://")+3] + "***@" + after
	}
	return text
}

func (l Location) validate() error {
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`).MatchString(l.Bucket) {
		return fmt.Errorf("bucket %q is not a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens", l.Bucket)
	}
	if l.Prefix == "" {
		return nil
	}
	if !fs.ValidPath(l.Prefix) || l.Prefix == "." || strings.ContainsFunc(l.Prefix, func(r rune) bool { return r < ' ' || r == '\\' }) {
		return fmt.Errorf("prefix %q is not a path without slashes at its ends, empty parts and dots", l.Prefix)
	}
	return nil
}

// key of an object in the bucket.
func (l Location) key(name string) (string, error) {
	if !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, '\\') {
		return "", fmt.Errorf("name %q is not one for an object: %w", name, fs.ErrInvalid)
	}
	return l.folder() + name, nil
}

// folder is what every key begins with.
func (l Location) folder() string {
	if l.Prefix == "" {
		return ""
	}
	return l.Prefix + "/"
}
