package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"earwitness/sinks/worm/bucket"
)

// Host is a name or an address of a machine.
type Host string

func (h *Host) read(text string) error {
	if !validHost(text) {
		return fmt.Errorf("%q is no host; write a name or an address, without a port", text)
	}
	*h = Host(text)
	return nil
}

func validHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9.])?$`).MatchString(text)
}

// loopback says that what is sent there does not leave this machine.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// canonical is one form for all that lead to the same place.
func canonical(host, port string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if address, err := netip.ParseAddr(host); err == nil {
		host = address.Unmap().String()
	}
	return net.JoinHostPort(host, strings.TrimLeft(port, "0"))
}

func validPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// splitHostPort says what is wrong with an address and in which form to write
// it, and of credentials what to do with them.
func splitHostPort(text, credentials, form string) (host, port string, err error) {
	// What may hold a secret is not repeated.
	switch {
	case strings.Contains(text, "@"):
		return "", "", fmt.Errorf("%s; %s", credentials, form)
	case strings.Contains(text, "/"):
		return "", "", fmt.Errorf("%q is more than an address; %s", text, form)
	}
	host, port, err = net.SplitHostPort(text)
	switch {
	case err != nil && strings.Count(text, ":") > 1:
		return "", "", fmt.Errorf("%q can't be told apart into host and port; %s", text, form)
	case err != nil || port == "":
		return "", "", fmt.Errorf("%q has no port; %s", text, form)
	}
	return host, port, nil
}

// Address of a broker, host:port.
type Address string

func (a *Address) read(text string) error {
	const form = "write host:port, as in kafka-1.example.org:9092 or \"[2001:db8::1]:9092\""
	host, port, err := splitHostPort(text, "credentials do not belong here, but into bus.sasl", form)
	switch {
	case err != nil:
		return err
	case !validPort(port):
		return fmt.Errorf("%q has port %s; allowed is 1 to 65535", text, port)
	case !validHost(host):
		return fmt.Errorf("%q names no host; %s", text, form)
	}
	*a = Address(text)
	return nil
}

func (a Address) split() (host, port string) {
	host, port, _ = net.SplitHostPort(string(a)) // read has seen to it
	return host, port
}

// ServerURL is a server's address as a URL, and nothing more.
type ServerURL string

func (u *ServerURL) read(text string) error {
	const form = "write it as in https://server.example.org:9200 or \"https://[2001:db8::1]:9200\""
	// What may hold a secret is not repeated.
	switch {
	case strings.Contains(text, "@"):
		return errors.New("the URL holds credentials, and URLs are logged; credentials have settings of their own")
	case strings.ContainsAny(text, "?#"):
		return fmt.Errorf("the URL holds more than a server's address, something behind ? or #; %s", form)
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no URL; %s", text, form)
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return fmt.Errorf("%q begins with neither http:// nor https://; %s", text, form)
	case !validHost(parsed.Hostname()) || strings.HasSuffix(parsed.Host, ":"):
		return fmt.Errorf("%q names no host; %s", text, form)
	case parsed.Port() != "" && !validPort(parsed.Port()):
		return fmt.Errorf("%q has port %s; allowed is 1 to 65535", text, parsed.Port())
	case strings.Trim(parsed.Path, "/") != "":
		return fmt.Errorf("%q holds more than a server's address, the path %s; %s", text, parsed.Path, form)
	}
	parsed.Path, parsed.RawPath = "", ""
	*u = ServerURL(parsed.String())
	return nil
}

func (u ServerURL) parse() *url.URL {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return &url.URL{} // read has seen to it
	}
	return parsed
}

// canonical is one form for all that lead to the same server.
func (u ServerURL) canonical() string {
	parsed := u.parse()
	port := parsed.Port()
	switch {
	case port != "":
	case parsed.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return canonical(parsed.Hostname(), port)
}

// inClear says that what is sent there can be read on its way.
func (u ServerURL) inClear() bool {
	parsed := u.parse()
	return parsed.Scheme == "http" && !loopback(parsed.Hostname())
}

// BucketURL is s3://BUCKET/PREFIX, without parameters.
type BucketURL string

func (u *BucketURL) read(text string) error {
	const form = "write s3://BUCKET/PREFIX"
	switch {
	case strings.Contains(text, "@"):
		return fmt.Errorf("credentials do not belong here: they come from the environment, a profile or a role; %s", form)
	case strings.ContainsAny(text, "?#"):
		return fmt.Errorf("nothing may stand behind ? or #: parameters are keys of their own; %s", form)
	}
	if _, err := bucket.ParseURL(text); err != nil {
		return fmt.Errorf("%w; %s", errors.Unwrap(err), form)
	}
	*u = BucketURL(text)
	return nil
}
