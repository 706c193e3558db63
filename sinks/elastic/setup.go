package elastic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// TemplateError says that what Elasticsearch holds does not do for this
// program.
type TemplateError struct {
	// What it is about, as in "index template earwitness-access".
	What string
	URL  string
	// Have is 0 where there is none, and negative where it is not ours.
	Have, Want int
}

func (e *TemplateError) Error() string {
	text := fmt.Sprintf("check %s in Elasticsearch at %s: ", e.What, e.URL)
	switch {
	case e.Have == 0:
		text += "it is not there"
	case e.Have < 0:
		text += "it is there, but was not made by this program: choose another prefix, or take away what is in the way"
		return text
	default:
		text += fmt.Sprintf("it has version %d, and version %d is needed", e.Have, e.Want)
	}
	return text + "; run `earwitness elastic setup` as a user who may make templates (docs/operations/elasticsearch.md)"
}

// Setup makes the templates, extends the indices that are there, and makes
// those of this month, so that readers find the aliases at once. What is
// there and new enough stays. It gives a line for each thing that it looked
// at, up to the one that failed.
func Setup(ctx context.Context, cfg Config) (report []string, err error) {
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("set up Elasticsearch: %w", err)
	}
	c, err := newClient(&cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close(context.WithoutCancel(ctx))) }()
	s := &setup{client: c, names: names{cfg.Prefix, cfg.version}}
	if err := s.install(ctx); err != nil {
		return s.report, err
	}
	for _, kind := range kinds() {
		index := s.names.index(kind, monthOf(cfg.Now().UTC()))
		if err := s.index(ctx, index); err != nil {
			return s.report, err
		}
	}
	return s.report, nil
}

// setup prepares a cluster.
type setup struct {
	client *client
	names  names
	report []string
}

func (s *setup) say(format string, args ...any) {
	s.report = append(s.report, fmt.Sprintf(format, args...))
}

// install makes the templates, and then extends what was made from older
// ones.
func (s *setup) install(ctx context.Context) error {
	name := s.names.component()
	have, err := s.client.componentVersion(ctx, name)
	if err != nil {
		return err
	}
	err = s.bring(have, "component template "+name, func() error {
		return s.client.putComponent(ctx, name, s.names.componentTemplate())
	})
	if err != nil {
		return err
	}
	for _, kind := range kinds() {
		name := s.names.template(kind)
		have, err := s.client.templateVersion(ctx, name)
		if err != nil {
			return err
		}
		err = s.bring(have, "index template "+name, func() error {
			return s.client.putTemplate(ctx, name, s.names.indexTemplate(kind))
		})
		if err != nil {
			return err
		}
	}
	return s.extend(ctx)
}

// bring puts what is missing or old.
func (s *setup) bring(have int, what string, put func() error) error {
	switch {
	case have == foreign:
		return &TemplateError{What: what, URL: s.client.where, Have: have, Want: s.names.version}
	case have >= s.names.version:
		s.say("%s: version %d is there", what, have)
		return nil
	}
	if err := put(); err != nil {
		return err
	}
	if have == 0 {
		s.say("%s: made, version %d", what, s.names.version)
	} else {
		s.say("%s: version %d replaced by %d", what, have, s.names.version)
	}
	return nil
}

// extend brings the indices that are there to this version.
func (s *setup) extend(ctx context.Context) error {
	for _, kind := range kinds() {
		versions, err := s.client.indexVersions(ctx, s.names.pattern(kind))
		if err != nil {
			return err
		}
		for _, index := range slices.Sorted(maps.Keys(versions)) {
			err := s.bring(versions[index], "index "+index, func() error {
				if err := s.client.extendMapping(ctx, index, s.names.version); err != nil {
					return err
				}
				return s.client.alias(ctx, index, s.names.records(), s.names.alias(kind))
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// index makes one and looks whether it came out as the templates say.
func (s *setup) index(ctx context.Context, index string) error {
	versions, err := s.client.indexVersions(ctx, index)
	if err != nil {
		return err
	}
	have := versions[index]
	if have == 0 {
		if err := s.client.createIndex(ctx, index); err != nil {
			return err
		}
		if versions, err = s.client.indexVersions(ctx, index); err != nil {
			return err
		}
		if have = versions[index]; have >= s.names.version {
			s.say("index %s: made", index)
		}
	}
	if have < s.names.version {
		return &TemplateError{What: "index " + index, URL: s.client.where, Have: have, Want: s.names.version}
	}
	return nil
}

// verify looks whether the templates and all indices do for this program,
// and changes nothing.
func (s *setup) verify(ctx context.Context) error {
	check := func(what string, have int, err error) error {
		if err == nil && have < s.names.version {
			return &TemplateError{What: what, URL: s.client.where, Have: have, Want: s.names.version}
		}
		return err
	}
	name := s.names.component()
	have, err := s.client.componentVersion(ctx, name)
	if err := check("component template "+name, have, err); err != nil {
		return err
	}
	for _, kind := range kinds() {
		name := s.names.template(kind)
		have, err := s.client.templateVersion(ctx, name)
		if err := check("index template "+name, have, err); err != nil {
			return err
		}
		versions, err := s.client.indexVersions(ctx, s.names.pattern(kind))
		if err != nil {
			return err
		}
		for index, have := range versions {
			if err := check("index "+index, have, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
