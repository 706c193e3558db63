package cloudtrail

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"earwitness/sources/intake/intaketest"
)

func TestConformance(t *testing.T) {
	for name, records := range map[string]int{"trail.json": 12, "odd.json": 9} {
		t.Run(name, func(t *testing.T) {
			sample, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			intaketest.Decoder(t, testDecoder(t), sample, records)
			chain, err := OpenChain(ChainConfig{Path: filepath.Join(t.TempDir(), "digests")})
			if err != nil {
				t.Fatal(err)
			}
			defer chain.Close() //nolint:errcheck // of a test
			reopen := func(context.Context, string) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(sample)), nil
			}
			intaketest.Decoder(t, NewVerified(testDecoder(t), chain, reopen), sample, records)
		})
	}
}
