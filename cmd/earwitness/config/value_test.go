package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earwitness/sinks/worm"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "5s": 5 * time.Second, "90m": 90 * time.Minute, "1h30m": 90 * time.Minute,
		"9d": 216 * time.Hour, "1d2h3m4s": 26*time.Hour + 3*time.Minute + 4*time.Second,
	} {
		var d, again Duration
		if err := d.read(text); err != nil || d.Std() != want {
			t.Errorf("%s reads as %s, %v", text, d.Std(), err)
		}
		if err := again.read(d.String()); err != nil || again != d {
			t.Errorf("%s prints as %s, which reads as %s, %v", text, d, again, err)
		}
	}
	for _, text := range []string{"", "m", "10", "1.5h", "10 m", "+5m", "-5m", "5M", "5m5m", "1s1h", "99999999999s", "2000000000d"} {
		var d Duration
		if err := d.read(text); err == nil {
			t.Errorf("%q reads as %s", text, d)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"64MiB": 64 << 20, "1GiB": 1 << 30, "1536KiB": 3 << 19, "2048KiB": 2 << 20} {
		var s, again Size
		if err := s.read(text); err != nil || s != want {
			t.Errorf("%s reads as %d, %v", text, s, err)
		}
		if err := again.read(s.String()); err != nil || again != s {
			t.Errorf("%s prints as %s, which reads as %d, %v", text, s, again, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("open sesame\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EARWITNESS_TEST_SECRET", "open sesame")
	for _, s := range []Secret{"env:EARWITNESS_TEST_SECRET", Secret("file:" + path)} {
		if text, err := s.Load(); err != nil || text != "open sesame" {
			t.Errorf("%s holds %q, %v", s, text, err)
		}
	}
	for s, want := range map[Secret]string{
		"env:EARWITNESS_TEST_NOT_SET": "EARWITNESS_TEST_NOT_SET is not set",
		"file:/nowhere/at/all":        "no such file",
		"":                            "none is configured",
	} {
		if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q in it", s, err, want)
		}
	}
	for _, text := range []string{"env:", "file:", "sesame", ""} {
		if err := new(Secret).read(text); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

func TestSigningKeys(t *testing.T) {
	dir := t.TempDir()
	path, pub := filepath.Join(dir, "k"), filepath.Join(dir, "k.pub")
	key, err := worm.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Save(path, pub); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("EARWITNESS_TEST_KEY", string(text))
	for _, secret := range []Secret{Secret("file:" + path), "env:EARWITNESS_TEST_KEY"} {
		got, err := WORM{Key: secret}.LoadKey()
		if err != nil || got.Line != key.Line {
			t.Errorf("%s gives %v, %v", secret, got, err)
		}
	}
	older, err := worm.GenerateKey("older")
	if err != nil {
		t.Fatal(err)
	}
	known, err := WORM{Verifiers: []Verifier{Verifier("file:" + pub)}}.Known(older.Line)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*worm.Key{key, older} {
		if _, err := known.Verifier(k.Name(), k.KeyHash()); err != nil {
			t.Errorf("%s is not known: %v", k.Name(), err)
		}
	}
}

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	logger := Log{Level: LevelWarn, Format: FormatJSON}.Logger(&out)
	logger.Info("quiet")
	logger.Warn("loud")
	if text := out.String(); strings.Contains(text, "quiet") || !strings.Contains(text, `"msg":"loud"`) {
		t.Errorf("logged %s", text)
	}
}
