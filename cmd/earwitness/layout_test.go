package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module       = "earwitness"
	root         = "../.."
	longestFile  = 500
	longestMain  = 30
	architecture = "docs/architecture.md, Layout"
	// bench measures all of the others, each by itself.
	bench = "deployments/bench"
	// journal is no source: it keeps what sources have to know.
	journal = "sources/journal"
	// amazon is how AWS is reached, by sources and sinks.
	amazon = "pipeline/amazon"
)

// goFile is what the rules of the layout ask of one file.
type goFile struct {
	path      string // from the root of the module, with slashes
	pkg       string
	doc       string
	imports   []string
	lines     int
	generated bool
}

func (f *goFile) dir() string  { return path.Dir(f.path) }
func (f *goFile) base() string { return path.Base(f.path) }
func (f *goFile) test() bool   { return strings.HasSuffix(f.path, "_test.go") }

// outside tells of a test that sees its package as others do.
func (f *goFile) outside() bool { return f.test() && strings.HasSuffix(f.pkg, "_test") }

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range moduleFiles(t) {
		switch {
		case f.generated:
		case f.pkg == "main" && f.base() == "main.go" && f.lines > longestMain:
			t.Errorf("%s has %d lines, not at most %d: main only starts what stands elsewhere", f.path, f.lines, longestMain)
		case f.lines > longestFile:
			t.Errorf("%s has %d lines, not at most %d: one idea a file", f.path, f.lines, longestFile)
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	files := moduleFiles(t)
	docs := map[string]string{}
	for _, f := range files {
		if f.base() == "doc.go" || f.pkg == "main" && f.base() == "main.go" {
			docs[f.dir()] += f.doc
		}
	}
	seen := map[string]bool{}
	for _, f := range files {
		if f.test() || seen[f.dir()] {
			continue
		}
		seen[f.dir()] = true
		begins := "Package " + f.pkg + " "
		if f.pkg == "main" {
			begins = "Command " + path.Base(f.dir()) + " "
		}
		if !strings.HasPrefix(docs[f.dir()], begins) {
			t.Errorf("%s has no doc.go with a comment that begins with %q", f.dir(), begins)
		}
	}
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, f := range moduleFiles(t) {
		for _, imported := range f.imports {
			dir, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if why := forbidden(&f, dir); why != "" {
				t.Errorf("%s imports %s: %s (%s)", f.path, dir, why, architecture)
			}
		}
	}
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, pkg, imported string
		allowed             bool
	}{
		{"pipeline/evidence/a.go", "evidence", "pipeline/bus", false},
		{"pipeline/evidence/a_test.go", "evidence", "pipeline/bus", false},
		{"pipeline/bus/embedded/a.go", "embedded", "pipeline/bus", true},
		{"pipeline/bus/a.go", "bus", "pipeline/evidence", true},
		{"pipeline/correlate/a.go", "correlate", "pipeline/access", true},
		{"pipeline/correlate/a.go", "correlate", "sources/s3log", false},
		{"pipeline/correlate/a_test.go", "correlate", "sources/s3log", false},
		{"pipeline/correlate/a_test.go", "correlate_test", "sources/s3log", true},
		{"pipeline/access/a.go", "access", "sinks/worm", false},
		{"pipeline/access/a_test.go", "access_test", "sinks/worm", false},
		{"sources/s3log/a.go", "s3log", "pipeline/evidence", true},
		{"sources/s3log/a.go", "s3log", "pipeline/bus", false},
		{"sources/s3log/a.go", "s3log", "sources/intake", false},
		{"sources/intake/a.go", "intake", "sources/journal", true},
		{"sources/journal/a.go", "journal", "sources/intake", false},
		{"sources/journal/a.go", "journal", "pipeline/evidence", false},
		{"pipeline/bus/a.go", "bus", "sources/journal", false},
		{"sinks/worm/a.go", "worm", "sources/journal", false},
		{"sources/intake/a.go", "intake", "pipeline/amazon", true},
		{"sinks/worm/bucket/a.go", "bucket", "pipeline/amazon", true},
		{"pipeline/amazon/a.go", "amazon", "pipeline/evidence", false},
		{"sources/s3log/a.go", "s3log", "sources/intake/intaketest", false},
		{"sources/s3log/a_test.go", "s3log", "sources/intake/intaketest", true},
		{"sources/s3log/a_test.go", "s3log", "sources/intake", false},
		{"sources/intake/a_test.go", "intake_test", "sources/genesys", true},
		{"sources/intake/intaketest/a.go", "intaketest", "sources/intake", true},
		{"sinks/index/trail/a.go", "trail", "sinks/index", true},
		{"sinks/index/a.go", "index", "pipeline/access", true},
		{"sinks/index/a.go", "index", "sinks/worm", false},
		{"sinks/index/a.go", "index", "sources/s3log", false},
		{"sinks/index/a_test.go", "index", "sinks/sinktest", true},
		{"console/a.go", "console", "sinks/index", true},
		{"console/a.go", "console", "sources/genesys", false},
		{"console/a.go", "console", "cmd/earwitness/engine", false},
		{"cmd/earwitness/run.go", "main", "sources/s3log", true},
		{"cmd/earwitness/run.go", "main", "sinks/sinktest", false},
		{"sinks/elastic/a_test.go", "elastic", "deployments/testbed", true},
		{"sinks/elastic/a.go", "elastic", "deployments/testbed", false},
		{"deployments/bench/a.go", "main", "sources/s3log", true},
		{"deployments/bench/a.go", "main", "cmd/earwitness/config", true},
		{"deployments/bench/a.go", "main", "deployments/testbed", true},
		{"deployments/bench/a.go", "main", "sinks/sinktest", false},
		{"cmd/earwitness/run.go", "main", "deployments/bench", false},
		{"util/a.go", "util", "pipeline/evidence", false},
	}
	for _, test := range tests {
		why := forbidden(&goFile{path: test.file, pkg: test.pkg}, test.imported)
		if (why == "") != test.allowed {
			t.Errorf("%s (package %s) imports %s: forbidden because %q, want allowed %t", test.file, test.pkg, test.imported, why, test.allowed)
		}
	}
}

