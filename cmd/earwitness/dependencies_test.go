package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

const reasons = "docs/decisions/dependencies.md"

func TestDependenciesHaveReasons(t *testing.T) {
	t.Parallel()
	required, direct := dependencies(t)
	given := givenReasons(t)
	for dependency := range direct {
		if !given[dependency] {
			t.Errorf("%s is imported, but %s does not say why it was chosen", dependency, reasons)
		}
	}
	for dependency := range given {
		if !required[dependency] {
			t.Errorf("%s gives a reason for %s, which go.mod does not require", reasons, dependency)
		}
	}
}

func TestNothingIsReplaced(t *testing.T) {
	t.Parallel()
	for _, replace := range goMod(t).Replace {
		t.Errorf("go.mod replaces %s: users of the module would build something else", replace.Old.Path)
	}
}

// dependencies are the modules that go.mod requires, and those of them that
// it names as direct or that a file of ours imports.
func dependencies(t *testing.T) (required, direct map[string]bool) {
	t.Helper()
	required, direct = map[string]bool{}, map[string]bool{}
	for _, r := range goMod(t).Require {
		required[r.Mod.Path] = true
		if !r.Indirect {
			direct[r.Mod.Path] = true
		}
	}
	for _, f := range moduleFiles(t) {
		for _, imported := range f.imports {
			if dependency := providing(required, imported); dependency != "" {
				direct[dependency] = true
			}
		}
	}
	return required, direct
}

// providing is the module that a package belongs to: of several the longest.
func providing(required map[string]bool, imported string) string {
	for dir := imported; ; {
		if required[dir] {
			return dir
		}
		slash := strings.LastIndexByte(dir, '/')
		if slash < 0 {
			return ""
		}
		dir = dir[:slash]
	}
}

func goMod(t *testing.T) *modfile.File {
	t.Helper()
	name := filepath.Join(root, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// givenReasons are the modules with a row in the tables.
func givenReasons(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, reasons))
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]bool{}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .{10,} \\|$")
	for _, match := range row.FindAllSubmatch(text, -1) {
		given[string(match[1])] = true
	}
	return given
}
