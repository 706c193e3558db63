package testbed

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestUnzipStaysInItsFolder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		mode    os.FileMode
		allowed bool
	}{
		{"bin/run", 0o755, true},
		{"../out", 0o644, false},
		{"/etc/out", 0o644, false},
		{"a/../../out", 0o644, false},
		{"link", os.ModeSymlink | 0o777, false},
	}
	for _, test := range tests {
		var data bytes.Buffer
		writer := zip.NewWriter(&data)
		header := &zip.FileHeader{Name: test.name}
		header.SetMode(test.mode)
		entry, err := writer.CreateHeader(header)
		if err == nil {
			_, err = entry.Write([]byte("text"))
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		archive := filepath.Join(dir, "a.zip")
		if err := os.WriteFile(archive, data.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		err = unzip(archive, filepath.Join(dir, "to"))
		if (err == nil) != test.allowed {
			t.Errorf("%s (%s): %v, want it allowed: %t", test.name, test.mode, err, test.allowed)
		}
		if !test.allowed {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, "to", test.name))
		if err != nil || info.Mode() != test.mode || info.Size() != 4 {
			t.Errorf("%s: %v, %v", test.name, info, err)
		}
	}
}

func TestCheckJava(t *testing.T) {
	t.Parallel()
	for output, good := range map[string]bool{
		`openjdk version "17.0.15" 2025-04-15`: true,
		`openjdk version "25" 2025-09-16`:      true,
		`java version "1.8.0_202"`:             false,
		`openjdk version "11.0.2" 2019-01-15`:  false,
		`bash: no java`:                        false,
	} {
		if err := checkJava([]byte(output)); (err == nil) != good {
			t.Errorf("%s: %v, want it good: %t", output, err, good)
		}
	}
}
