package cloudtrail

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
)

// digest is a digest file: the log files that were delivered in an hour with
// their hashes, and the digest before it. Source of the fields and of the
// string that is signed: the CloudTrail user guide, "CloudTrail digest file
// structure".
type digest struct {
	AwsAccountID               string         `json:"awsAccountId"`
	DigestStartTime            string         `json:"digestStartTime"`
	DigestEndTime              string         `json:"digestEndTime"`
	DigestS3Bucket             string         `json:"digestS3Bucket"`
	DigestS3Object             string         `json:"digestS3Object"`
	DigestPublicKeyFingerprint string         `json:"digestPublicKeyFingerprint"`
	DigestSignatureAlgorithm   string         `json:"digestSignatureAlgorithm"`
	PreviousDigestS3Bucket     *string        `json:"previousDigestS3Bucket"`
	PreviousDigestS3Object     *string        `json:"previousDigestS3Object"`
	PreviousDigestHashValue    *string        `json:"previousDigestHashValue"`
	PreviousDigestSignature    *string        `json:"previousDigestSignature"`
	LogFiles                   []digestedFile `json:"logFiles"`
}

type digestedFile struct {
	S3Bucket      string `json:"s3Bucket"`
	S3Object      string `json:"s3Object"`
	HashValue     string `json:"hashValue"`
	HashAlgorithm string `json:"hashAlgorithm"`
}

const (
	digestMark      = "_CloudTrail-Digest_"
	signatureSuffix = ".signature"
	// maxDigest is the length in bytes up to which a digest is read: about
	// 80,000 log files.
	maxDigest = 32 << 20
)

func parseDigest(content []byte) (*digest, error) {
	d := &digest{}
	if err := json.Unmarshal(content, d); err != nil {
		return nil, err
	}
	if d.DigestS3Object == "" || d.DigestEndTime == "" || d.DigestPublicKeyFingerprint == "" {
		return nil, errors.New("it has no digestS3Object, digestEndTime or digestPublicKeyFingerprint")
	}
	return d, nil
}

// signed is the string that a digest's signature is over.
func (d *digest) signed(content [sha256.Size]byte) []byte {
	previous := "null"
	if d.PreviousDigestSignature != nil {
		previous = *d.PreviousDigestSignature
	}
	return fmt.Appendf(nil, "%s\n%s/%s\n%s\n%s", d.DigestEndTime, d.DigestS3Bucket, d.DigestS3Object,
		hex.EncodeToString(content[:]), previous)
}

var (
	errUnknownKey = errors.New("no public key with its fingerprint is configured; add it to digest-keys")
	errAlgorithm  = errors.New("it is signed by another algorithm than SHA256withRSA")
)

// verify checks a signature, in hex, over what is signed.
func (k Keys) verify(signed []byte, fingerprint, algorithm, signature string) error {
	if algorithm != "" && algorithm != "SHA256withRSA" {
		return errAlgorithm
	}
	key := k[strings.ToLower(fingerprint)]
	if key == nil {
		return errUnknownKey
	}
	sig, err := hex.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return fmt.Errorf("its signature is not hex: %w", err)
	}
	sum := sha256.Sum256(signed)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig)
}

// nameOf is the name by which a file is known, compressed or not.
func nameOf(uri string) string { return strings.TrimSuffix(path.Base(uri), ".gz") }

// chainOf names the chain that a digest belongs to, and the end of its time as
// its name has it: account_CloudTrail-Digest_region_trail_region_20260302T100000Z.
func chainOf(object string) (chain, end string) {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(object), ".gz"), ".json")
	name = strings.TrimSuffix(name, "_backfill")
	if i := strings.LastIndexByte(name, '_'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}
