package monitor

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each metric stands on the page, as the code has it, and no other.
func TestPageOfMetrics(t *testing.T) {
	page, err := os.ReadFile("../../../docs/operations/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile("(?m)^\\| `earwitness_.*$").FindAllString(string(page), -1)
	var want []string
	for _, m := range Metrics() {
		labels := "-"
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", m.Name, m.Type, labels, m.Help))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-code +page):\n%s", diff)
	}
}

// The names are those that Prometheus asks for: a unit at the end, _total for
// counters alone.
func TestNamesHaveUnits(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics() {
		if seen[m.Name] {
			t.Errorf("%s stands there twice", m.Name)
		}
		seen[m.Name] = true
		if total := strings.HasSuffix(m.Name, "_total"); total != (m.Type == counter) {
			t.Errorf("%s is a %s", m.Name, m.Type)
		}
		if !regexp.MustCompile(`^earwitness_[a-z_]+$`).MatchString(m.Name) || m.Help == "" || strings.HasSuffix(m.Help, ".") {
			t.Errorf("%s: its name or its help %q is not as it should be", m.Name, m.Help)
		}
	}
}
