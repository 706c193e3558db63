package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"earwitness/deployments/testbed"
)

// streamsSource is the peer: a program for Kafka Streams.
//
//go:embed streams/pom.xml streams/WindowedJoin.java
var streamsSource embed.FS

// streamsHeap is what the peer's heap may grow to; its stores lie beside it.
// Java's own default, a quarter of the machine, would flatter us.
const streamsHeap = "-Xmx512m"

// streamsResult is what the peer tells.
type streamsResult struct {
	Version string `json:"version"`
	Events  int64  `json:"events"`
	Joined  int64  `json:"joined"`
	Millis  int64  `json:"millis"`
}

// runStreams has it join the two topics; what it counts begins with its first
// event, so that Java's start does not count.
func (b *bench) runStreams(ctx context.Context, broker string, events int64) (r streamsResult, cost spent, err error) {
	classes, java, err := b.buildStreams(ctx)
	if err != nil {
		return r, cost, err
	}
	out, cost, err := execute(ctx, nil, java, streamsHeap, "-cp", classes, "WindowedJoin", broker,
		topicRequests, topicActs, topicJoined, b.path("streams-state"), strconv.FormatInt(events, 10))
	if err != nil {
		return r, cost, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, cost, fmt.Errorf("read what Kafka Streams tells: %w: %s", err, tail(out))
	}
	return r, cost, nil
}

// buildStreams fetches Kafka Streams of the brokers' version by Maven, and
// compiles the program.
func (b *bench) buildStreams(ctx context.Context) (classes, java string, err error) {
	dir := b.path("streams")
	if err := os.CopyFS(dir, mustSub(streamsSource, "streams")); err != nil {
		return "", "", fmt.Errorf("write the peer's source: %w", err)
	}
	java, compiler, err := findJava()
	if err != nil {
		return "", "", err
	}
	lib := filepath.Join(dir, "lib")
	if _, _, err := execute(ctx, nil, "mvn", "-q", "-B", "-C", "-f", filepath.Join(dir, "pom.xml"), "-Dkafka.version="+testbed.KafkaVersion,
		"dependency:copy-dependencies", "-DoutputDirectory="+lib, "-DincludeScope=runtime"); err != nil {
		return "", "", err
	}
	classes = strings.Join([]string{dir, filepath.Join(lib, "*")}, string(os.PathListSeparator))
	_, _, err = execute(ctx, nil, compiler, "-cp", classes, "-d", dir, filepath.Join(dir, "WindowedJoin.java"))
	return classes, java, err
}

func mustSub(all embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(all, dir)
	if err != nil {
		panic(err) // the name stands above
	}
	return sub
}

// findJava gives java and javac: of JAVA_HOME, else of the PATH.
func findJava() (java, compiler string, err error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin", "java"), filepath.Join(home, "bin", "javac"), nil
	}
	java, errJava := exec.LookPath("java")
	compiler, errCompiler := exec.LookPath("javac")
	if err := errors.Join(errJava, errCompiler); err != nil {
		return "", "", fmt.Errorf("find a JDK (install 17 or later, or set JAVA_HOME): %w", err)
	}
	return java, compiler, nil
}
