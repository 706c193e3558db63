package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the page of wrong settings")

const wrongPage = "../../../docs/operations/wrong-settings.md"

// wrong is a file with one mistake, and the whole report of it.
type wrong = struct{ name, text, want string }

// withArchive makes a file with brokers whole.
const withArchive = "\nworm: {key: env:KEY, directory: /archive}"

// wrongSettings are those of the page, by its sections.
func wrongSettings() []struct {
	title string
	cases []wrong
} {
	return []struct {
		title string
		cases []wrong
	}{
		{"Brokers", wrongBrokers()},
		{"TLS and SASL", wrongTLS()},
		{"Several processes", wrongShared()},
		{"Elasticsearch", wrongElastic()},
		{"The archive in S3", wrongArchive()},
		{"Metrics and status", wrongHTTP()},
		{"Genesys Cloud", wrongGenesys()},
		{"Webhooks", wrongWebhooks()},
		{"Log objects in S3", wrongListings()},
		{"Queues", wrongQueues()},
		{"Lookups", wrongEnrich()},
		{"All other settings", mistakes()},
	}
}

func TestWrongSettings(t *testing.T) {
	for _, section := range wrongSettings() {
		for _, test := range section.cases {
			t.Run(section.title+"/"+test.name, func(t *testing.T) {
				_, err := parse(Flags{File: "e.yaml"}, "", []byte(test.text))
				var mistaken *Error
				if !errors.As(err, &mistaken) {
					t.Fatalf("parse gives %v, want an *Error", err)
				}
				if diff := cmp.Diff(test.want, err.Error()); diff != "" {
					t.Errorf("report (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// What is said of a setting stands on a page, word for word.
func TestPageOfWrongSettings(t *testing.T) {
	page := writeWrongPage()
	if *update {
		if err := os.WriteFile(wrongPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(wrongPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, string(got)); diff != "" {
		t.Errorf("the page is not that of the tests, -update writes it (-tests +page):\n%s", diff)
	}
}

func writeWrongPage() string {
	var body strings.Builder
	count := 0
	entry := func(name, report string) {
		count++
		fmt.Fprintf(&body, "\n%s:\n\n```\n%s\n```\n", name, report)
	}
	for _, section := range wrongSettings() {
		fmt.Fprintf(&body, "\n## %s\n", section.title)
		for _, test := range section.cases {
			entry(test.name, test.want)
		}
	}
	fmt.Fprint(&body, "\n## Files and secrets\n\nThese are read when a run starts, and not by `config check`.\n")
	for _, test := range wrongFiles() {
		entry(test.name, test.want)
	}
	head := fmt.Sprintf(`# Wrong settings

What the program says of %d wrong settings. The tests of cmd/earwitness/config write this page, and hold each message
against what is really said.

`+"`earwitness config check --config FILE`"+` finds them without a run. Each names file, line, column and setting, what is allowed,
and shows the line; the exit code is 2, and nothing was started. All of a file's mistakes are reported at once, but for
those between settings, which are looked for when each is right by itself. Secrets in a line are shown as `+"`***`"+`. Every key
is described in [configuration.md](../configuration.md).
`, count)
	return head + body.String()
}
