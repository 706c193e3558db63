package config

import (
	"fmt"
	"slices"
	"strings"
)

// Model of storage in force, see the rules of attribution.
type Model string

// The storage models.
const (
	ModelExport Model = "export"
	ModelDirect Model = "direct"
)

func (m *Model) read(text string) error {
	return choose(m, text, "model", ModelExport, ModelDirect)
}

// SourceType is what a source delivers.
type SourceType string

// The types of sources.
const (
	S3AccessLog  SourceType = "s3-access-log"
	GenesysAudit SourceType = "genesys-audit"
	CloudTrail   SourceType = "cloudtrail"
	// GenesysCloud is asked for its audits; those of GenesysAudit are files.
	GenesysCloud SourceType = "genesys"
	// GenesysWebhook is posted to.
	GenesysWebhook SourceType = "genesys-webhook"
)

func (t *SourceType) read(text string) error {
	return choose(t, text, "type of source", S3AccessLog, GenesysAudit, CloudTrail, GenesysCloud, GenesysWebhook)
}

// ReadsFiles says that sources of the type have a path.
func (t SourceType) ReadsFiles() bool {
	return t == S3AccessLog || t == GenesysAudit || t == CloudTrail
}

// ObjectKind is what an object key names; empty decides by the key's end.
type ObjectKind string

// The kinds of objects.
const (
	KindMedia    ObjectKind = "media"
	KindMetadata ObjectKind = "metadata"
	KindOther    ObjectKind = "other"
)

func (k *ObjectKind) read(text string) error {
	return choose(k, text, "kind of object", KindMedia, KindMetadata, KindOther)
}

// Compression of archive segments.
type Compression string

// The compressions.
const (
	CompressZstd Compression = "zstd"
	CompressNone Compression = "none"
)

func (c *Compression) read(text string) error {
	return choose(c, text, "compression", CompressZstd, CompressNone)
}

// Mechanism of SASL.
type Mechanism string

// The mechanisms.
const (
	MechanismPlain    Mechanism = "plain"
	MechanismSCRAM256 Mechanism = "scram-sha-256"
	MechanismSCRAM512 Mechanism = "scram-sha-512"
)

func (m *Mechanism) read(text string) error {
	return choose(m, text, "mechanism", MechanismPlain, MechanismSCRAM256, MechanismSCRAM512)
}

// LockMode of Object Lock, see bucket.Mode.
type LockMode string

// The modes.
const (
	LockCompliance LockMode = "compliance"
	LockGovernance LockMode = "governance"
)

func (m *LockMode) read(text string) error {
	return choose(m, text, "mode", LockCompliance, LockGovernance)
}

// Encryption of objects, see bucket.Encryption.
type Encryption string

// The encryptions.
const (
	EncryptKMS      Encryption = "kms"
	EncryptByBucket Encryption = "bucket"
)

func (e *Encryption) read(text string) error {
	return choose(e, text, "encryption", EncryptKMS, EncryptByBucket)
}

// Checksums that are asked for, see bucket.Checksums.
type Checksums string

// The ways to use checksums.
const (
	ChecksumsAuto         Checksums = "auto"
	ChecksumsWhenRequired Checksums = "when_required"
)

func (c *Checksums) read(text string) error {
	return choose(c, text, "way to use checksums", ChecksumsAuto, ChecksumsWhenRequired)
}

// Level of the log.
type Level string

// The levels, from the most to the least that is logged.
const (
	LevelDebug Level = "debug"
	LevelInfo  Level = "info"
	LevelWarn  Level = "warn"
	LevelError Level = "error"
)

func (l *Level) read(text string) error {
	return choose(l, text, "log level", LevelDebug, LevelInfo, LevelWarn, LevelError)
}

// Format of the log.
type Format string

// The formats.
const (
	FormatText Format = "text"
	FormatJSON Format = "json"
)

func (f *Format) read(text string) error {
	return choose(f, text, "log format", FormatText, FormatJSON)
}

func choose[T ~string](to *T, text, what string, allowed ...T) error {
	if !slices.Contains(allowed, T(text)) {
		var names []string
		for _, a := range allowed {
			names = append(names, string(a))
		}
		return fmt.Errorf("%q is no %s; allowed are %s", text, what, strings.Join(names, ", "))
	}
	*to = T(text)
	return nil
}
