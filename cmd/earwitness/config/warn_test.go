package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestWarnings(t *testing.T) {
	const search = "bus.brokers are shared and elastic.urls names no Elasticsearch: records are archived, and nothing can search them"
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"elastic: {urls: [\"http://127.0.0.1:9200\", \"https://es:9200\"]}", nil},
		{"bus: {brokers: [\"k:9093\"], tls: {enabled: true}}" + withArchive, []string{search}},
		{
			"elastic: {urls: [\"http://es:9200\"]}\nbus: {brokers: [\"[::1]:9092\", \"k:9092\"]}" + withArchive,
			[]string{
				"bus.tls is not enabled: evidence and records go over the network to k:9092 as they are",
				"elastic.urls: records go over the network to http://es:9200 as they are",
			},
		},
		{
			"elastic: {urls: [\"https://es:9200\"]}\nbus: {brokers: [\"localhost:9092\", \"[::ffff:127.0.0.1]:9092\"], replication: 1, min-insync-replicas: 1}" + withArchive,
			[]string{"bus.min-insync-replicas is 1: what one broker alone has acknowledged is lost with it"},
		},
		{
			"http: {listen: \":9850\"}",
			[]string{"http.listen: whoever reaches :9850 on the network reads what this process does, without a password"},
		},
		{"http: {listen: \"127.0.0.1:9850\"}", nil},
		{
			"worm: {s3: {url: \"s3://trail/a\", mode: compliance, retention: 1d, endpoint: \"http://minio:9000\"}}",
			[]string{"worm.s3.endpoint: the archive goes over the network to http://minio:9000 as it is"},
		},
	} {
		config := loadText(t, Flags{}, test.text)
		got := config.Warnings()
		printed, err := config.YAML()
		if err != nil {
			t.Fatal(err)
		}
		for _, warning := range got {
			if !strings.Contains(string(printed), "# warning: "+warning+"\n") {
				t.Errorf("%q is not printed above the configuration:\n%s", warning, printed)
			}
		}
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestClusterNeedsNoWarning(t *testing.T) {
	if got := cluster(t).Warnings(); len(got) > 0 {
		t.Errorf("the example is warned of: %q", got)
	}
}
