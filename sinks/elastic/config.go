package elastic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"earwitness/pipeline/evidence"
)

// Stage is what dead letters of this sink name as theirs.
const Stage = "elastic"

// Positions keeps the offset to read next of each partition of the topic of
// records: in Kafka, the offsets committed by this sink's group. They belong
// to one lineage of the topics. Safe for concurrent use.
type Positions interface {
	// Load gives -1 where nothing was ever stored.
	Load(ctx context.Context, partition int) (int64, error)
	Store(ctx context.Context, partition int, offset int64) error
}

// DeadLetters takes documents that Elasticsearch refuses for good, and
// returns when they are durable. Safe for concurrent use.
type DeadLetters func(ctx context.Context, letters []*evidence.DeadLetter) error

// Config of the sink. What has a default may be left out.
type Config struct {
	// URLs of the nodes, without credentials: https://es.example.org:9200.
	URLs []string
	// Username and Password, or APIKey: "id:key", or both in Base64 as
	// Elasticsearch gives it.
	Username, Password, APIKey string
	// CA is what servers' certificates must come from, in PEM. None: what
	// the system trusts.
	CA []byte
	// Fingerprint is the SHA-256 in hex of a certificate that the server
	// shows: its own, or that of the CA that signed it.
	Fingerprint string

	// Prefix of the names of indices, templates and aliases: "earwitness".
	Prefix string
	// OnlyCheckTemplates is for those who give a pipeline no right to make
	// templates: they must be there.
	OnlyCheckTemplates bool

	// Positions and DeadLetters are needed to write, not for Setup.
	Positions   Positions
	DeadLetters DeadLetters

	// BulkBytes is how large a request may become: 5 MiB.
	BulkBytes int
	// BulkWait is how long a record waits for others to share a request
	// with: 250 ms.
	BulkWait time.Duration
	// Requests is how many are under way at once: 4.
	Requests int
	// InFlightBytes is how much may wait for its result: 32 MiB.
	InFlightBytes int64
	// RequestTimeout ends a request without an answer, which is then sent
	// again: 1 minute.
	RequestTimeout time.Duration
	// StoreEvery is how often positions are stored: 1 s.
	StoreEvery time.Duration
	// Compress sends bodies gzipped, for where the network is the bottleneck.
	Compress bool

	// Logger for what is waited for and what goes to the dead letters. None:
	// nothing is logged.
	Logger *slog.Logger
	// Transport replaces the connections; CA and Fingerprint are its own then.
	Transport http.RoundTripper
	// Pause replaces the waiting between attempts.
	Pause func(ctx context.Context, d time.Duration) error
	// Now replaces the clock.
	Now func() time.Time

	// version of the templates that is wanted: TemplateVersion, but in tests
	// of what the next one will find.
	version int
}

// prefixes that index names, templates and aliases can begin with.
func validPrefix(prefix string) bool {
	return regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,99}$`).MatchString(prefix)
}

func (cfg *Config) setDefaults() {
	setDefault(&cfg.Prefix, "earwitness")
	setDefault(&cfg.version, TemplateVersion)
	setDefault(&cfg.BulkBytes, 5<<20)
	setDefault(&cfg.BulkWait, 250*time.Millisecond)
	setDefault(&cfg.Requests, 4)
	setDefault(&cfg.InFlightBytes, 32<<20)
	setDefault(&cfg.RequestTimeout, time.Minute)
	setDefault(&cfg.StoreEvery, time.Second)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Pause == nil {
		cfg.Pause = pause
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
}

func setDefault[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

// check finds what can't work, all of it.
func (cfg *Config) check() error {
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if len(cfg.URLs) == 0 {
		refuse("no URL is given: name at least one node, as in http://127.0.0.1:9200")
	}
	for _, text := range cfg.URLs {
		if err := checkURL(text); err != nil {
			wrong = append(wrong, err)
		}
	}
	if cfg.APIKey != "" && (cfg.Username != "" || cfg.Password != "") {
		refuse("both an API key and a user are given: give one of them")
	}
	if (cfg.Username == "") != (cfg.Password == "") {
		refuse("user and password go together, and one of them is empty")
	}
	if !validPrefix(cfg.Prefix) {
		refuse("prefix %q can't begin the name of an index: use a lower-case letter, then letters, digits, '-', '_' and '.'", cfg.Prefix)
	}
	if cfg.BulkBytes < 0 || cfg.InFlightBytes < 0 || cfg.Requests < 0 || cfg.BulkWait < 0 || cfg.StoreEvery < 0 || cfg.RequestTimeout < 0 {
		refuse("sizes, counts and durations can't be negative")
	}
	return errors.Join(wrong...)
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		// The parser's error repeats the URL, and what secrets it may hold.
		return errors.New("a URL can't be read: write it as in https://es.example.org:9200")
	}
	switch {
	case u.User != nil:
		return fmt.Errorf("URL %s holds credentials: give user and password, or an API key, in their own settings", redact(u))
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("URL %s begins with neither http:// nor https://", redact(u))
	case u.Host == "":
		return fmt.Errorf("URL %s names no host", redact(u))
	}
	return nil
}

// redact leaves of a URL what may be shown.
func redact(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return shown.String()
}
