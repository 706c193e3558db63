package config

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// Whatever the file holds, parse gives a configuration that can be printed
// and read again, or mistakes with places inside the file.
func FuzzParse(f *testing.F) {
	page, err := os.ReadFile(reference)
	if err != nil {
		f.Fatal(err)
	}
	for i, part := range strings.Split(string(page), "```") {
		if yaml, isExample := strings.CutPrefix(part, "yaml\n"); i%2 == 1 && isExample {
			f.Add([]byte(yaml))
		}
	}
	for _, section := range wrongSettings() {
		for _, m := range section.cases {
			f.Add([]byte(m.text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := parse(Flags{File: "fuzz.yaml"}, "", text)
		var mistaken *Error
		switch {
		case errors.As(err, &mistaken):
			for _, m := range mistaken.Mistakes {
				if m.Line < 0 || m.Line > strings.Count(string(text), "\n")+1 || m.Message == "" {
					t.Errorf("mistake %+v in %q", m, text)
				}
			}
		case err != nil:
			t.Errorf("%q gives %v, which is no *Error", text, err)
		default:
			printed, err := config.YAML()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parse(Flags{File: "printed.yaml"}, "", printed); err != nil {
				t.Errorf("%q is printed as\n%s\nwhich gives\n%v", text, printed, err)
			}
		}
	})
}
