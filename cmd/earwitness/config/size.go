package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Size in bytes, written with its unit.
type Size int64

const (
	kibibyte Size = 1 << 10
	mebibyte Size = 1 << 20
	gibibyte Size = 1 << 30
)

const sizeForm = "write a whole number with its unit: KiB, MiB or GiB, as in 64MiB"

func (s *Size) read(text string) error {
	for _, unit := range []struct {
		name string
		size Size
	}{{"KiB", kibibyte}, {"MiB", mebibyte}, {"GiB", gibibyte}} {
		digits, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 31); err == nil {
			*s = Size(n) * unit.size
			return nil
		}
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return fmt.Errorf("%s has no unit; %s", text, sizeForm)
	}
	return fmt.Errorf("%q is not a size; %s", text, sizeForm)
}

// String is the form that the file has.
func (s Size) String() string {
	switch {
	case s%gibibyte == 0 && s > 0:
		return fmt.Sprintf("%dGiB", s/gibibyte)
	case s%mebibyte == 0 && s > 0:
		return fmt.Sprintf("%dMiB", s/mebibyte)
	}
	return fmt.Sprintf("%dKiB", s/kibibyte)
}

// MarshalText writes the form that the file has.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
