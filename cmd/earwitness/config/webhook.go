package config

import (
	"crypto/tls"
	"log/slog"
	"strings"

	"earwitness/sources/genesys/webhook"
)

// Webhook is an address that audits are posted to.
type Webhook struct {
	Listen Address `yaml:"listen" required:"true"`
	Path   Text    `yaml:"path"`
	Secret Secret  `yaml:"secret" required:"true"`
	// Header holds the secret; Signed says that requests are signed by it.
	Header Text     `yaml:"header,omitempty"`
	Signed bool     `yaml:"signed"`
	Window Duration `yaml:"window,omitempty" min:"10s" max:"1h"`

	MaxBody     Size   `yaml:"max-body" min:"64KiB" max:"16MiB"`
	Certificate Path   `yaml:"certificate,omitempty"`
	Key         Secret `yaml:"key,omitempty"`
}

// derive fills in what is not given.
func (w *Webhook) derive() {
	if w.Path == "" {
		w.Path = "/"
	}
	if w.MaxBody == 0 {
		w.MaxBody = mebibyte
	}
	switch {
	case !w.Signed && w.Header == "":
		w.Header = "X-Api-Key"
	case w.Signed && w.Window == 0:
		w.Window = 5 * minute
	}
}

// ServerConfig is what the user has decided of the server. It loads the
// certificate, and the secret to see that it is there.
func (w *Webhook) ServerConfig(log *slog.Logger) (webhook.Config, error) {
	load := func() (string, error) { return w.Secret.loadFor("webhook.secret") }
	if _, err := load(); err != nil {
		return webhook.Config{}, err
	}
	server := webhook.Config{
		Listen: string(w.Listen), Path: string(w.Path), Secret: load, Header: string(w.Header),
		Window: w.Window.Std(), MaxBody: int64(w.MaxBody), Logger: log,
	}
	if w.Certificate == "" {
		return server, nil
	}
	pair, err := pairOf("webhook", w.Certificate, w.Key)
	if err != nil {
		return webhook.Config{}, err
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return server, nil
}

func (c *Config) checkWebhook(d *document, source *Source, field string) {
	w := &source.Webhook
	field += ".webhook"
	host, _ := w.Listen.split()
	if w.Certificate == "" && !loopback(host) {
		d.mistake(field+".listen", "the secret and the audits would come over the network as they are; name a certificate and its key, or listen at 127.0.0.1 behind a server that speaks TLS")
	}
	switch {
	case w.Certificate != "" && w.Key == "":
		d.mistake(field+".certificate", "the key is missing; name it by key, as env:NAME or file:PATH")
	case w.Certificate == "" && w.Key != "":
		d.mistake(field+".key", "the certificate is missing; name its file by certificate")
	}
	if !strings.HasPrefix(string(w.Path), "/") || strings.ContainsAny(string(w.Path), " ?#%") {
		d.mistake(field+".path", "%q is no path of a URL; it begins with /, and holds no space and none of ? # %%", w.Path)
	}
	if w.Header != "" && strings.ContainsFunc(string(w.Header), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	}) {
		d.mistake(field+".header", "%q is no name of a header; allowed are letters, digits and -", w.Header)
	}
	if w.Signed && w.Header != "" {
		d.mistake(field+".header", "signed requests do not hold the secret; leave out either header, or signed")
	}
	if !w.Signed && w.Window != 0 {
		d.mistake(field+".window", "it is for signed requests; set signed to true, or leave this key out")
	}
}
