package genesys_test

import (
	"os"
	"path/filepath"
	"testing"

	"earwitness/sources/genesys"
	"earwitness/sources/intake/intaketest"
)

func TestConformance(t *testing.T) {
	for name, records := range map[string]int{"platform.json": 6, "quality.ndjson": 10, "eventbridge.ndjson": 20, "file.json": 4} {
		t.Run(name, func(t *testing.T) {
			sample, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			intaketest.Decoder(t, genesys.New(genesys.Config{}), sample, records)
		})
	}
}
