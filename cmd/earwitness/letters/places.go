package letters

import (
	"net/url"
	"path/filepath"

	"earwitness/cmd/earwitness/config"
)

// PlaceOf is where a configured source takes its objects from, as their
// addresses begin; empty where that says nothing.
func PlaceOf(s *config.Source) Place {
	switch {
	case s.Type == config.GenesysWebhook:
		return Place("webhook:" + string(s.Name))
	case !s.Type.ReadsFiles() || s.Path == "":
		return ""
	}
	if name, prefix, is := s.Objects(); is {
		return Place((&url.URL{Scheme: "s3", Host: name, Path: "/" + prefix}).String())
	}
	path, err := filepath.Abs(string(s.Path))
	if err != nil {
		return ""
	}
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		path = followed
	}
	return Place((&url.URL{Scheme: "file", Path: path}).String())
}
