package elastic

import (
	"fmt"
	"time"

	"earwitness/pipeline/access"
)

// names of everything that is made in Elasticsearch, and the version that it
// must have.
type names struct {
	prefix  string
	version int
}

// records is the alias of everything that is not retracted.
func (n names) records() string { return n.prefix + "-records" }

// component is the template that holds the mapping of all records.
func (n names) component() string { return n.prefix + "-record" }

// custom is a template that whoever runs the cluster may make: lifecycle,
// replicas, refresh interval. Ours never touch it.
func (n names) custom() string { return n.prefix + "@custom" }

// pattern matches every index of a kind.
func (n names) pattern(kind access.Kind) string { return n.template(kind) + "-*" }

// template of the indices of a kind, and what their names begin with.
func (n names) template(kind access.Kind) string { return n.prefix + "-" + kind.Name() }

// alias of the records of a kind that are not retracted.
func (n names) alias(kind access.Kind) string {
	if kind == access.Kind_KIND_ACCESS {
		return n.prefix + "-accesses"
	}
	return n.prefix + "-requests"
}

// kinds of records, each with indices of its own: requests are ten times as
// many, and are seldom kept as long.
func kinds() []access.Kind {
	return []access.Kind{access.Kind_KIND_ACCESS, access.Kind_KIND_REQUEST}
}

// index of a kind and month.
func (n names) index(kind access.Kind, month int) string {
	return fmt.Sprintf("%s-%04d.%02d", n.template(kind), month/12, month%12+1)
}

// fixedTime is the time that a record's identity fixes, so that its month
// never changes: the act's; of a group, whose requests are all of one UTC
// day, and of a request, its own, which only a line that tells it otherwise
// than CloudTrail can move: then tombstones stand in the other months.
func fixedTime(r *access.Record) time.Time {
	if r.Kind == access.Kind_KIND_ACCESS && r.Act != nil && r.Act.TimeMs != 0 {
		return time.UnixMilli(r.Act.TimeMs).UTC()
	}
	return time.UnixMilli(r.TimeMs).UTC()
}

// monthOf counts months since year 0.
func monthOf(t time.Time) int { return t.Year()*12 + int(t.Month()) - 1 }