// forbidden tells why a file may not import a package of ours, if so.
func forbidden(f *goFile, imported string) string {
	from, to := unit(f.dir()), unit(imported)
	switch {
	case to == "deployments/testbed" && (f.test() || from == to || from == bench):
		return "" // the real servers of tests
	case rank(from) < 0 || rank(to) < 0:
		return "one of them is not in the layout"
	case isTestSupport(imported) && !f.test() && !isTestSupport(f.dir()):
		return "it is for tests"
	case from == to:
		return ""
	case rank(to) > rank(from):
		return "imports point the other way"
	case from == amazon:
		return "it is as far below as evidence, and imports nothing of ours"
	case rank(to) < rank(from):
		switch {
		case !strings.HasPrefix(to, "sources/") || strings.HasPrefix(from, "cmd/") || from == bench,
			to == journal && strings.HasPrefix(from, "sources/"):
			return ""
		}
		return "what a source read comes by the bus"
	case strings.HasPrefix(from, "pipeline/") && strings.HasPrefix(to, "pipeline/"):
		return ""
	case f.outside() || f.test() && isTestSupport(imported):
		return "" // a test may try neighbours together
	}
	return "neighbours do not know each other"
}

// unit is the package that a rule speaks of; packages below it belong to it.
func unit(dir string) string {
	parts := strings.SplitN(dir, "/", 3)
	if parts[0] == "console" {
		return "console"
	}
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// rank rises in the direction in which imports may not point.
func rank(unit string) int {
	top, _, _ := strings.Cut(unit, "/")
	switch {
	case unit == "pipeline/evidence", unit == journal, unit == amazon:
		return 0
	case top == "sources" || top == "pipeline":
		return 1
	case top == "sinks":
		return 2
	case top == "console":
		return 3
	case unit == "cmd/earwitness":
		return 4
	case unit == bench:
		return 5
	}
	return -1
}

func isTestSupport(dir string) bool {
	name := path.Base(dir)
	return strings.HasSuffix(name, "test") && name != "test"
}

// moduleFiles reads the head of every Go file of the module.
func moduleFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(name, entry.Name())
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := readHead(name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(files, func(f goFile) bool { return f.path == "cmd/earwitness/layout_test.go" }) {
		t.Fatalf("%d files were found, this one not among them", len(files))
	}
	return files
}

// enter skips the folders that Go skips, and those of other modules.
func enter(name, base string) error {
	if name == root {
		return nil
	}
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func readHead(name string) (goFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return goFile{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return goFile{}, err
	}
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return goFile{}, err
	}
	f := goFile{
		path: filepath.ToSlash(rel), pkg: parsed.Name.Name, doc: parsed.Doc.Text(),
		lines: strings.Count(string(text), "\n"), generated: ast.IsGenerated(parsed),
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return goFile{}, err
		}
		f.imports = append(f.imports, imported)
	}
	return f, nil
}
