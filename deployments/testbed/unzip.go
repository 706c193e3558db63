package testbed

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// unzip unpacks an archive below a folder, and nothing outside of it.
func unzip(archive, dir string) (err error) {
	reader, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("open %s: %w", archive, err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for _, entry := range reader.File {
		if err := unzipEntry(entry, dir); err != nil {
			return fmt.Errorf("unpack %s of %s: %w", entry.Name, archive, err)
		}
	}
	return nil
}

func unzipEntry(entry *zip.File, dir string) (err error) {
	if !filepath.IsLocal(entry.Name) {
		return errors.New("it points out of its folder")
	}
	path := filepath.Join(dir, entry.Name)
	if entry.FileInfo().IsDir() {
		return os.MkdirAll(path, 0o755)
	}
	if !entry.Mode().IsRegular() {
		return fmt.Errorf("neither file nor folder, but %s", entry.Mode())
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	source, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, entry.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, source)
	return errors.Join(err, file.Close())
}
