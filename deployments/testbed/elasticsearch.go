package testbed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// ElasticsearchVersion is the Elasticsearch that is run.
const ElasticsearchVersion = "8.19.16"

// ElasticsearchConfig says what server is wanted.
type ElasticsearchConfig struct {
	// Authentication is demanded of everybody.
	Authentication bool
	// TLS instead of plain HTTP, with a certificate of the test's own
	// authority; it comes with Authentication alone.
	TLS bool
	// Settings replace or add to those of elasticsearch.yml.
	Settings map[string]string
}

// ElasticsearchAccess is what a client needs. Without Authentication the
// accounts have no names.
type ElasticsearchAccess struct {
	Version string `json:"version"`
	URL     string `json:"url"`
	// CA is the authority's certificate, PEM; empty without TLS.
	CA string `json:"ca,omitempty"`
	// Admin may do everything.
	Admin Account `json:"admin"`
	// Writer may make and fill indices, but no templates.
	Writer Account `json:"writer"`
	// Guest may ask for the cluster's health, and nothing else.
	Guest Account `json:"guest"`
}

// TLSConfig trusts the server's authority; nil without TLS.
func (a *ElasticsearchAccess) TLSConfig() (*tls.Config, error) { return trusting(a.CA) }

// ElasticsearchNode is a server that runs, alone in its cluster.
type ElasticsearchNode struct {
	ElasticsearchAccess
	// Node to stop, pause and start again.
	Node *Node

	place *place
}

// Elasticsearch fetches Elasticsearch if need be, and starts one that is empty.
func Elasticsearch(ctx context.Context, cfg ElasticsearchConfig) (*ElasticsearchNode, error) {
	c, err := userCache()
	if err != nil {
		return nil, err
	}
	p, err := newPlace(ctx, c, "elasticsearch")
	if err != nil {
		return nil, err
	}
	return startElasticsearch(ctx, p, cfg)
}

// startElasticsearch owns the place, also when it fails.
func startElasticsearch(ctx context.Context, p *place, cfg ElasticsearchConfig) (*ElasticsearchNode, error) {
	e := &ElasticsearchNode{ElasticsearchAccess: ElasticsearchAccess{Version: ElasticsearchVersion}, place: p}
	err := e.prepare(ctx, cfg)
	if err == nil {
		err = e.Node.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(p.cache.advise(fmt.Errorf("start elasticsearch %s: %w", ElasticsearchVersion, err)), e.Stop())
	}
	return e, nil
}

func (e *ElasticsearchNode) prepare(ctx context.Context, cfg ElasticsearchConfig) error {
	if cfg.TLS && !cfg.Authentication {
		return errors.New("configure elasticsearch: TLS comes with Authentication alone")
	}
	installed, err := e.place.cache.fetch(ctx, elasticsearchTool())
	if err != nil {
		return err
	}
	java, err := javaHome(ctx)
	if err != nil {
		return err
	}
	home := filepath.Join(installed, "elasticsearch-"+ElasticsearchVersion)
	if err := os.CopyFS(e.place.path("config"), os.DirFS(filepath.Join(home, "config"))); err != nil {
		return fmt.Errorf("copy configuration of elasticsearch: %w", err)
	}
	if err := e.configure(ctx, cfg); err != nil {
		return err
	}
	e.Node = newNode("elasticsearch", program{
		path: filepath.Join(home, "bin", "elasticsearch"),
		env: []string{
			"ES_JAVA_HOME=" + java, "ES_PATH_CONF=" + e.place.path("config"), "ES_TMPDIR=" + e.place.path("tmp"),
			"ES_JAVA_OPTS=-Xms512m -Xmx1g -Xlog:disable -Xlog:all=warning:stderr",
			"CLI_JAVA_OPTS=-Xms4m -Xmx64m -XX:+UseSerialGC",
		},
		// Where the JVM leaves its files.
		dir: e.place.dir, log: e.place.path("elasticsearch.log"), lasting: e.place.lasting, notRoot: true,
	}, e.answers)
	return nil
}

// configure writes elasticsearch.yml and what it names.
func (e *ElasticsearchNode) configure(ctx context.Context, cfg ElasticsearchConfig) error {
	httpPort, err := e.place.port(ctx)
	if err != nil {
		return err
	}
	transportPort, err := e.place.port(ctx)
	if err != nil {
		return err
	}
	e.URL = "http://" + loopback(httpPort)
	settings := map[string]string{
		"cluster.name":   "testbed",
		"node.name":      "testbed-1",
		"discovery.type": "single-node",
		"network.host":   "127.0.0.1",
		"http.port":      fmt.Sprint(httpPort),
		"transport.port": fmt.Sprint(transportPort),
		"path.data":      e.place.path("data"),
		"path.logs":      e.place.path("logs"),
		"cluster.routing.allocation.disk.threshold_enabled": "false",
		"xpack.security.enabled":                            fmt.Sprint(cfg.Authentication),
	}
	if cfg.Authentication {
		settings["xpack.security.enrollment.enabled"] = "false"
		if err := e.writeAccounts(); err != nil {
			return err
		}
	}
	if cfg.TLS {
		e.URL = "https://" + loopback(httpPort)
		if err := e.writeKeys(settings); err != nil {
			return err
		}
	}
	maps.Copy(settings, cfg.Settings)
	if err := os.Mkdir(e.place.path("tmp"), 0o700); err != nil {
		return fmt.Errorf("make folder for temporary files: %w", err)
	}
	_, err = e.place.write("config/elasticsearch.yml", yamlText(settings))
	return err
}

func (e *ElasticsearchNode) writeKeys(settings map[string]string) error {
	authority, err := NewAuthority()
	if err != nil {
		return err
	}
	certificate, key, err := authority.issueNow("elasticsearch")
	if err != nil {
		return err
	}
	if _, err := e.place.write("config/http.crt", certificate); err != nil {
		return err
	}
	if _, err := e.place.write("config/http.key", key); err != nil {
		return err
	}
	e.CA = authority.PEM
	settings["xpack.security.http.ssl.enabled"] = "true"
	settings["xpack.security.http.ssl.certificate"] = "http.crt"
	settings["xpack.security.http.ssl.key"] = "http.key"
	return nil
}

// Stop ends the server and removes its data.
func (e *ElasticsearchNode) Stop() error {
	if e.Node == nil {
		return e.place.remove()
	}
	return endAll(e.place, e.Node)
}

func (a *ElasticsearchAccess) answers(ctx context.Context) error {
	return answersHTTP(ctx, a.URL+"/_cluster/health?wait_for_status=yellow&timeout=1s", a.Admin, a.CA)
}

func (a *ElasticsearchAccess) String() string {
	who := "open to everybody"
	if a.Admin.User != "" {
		who = "with authentication"
	}
	return fmt.Sprintf("elasticsearch %s, %s, %s", a.Version, a.URL, who)
}
