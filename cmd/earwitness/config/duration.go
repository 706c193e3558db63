package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration of whole seconds, written with its unit.
type Duration time.Duration

const (
	second = Duration(time.Second)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// units from the longest to the shortest.
func units() []struct {
	name string
	size Duration
} {
	return []struct {
		name string
		size Duration
	}{{"d", day}, {"h", hour}, {"m", minute}, {"s", second}}
}

const durationForm = "write a whole number with its unit: s, m, h or d, as in 10m or 1h30m"

func (d *Duration) read(text string) error {
	var sum Duration
	rest := text
	for _, unit := range units() {
		digits, tail, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil {
			break
		}
		if Duration(n) > 200*366*day/unit.size {
			return fmt.Errorf("%s is longer than 200 years", text)
		}
		sum, rest = sum+Duration(n)*unit.size, tail
	}
	if rest == "" && text != "" {
		*d = sum
		return nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return fmt.Errorf("%s has no unit; %s", text, durationForm)
	}
	return fmt.Errorf("%q is not a duration; %s", text, durationForm)
}

// String is the form that the file has.
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, unit := range units() {
		if n := d / unit.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d %= unit.size
		}
	}
	return b.String()
}

// Std is d for the standard library.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// MarshalText writes the form that the file has.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Retention is a Duration, or Forever.
type Retention Duration

// Forever keeps everything.
const Forever Retention = 0

func (r *Retention) read(text string) error {
	if text == "forever" {
		*r = Forever
		return nil
	}
	var d Duration
	if err := d.read(text); err != nil {
		return fmt.Errorf("%w; or forever", err)
	}
	if d == 0 {
		return errors.New("0s would keep nothing; to keep everything write forever")
	}
	*r = Retention(d)
	return nil
}

// unbounded says that the bounds do not apply.
func (r Retention) unbounded() bool { return r == Forever }

// String is the form that the file has.
func (r Retention) String() string {
	if r == Forever {
		return "forever"
	}
	return Duration(r).String()
}

// Std is r for the standard library; 0 keeps everything.
func (r Retention) Std() time.Duration { return time.Duration(r) }

// MarshalText writes the form that the file has.
func (r Retention) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
