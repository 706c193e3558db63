package intake

import (
	"strings"
	"time"
)

// periodOf is the beginning and the end of the day or month that a folder is
// for, by its last parts: …/2026/03/02/ or …/2026/03/. A partitioned log prefix
// has such folders (S3 user guide, "Log object key format"), and so have
// CloudTrail's. A digest of CloudTrail is for the day before: the files that it
// tells of may be of the hour before it.
func periodOf(folder string) (begin, end time.Time, dated bool) {
	parts := strings.Split(strings.TrimSuffix(folder, "/"), "/")
	back := -digests(folder)
	if n := len(parts); n >= 3 {
		if day, err := time.Parse("2006/01/02", strings.Join(parts[n-3:], "/")); err == nil {
			return day.AddDate(0, 0, back), day.AddDate(0, 0, 1+back), true
		}
	}
	if n := len(parts); n >= 2 {
		if month, err := time.Parse("2006/01", strings.Join(parts[n-2:], "/")); err == nil {
			return month.AddDate(0, 0, back), month.AddDate(0, 1, back), true
		}
	}
	return time.Time{}, time.Time{}, false
}

// digests is 1 for a folder of digests, else 0.
func digests(folder string) int { return min(1, strings.Count(folder, "/CloudTrail-Digest/")) }

const nameTime = "2006-01-02-15-04-05"

// timeOfName is the time that a log object's name begins with, UTC.
func timeOfName(name string) (time.Time, bool) {
	if len(name) < len(nameTime) {
		return time.Time{}, false
	}
	t, err := time.Parse(nameTime, name[:len(nameTime)])
	return t, err == nil
}

// dayOf is the end of the day that an object belongs to: by its folder, its
// name, or when it was written.
func dayOf(folder, name string, modified time.Time) time.Time {
	if begin, end, dated := periodOf(folder); dated && end.Sub(begin) == 24*time.Hour {
		return end
	}
	if t, dated := timeOfName(name); dated {
		modified = t
	}
	return modified.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
}

// behind is a key before which everything in a folder lies before since, or
// from until on, if name is that of such an object; only names that begin with
// the same year are passed over.
func behind(folder, name string, since, until time.Time) (after string, jump bool) {
	t, dated := timeOfName(name)
	switch {
	case !dated:
		return "", false
	case !until.IsZero() && !t.Before(until), t.Year() < since.Year():
		return folder + name[:len("2006-")] + "~", true
	case t.Before(since):
		return folder + since.Format("2006-01-02"), true
	}
	return "", false
}
