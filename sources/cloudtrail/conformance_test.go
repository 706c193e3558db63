package cloudtrail

import (
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
		})
	}
}
