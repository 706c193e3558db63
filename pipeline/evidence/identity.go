package evidence

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// ID is the first 16 bytes of a SHA-256 over a domain and its fields.
type ID [16]byte

// String gives 32 lower-case hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero says whether no identity was set.
func (id ID) IsZero() bool { return id == ID{} }

// The domains of section 11 of the rules, and those of our own.
const (
	domainRequest    = "earwitness/request/1"
	domainAct        = "earwitness/act/1"
	domainGroup      = "earwitness/group/1"
	domainPiece      = "earwitness/evidence/1"
	domainDeadLetter = "earwitness/deadletter/1"
	domainMetadata   = "earwitness/metadata/1"
)

// Identity hashes domain and fields, each preceded by its length in bytes as
// an unsigned LEB128 varint. An absent field is the empty string.
func Identity(domain string, fields ...string) ID {
	var space [512]byte
	buf := appendField(space[:0], domain)
	for _, f := range fields {
		buf = appendField(buf, f)
	}
	sum := sha256.Sum256(buf)
	return ID(sum[:16])
}

func appendField(buf []byte, field string) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(field)))
	return append(buf, field...)
}

// RequestID is the identity of a storage request.
func RequestID(bucket, requestID, hostID, operation, key, versionID string) ID {
	return Identity(domainRequest, bucket, requestID, hostID, operation, key, versionID)
}

// ActID is the identity of a Genesys audit event, and of its access.
func ActID(auditID string) ID { return Identity(domainAct, auditID) }

// GroupID is the identity of the access that the unexplained sessions of a
// group are together; fields stand in the order of section 11.
func GroupID(fields ...string) ID { return Identity(domainGroup, fields...) }

// PieceID names one piece of evidence by its way and its bytes as they came,
// so that one record delivered twice is one piece.
func PieceID(kind Kind, sha [sha256.Size]byte) ID {
	return Identity(domainPiece, kind.Name(), string(sha[:]))
}

// MetadataID names an answer under a subject: the same bytes tell each subject
// apart, and each time that was asked, for the latest counts.
func MetadataID(kind SubjectKind, subject string, askedMs int64, sha [sha256.Size]byte) ID {
	return Identity(domainMetadata, kind.Name(), subject, strconv.FormatInt(askedMs, 10), string(sha[:]))
}

// DeadLetterID names a failure: the same record failing twice in one stage
// for one cause is one dead letter.
func DeadLetterID(stage, cause string, sha [sha256.Size]byte) ID {
	return Identity(domainDeadLetter, stage, cause, string(sha[:]))
}
