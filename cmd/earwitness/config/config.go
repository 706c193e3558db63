package config

import "time"

// Config is the whole configuration. The names and bounds in its tags are
// what the file may hold; docs/configuration.md says what each key is for.
type Config struct {
	Data     Path     `yaml:"data"`
	Memory   Size     `yaml:"memory" min:"128MiB" max:"1024GiB"`
	Model    Model    `yaml:"model"`
	Roles    Roles    `yaml:"roles"`
	Networks Networks `yaml:"networks"`
	People   []Person `yaml:"people,omitempty"`
	Windows  Windows  `yaml:"windows"`
	Keys     []Key    `yaml:"keys"`
	Sources  []Source `yaml:"sources"`
	Enrich   Enrich   `yaml:"enrich,omitempty"`
	Bus      Bus      `yaml:"bus"`
	Elastic  Elastic  `yaml:"elastic,omitempty"`
	WORM     WORM     `yaml:"worm"`
	Index    Index    `yaml:"index,omitempty"`
	HTTP     HTTP     `yaml:"http,omitempty"`
	Log      Log      `yaml:"log"`

	file string
}

// File that the configuration was read from; empty for none.
func (c *Config) File() string { return c.file }

// Roles say which requesters are whose.
type Roles struct {
	Service []RolePattern `yaml:"service"`
	Own     []RolePattern `yaml:"own"`
	AWS     []Requester   `yaml:"aws"`
}

// Networks say which addresses are whose.
type Networks struct {
	Service []Network `yaml:"service"`
}

// Windows are the times that the rules of attribution reckon with.
type Windows struct {
	SessionGap Duration `yaml:"session-gap" min:"1s" max:"1d"`
	Before     Duration `yaml:"before" min:"0s" max:"1d"`
	After      Duration `yaml:"after" min:"0s" max:"1d"`
	Skew       Duration `yaml:"skew" min:"0s" max:"1h"`
	Horizon    Duration `yaml:"horizon" min:"2d" max:"366d"`
}

// Key is a pattern for object keys, see evidence.KeyPattern.
type Key struct {
	Name     Name       `yaml:"name" required:"true"`
	Template Template   `yaml:"template" required:"true"`
	Kind     ObjectKind `yaml:"kind,omitempty"`
}

// Source of evidence.
type Source struct {
	Name Name       `yaml:"name" required:"true"`
	Type SourceType `yaml:"type" required:"true"`
	// Path is of the types that read files: of a file, a folder or a bucket.
	Path Path `yaml:"path,omitempty"`
	// S3 is of those whose path is a bucket.
	S3 Listing `yaml:"s3,omitempty"`
	// Queue is of those whose objects a queue tells of, or whose evidence it
	// carries.
	Queue Queue `yaml:"queue,omitempty"`
	// Buckets, of CloudTrail: patterns over those whose events are read.
	Buckets []BucketPattern `yaml:"buckets,omitempty"`
	// DigestKeys, of CloudTrail: a file of public keys, see cloudtrail.ParseKeys.
	DigestKeys Path `yaml:"digest-keys,omitempty"`
	// Genesys is of the type that asks its API.
	Genesys Genesys `yaml:"genesys,omitempty"`
	// Webhook is of the type that is posted to.
	Webhook Webhook `yaml:"webhook,omitempty"`
	// Lateness is how late its records may come; never nil once loaded.
	Lateness *Duration `yaml:"lateness" min:"0s" max:"90d"`
}

// WORM is the archive, in a directory or in S3.
type WORM struct {
	// Directory is empty where S3 is enabled.
	Directory Path       `yaml:"directory,omitempty"`
	S3        S3         `yaml:"s3,omitempty"`
	Key       Secret     `yaml:"key"`
	Verifiers []Verifier `yaml:"verifiers"`

	SegmentBytes Size        `yaml:"segment-bytes" min:"1MiB" max:"512MiB"`
	SegmentAge   Duration    `yaml:"segment-age" min:"1s" max:"1d"`
	Compression  Compression `yaml:"compression"`
}

// Index is the embedded search index. It is for one process alone: where the
// bus is shared it has no path, and is not kept.
type Index struct {
	Path      Path      `yaml:"path"`
	Retention Retention `yaml:"retention" min:"1d" max:"36500d"`
}

// Log of the program itself.
type Log struct {
	Level  Level  `yaml:"level"`
	Format Format `yaml:"format"`
}

// Default is the configuration of a user who has decided nothing. What hangs
// on other settings is still empty; Load fills it in.
func Default() *Config {
	return &Config{
		Data:   "earwitness-data",
		Memory: 512 * mebibyte,
		Model:  ModelExport,
		Roles:  Roles{AWS: []Requester{"AmazonS3"}},
		Windows: Windows{
			SessionGap: 10 * minute, Before: 5 * minute, After: 2 * minute,
			Skew: 5 * second, Horizon: 9 * day,
		},
		Enrich: Enrich{
			TTL: day, NegativeTTL: hour, CacheBytes: 64 * mebibyte, Waiting: 50_000, Wait: 2 * minute,
		},
		Bus: Bus{Partitions: 8, Group: "earwitness", Replication: 3, MinInsync: 2, SessionTimeout: 30 * second},
		Elastic: Elastic{
			Prefix: "earwitness", Setup: true,
			BulkBytes: 5 * mebibyte, BulkWait: Wait(250 * time.Millisecond), Requests: 4, BufferBytes: 32 * mebibyte,
			RequestTimeout: minute,
		},
		WORM: WORM{
			S3:           S3{Checksums: ChecksumsAuto, Encryption: EncryptKMS, ClockSkew: 5 * minute, Timeout: minute, Attempts: 3},
			SegmentBytes: 64 * mebibyte, SegmentAge: 5 * minute, Compression: CompressZstd,
		},
		Index: Index{Retention: Forever},
		HTTP:  HTTP{WaitBound: minute},
		Log:   Log{Level: LevelInfo, Format: FormatText},
	}
}

// defaultLateness is the rules' allowance for each type of source.
func defaultLateness(t SourceType) Duration {
	if t == S3AccessLog {
		return 24 * hour
	}
	return hour
}
