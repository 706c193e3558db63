package testbed

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	fetchPatience  = 15 * time.Minute // MinIO takes four on two idle cores
	outputInErrors = 40               // last lines of a tool's output
)

// FetchError tells what could not be fetched, from where, and why.
type FetchError struct {
	// Name and Version of what was to be fetched.
	Name, Version string
	// From is where it was looked for.
	From string
	// Tried is the command, empty when its program is not there.
	Tried string
	// Output is the end of what the command wrote.
	Output string
	// Cause is why it failed.
	Cause error
}

func (e *FetchError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "fetch %s %s from %s", e.Name, e.Version, e.From)
	if e.Tried != "" {
		fmt.Fprintf(&text, " by %q", e.Tried)
	}
	fmt.Fprintf(&text, ": %v", e.Cause)
	if e.Output != "" {
		fmt.Fprintf(&text, "\n%s", e.Output)
	}
	return text.String()
}

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Cause }

// fetcher runs one command that fetches.
type fetcher struct {
	name, version, from string
	program             string
	args                []string
	env                 []string
}

func (f fetcher) run(ctx context.Context, dir string) error {
	failure := &FetchError{Name: f.name, Version: f.version, From: f.from}
	program, err := exec.LookPath(f.program)
	if err != nil {
		failure.Cause = fmt.Errorf("%w: install %s, or put it on the PATH", err, f.program)
		return failure
	}
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, program, f.args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), f.env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		failure.Tried = f.program + " " + strings.Join(f.args, " ")
		failure.Output = lastLines(output.Bytes(), outputInErrors)
		failure.Cause = errors.Join(context.Cause(ctx), err)
		return failure
	}
	return nil
}

// goTool builds a command from a module of the Go module proxy. The binary is
// found at bin/NAME.
func goTool(name, version, pkg string) tool {
	return tool{name: name, version: version, lock: "go", fill: func(ctx context.Context, dir string) error {
		return fetcher{
			name: name, version: version, from: "the Go module proxy (go env GOPROXY)", program: "go",
			args: []string{"install", "-trimpath", pkg + "@" + version},
			// What the caller's own build is told is not meant for this one.
			env: []string{"GOBIN=" + filepath.Join(dir, "bin"), "GOFLAGS=", "GOOS=", "GOARCH=", "GOWORK=off", "CGO_ENABLED=0"},
		}.run(ctx, dir)
	}}
}

const fromMaven = "Maven Central (or the mirror in Maven's settings)"

//go:embed kafka.pom.xml
var kafkaPOM []byte

// kafkaTool is Kafka with all that it needs, as jars in lib.
func kafkaTool() tool {
	return tool{name: "kafka", version: KafkaVersion, lock: "maven", fill: func(ctx context.Context, dir string) error {
		pom := filepath.Join(dir, "pom.xml")
		if err := os.WriteFile(pom, kafkaPOM, 0o644); err != nil {
			return fmt.Errorf("write project for Maven: %w", err)
		}
		return fetcher{
			name: "kafka", version: KafkaVersion, from: fromMaven, program: "mvn",
			args: []string{
				"-q", "-B", "-C", "-f", pom, "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
				"-Dkafka.version=" + KafkaVersion, "-DincludeScope=runtime", "-DoutputDirectory=" + filepath.Join(dir, "lib"),
			},
		}.run(ctx, dir)
	}}
}

// elasticsearchSHA256 is the archive's hash: Maven's mirrors have no checksum
// of this one, so that Maven itself can't check it.
const elasticsearchSHA256 = "c3d95992e27741b33a8057118379cda8b17cfda9e46ff4ec25e3f5b94fc22b52"

// elasticsearchTool is the server with authentication and little else: what
// Elastic publishes for integration tests.
func elasticsearchTool() tool {
	return tool{name: "elasticsearch", version: ElasticsearchVersion, lock: "maven", fill: func(ctx context.Context, dir string) error {
		err := fetcher{
			name: "elasticsearch", version: ElasticsearchVersion, from: fromMaven, program: "mvn",
			args: []string{
				"-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
				"-Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:" + ElasticsearchVersion + ":zip",
				"-DoutputDirectory=" + dir,
			},
		}.run(ctx, dir)
		if err != nil {
			return err
		}
		archive := filepath.Join(dir, "elasticsearch-"+ElasticsearchVersion+".zip")
		if err := checkSHA256(archive, elasticsearchSHA256); err != nil {
			return &FetchError{Name: "elasticsearch", Version: ElasticsearchVersion, From: fromMaven, Cause: err}
		}
		if err := unzip(archive, dir); err != nil {
			return &FetchError{Name: "elasticsearch", Version: ElasticsearchVersion, From: archive, Cause: err}
		}
		return os.Remove(archive)
	}}
}

func checkSHA256(path, want string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("check %s: its SHA-256 is %s, not %s: what was served is not the archive that was chosen; look at the mirror, and remove it from Maven's local repository", filepath.Base(path), got, want)
	}
	return nil
}

func lastLines(text []byte, lines int) string {
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
