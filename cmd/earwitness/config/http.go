package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// HTTP is where a process tells what it does: /metrics, /healthz, /readyz and
// /status.
type HTTP struct {
	// Listen is empty where it tells nobody.
	Listen ListenAddress `yaml:"listen"`
	// WaitBound is how long a stage may wait before the process is not ready.
	WaitBound Duration `yaml:"wait-bound" min:"1s" max:"1d"`
}

// Enabled says that there is somewhere to listen.
func (h *HTTP) Enabled() bool { return h.Listen != "" }

// StatusAddress is what "earwitness status" asks where nothing else is said.
const StatusAddress ListenAddress = "127.0.0.1:9850"

// ListenAddress is host:port of this machine; without a host all of its
// addresses, with port 0 any that is free.
type ListenAddress string

func (a *ListenAddress) read(text string) error {
	const form = "write host:port, as in " + string(StatusAddress) + ", or :port for all addresses of this machine"
	host, port, err := splitHostPort(text, "credentials do not belong here: whoever reaches the address may read", form)
	switch {
	case err != nil:
		return err
	case host != "" && !validHost(host):
		return fmt.Errorf("%q names no host; %s", text, form)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q has port %s; allowed is 1 to 65535, or 0 for any that is free", text, port)
	}
	*a = ListenAddress(text)
	return nil
}

// Local says that only this machine reaches it.
func (a ListenAddress) Local() bool {
	host, _, err := net.SplitHostPort(string(a))
	return err == nil && loopback(host)
}

// Free says that any port which is free will do.
func (a ListenAddress) Free() bool {
	_, port, err := net.SplitHostPort(string(a))
	return err == nil && strings.Trim(port, "0") == ""
}

// Reached is the address for whoever asks from this machine: what listens on
// all addresses is reached by the loopback one.
func (a ListenAddress) Reached() string {
	host, port, err := net.SplitHostPort(string(a))
	if err != nil {
		return string(a) // read has seen to it
	}
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

// ParseListenAddress reads one that stands outside of a configuration.
func ParseListenAddress(text string) (a ListenAddress, err error) {
	err = a.read(text)
	return a, err
}

func (c *Config) checkHTTP(d *document) {
	if !c.HTTP.Enabled() && d.has("http.wait-bound") {
		d.mistake("http.wait-bound", "it is for /readyz, and http.listen names no address to tell it at; name one, or leave this key out")
	}
}
