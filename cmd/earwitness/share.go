package main

import (
	"fmt"

	"earwitness/cmd/earwitness/coverage"
	"earwitness/cmd/earwitness/engine"
)

// parseShare reads K/N; empty is all.
func parseShare(text string) (engine.Share, error) {
	var s engine.Share
	var rest string
	if text == "" {
		return s, nil
	}
	n, _ := fmt.Sscanf(text, "%d/%d%s", &s.Part, &s.Parts, &rest)
	if n != 2 || s.Part < 1 || s.Part > s.Parts || s.Parts > coverage.MostParts {
		return engine.Share{}, fmt.Errorf("%q is no share; write it as in 1/3: the first of three, of at most %d", text, coverage.MostParts)
	}
	return s, nil
}
