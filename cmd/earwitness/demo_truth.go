package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"earwitness/cmd/earwitness/config"
	"earwitness/sinks/index"
)

// truth is what the simulator knows of a request or an act.
type truth struct {
	ID    string `json:"id"`
	Story string `json:"story"`
	Actor string `json:"actor"`
}

// stories says for people what is behind a story that is worth a look.
var stories = map[string]string{
	"intruder":          "somebody has old credentials of a user, and took recordings by the dozen",
	"anonymous-probing": "somebody without credentials tried what is open to everybody",
	"link-shared":       "the owner of a presigned link used it, then somebody to whom it was handed on",
	"link-mailed":       "a presigned link was mailed to somebody outside, who used it",
	"unaudited-read":    "the contact centre's role read, and no audit was ever written",
	"unaudited-delete":  "the contact centre's role deleted, and no audit was ever written",
	"copy":              "an operator copied a recording to where nobody looks for it",
	"multipart-copy":    "an operator copied a recording, in parts, to where nobody looks for it",
	"bulk-delete":       "a client deleted many recordings, one by one",
	"contested":         "two people opened one recording within a minute",
	"analytics":         "a job of the customer's own read recordings to transcribe them",
	"portal-review":     "somebody listened in a player of the customer's own",
	"content-delivery":  "the content delivery network fetched it",
	"policy-change":     "an operator changed the bucket's settings",
}

// text of a truth; empty when nothing is known.
func (t truth) text() string {
	switch told := stories[t.Story]; {
	case t.Story == "":
		return ""
	case told == "":
		return fmt.Sprintf("%s, story %q", t.Actor, t.Story)
	default:
		return fmt.Sprintf("%s (%s, story %q)", told, t.Actor, t.Story)
	}
}

// tellTruth finds for each suspect what the simulator knows of its last
// request, or of its act when it has none.
func tellTruth(ctx context.Context, settings *config.Config, path string, of []index.Suspect) ([]truth, error) {
	reader, err := openIndex(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer reader.Close() //nolint:errcheck // it was only read
	wanted := map[string]int{}
	for i, suspect := range of {
		last := suspect.Record.Id
		for r, err := range reader.Query(ctx, index.Query{AccessID: suspect.Record.Id, Requests: true}) {
			if err != nil {
				return nil, fmt.Errorf("read requests of a suspicious access: %w", err)
			}
			last = r.Id
		}
		wanted[hex.EncodeToString(last)] = i
	}
	told := make([]truth, len(of))
	err = eachTruth(path, func(t truth) {
		if i, ok := wanted[t.ID]; ok {
			told[i] = t
		}
	})
	return told, err
}

func eachTruth(path string, fn func(truth)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read truth: %w", err)
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var t truth
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return errors.Join(fmt.Errorf("read truth %s: %w", path, err), f.Close())
		}
		fn(t)
	}
	if err := errors.Join(lines.Err(), f.Close()); err != nil {
		return fmt.Errorf("read truth %s: %w", path, err)
	}
	return nil
}
