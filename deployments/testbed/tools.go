package testbed

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// toolOf is what the server of a name is made of.
func toolOf(name string) tool {
	switch name {
	case NameKafka, NameKafkaCluster:
		return kafkaTool()
	case NameElasticsearch, NameElasticsearchSecured:
		return elasticsearchTool()
	case NameMinIO:
		return minioTool()
	case NameElasticMQ:
		return elasticMQTool()
	}
	return versityGWTool()
}

func minioTool() tool { return goTool("minio", MinIOVersion, "github.com/minio/minio") }

func versityGWTool() tool {
	return goTool("versitygw", VersityGWVersion, "github.com/versity/versitygw/cmd/versitygw")
}

// goTool builds a command from a module of the Go module proxy. The binary is
// found at bin/NAME.
func goTool(name, version, pkg string) tool {
	t := tool{
		name: name, version: version, lock: "go", from: "the Go module proxy (go env GOPROXY)", program: "go",
		remedy: "look at what it said below, at the network, and at GOPROXY; what is fetched already is kept",
	}
	t.fill = func(ctx context.Context, dir string) error {
		// What the caller's own build is told is not meant for this one.
		env := []string{"GOBIN=" + filepath.Join(dir, "bin"), "GOFLAGS=", "GOOS=", "GOARCH=", "GOWORK=off", "CGO_ENABLED=0"}
		return t.run(ctx, dir, env, "install", "-trimpath", pkg+"@"+version)
	}
	return t
}

func mavenTool(name, version string) tool {
	return tool{
		name: name, version: version, lock: "maven", from: "Maven Central (or the mirror in Maven's settings)", program: "mvn",
		remedy: "look at what it said below, at the network, and at the mirrors and proxies in Maven's settings.xml",
	}
}

//go:embed kafka.pom.xml
var kafkaPOM []byte

func kafkaTool() tool { return jarsTool("kafka", KafkaVersion, kafkaPOM) }

//go:embed elasticmq.pom.xml
var elasticMQPOM []byte

func elasticMQTool() tool { return jarsTool("elasticmq", ElasticMQVersion, elasticMQPOM) }

// jarsTool is what a Maven project depends on, with all that it needs, as jars
// in lib. The project finds the version in the property NAME.version.
func jarsTool(name, version string, project []byte) tool {
	t := mavenTool(name, version)
	t.fill = func(ctx context.Context, dir string) error {
		pom := filepath.Join(dir, "pom.xml")
		if err := os.WriteFile(pom, project, 0o644); err != nil {
			return fmt.Errorf("write project for Maven: %w", err)
		}
		return t.run(ctx, dir, nil,
			"-q", "-B", "-C", "-f", pom, "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
			"-D"+name+".version="+version, "-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(dir, "lib"))
	}
	return t
}

// elasticsearchSHA256 is the archive's hash: Maven's mirrors have no checksum
// of this one, so that Maven itself can't check it.
const elasticsearchSHA256 = "c3d95992e27741b33a8057118379cda8b17cfda9e46ff4ec25e3f5b94fc22b52"

// elasticsearchTool is the server with authentication and little else: what
// Elastic publishes for integration tests.
func elasticsearchTool() tool {
	t := mavenTool("elasticsearch", ElasticsearchVersion)
	t.fill = func(ctx context.Context, dir string) error {
		err := t.run(ctx, dir, nil,
			"-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
			"-Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:"+ElasticsearchVersion+":zip",
			"-DoutputDirectory="+dir)
		if err != nil {
			return err
		}
		archive := filepath.Join(dir, "elasticsearch-"+ElasticsearchVersion+".zip")
		if err := checkSHA256(archive, elasticsearchSHA256); err != nil {
			return t.failed(err)
		}
		if err := unzip(archive, dir); err != nil {
			return t.failed(err)
		}
		return os.Remove(archive)
	}
	return t
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
