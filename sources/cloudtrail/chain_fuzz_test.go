package cloudtrail

import (
	"path/filepath"
	"testing"
)

// FuzzDigest reads whatever stands in the place of a digest, with whatever
// signature, and requires that the same gives the same findings once more.
func FuzzDigest(f *testing.F) {
	f.Add([]byte(`{"digestEndTime":"2026-03-02T01:00:00Z","digestS3Bucket":"t","digestS3Object":"a/1_CloudTrail-Digest_r_t_r_20260302T010000Z.json.gz",`+
		`"digestPublicKeyFingerprint":"f","previousDigestS3Object":"b","previousDigestHashValue":"00","previousDigestSignature":"00",`+
		`"logFiles":[{"s3Bucket":"t","s3Object":"l","hashValue":"00"}]}`), "00")
	f.Add([]byte(`{"logFiles":null}`), "")
	f.Fuzz(func(t *testing.T, content []byte, signature string) {
		chain, err := OpenChain(ChainConfig{Path: filepath.Join(t.TempDir(), "digests"), Keys: Keys{}})
		if err != nil {
			t.Fatal(err)
		}
		defer chain.Close() //nolint:errcheck // of a test
		first, err := chain.digestFile("file:///x.json.gz", content, signature)
		if err != nil {
			t.Fatal(err)
		}
		again, err := chain.digestFile("file:///x.json.gz", content, signature)
		if err != nil || len(again) < len(first) {
			t.Errorf("%v, then %v, %v", first, again, err)
		}
	})
}

// FuzzKeys reads whatever stands in the place of public keys.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"PublicKeyList":[{"Value":"MA==","Fingerprint":"f"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := ParseKeys(data)
		if (err == nil) == (len(keys) == 0) {
			t.Errorf("%d keys, %v", len(keys), err)
		}
	})
}
