package cloudtrail

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Keys are public keys of CloudTrail by their fingerprints.
type Keys map[string]*rsa.PublicKey

// ParseKeys reads the answers of CloudTrail's ListPublicKeys, one or several
// in a row, as `aws cloudtrail list-public-keys` writes them: each Value is a
// key's PKCS #1 in base64. An answer lists the keys of one region and of a
// span of time; keep the answers, for AWS gives out old keys only for as long
// as it pleases.
func ParseKeys(data []byte) (Keys, error) {
	keys := Keys{}
	in := json.NewDecoder(strings.NewReader(string(data)))
	for in.More() {
		var answer struct {
			PublicKeyList []struct{ Value, Fingerprint string }
		}
		if err := in.Decode(&answer); err != nil {
			return nil, fmt.Errorf("read public keys: %w; give what aws cloudtrail list-public-keys wrote", err)
		}
		for i, k := range answer.PublicKeyList {
			der, err := base64.StdEncoding.DecodeString(k.Value)
			if err != nil {
				return nil, fmt.Errorf("read public key %d, %s: %w", i+1, k.Fingerprint, err)
			}
			key, err := x509.ParsePKCS1PublicKey(der)
			if err != nil {
				return nil, fmt.Errorf("read public key %d, %s: %w", i+1, k.Fingerprint, err)
			}
			keys[strings.ToLower(k.Fingerprint)] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("read public keys: there is none in PublicKeyList; give what aws cloudtrail list-public-keys wrote")
	}
	return keys, nil
}
