package config

import (
	"fmt"
	"slices"
)

// Enrich says what is looked up about the recordings and people that evidence
// names. It is off where From is empty.
type Enrich struct {
	From []MetadataFrom `yaml:"from,omitempty"`
	// Genesys is the source whose organisation and client are used; never
	// empty once loaded where it is needed.
	Genesys Name `yaml:"genesys,omitempty"`
	// S3 is the source by whose access sidecar files are read; as Genesys.
	S3 Name `yaml:"s3,omitempty"`

	TTL         Duration `yaml:"ttl" min:"1m" max:"30d"`
	NegativeTTL Duration `yaml:"negative-ttl" min:"1m" max:"30d"`
	CacheBytes  Size     `yaml:"cache-bytes" min:"1MiB" max:"16GiB"`
	Waiting     int      `yaml:"waiting" min:"100" max:"10000000"`
	Wait        Duration `yaml:"wait" min:"0s" max:"7d"`
}

// MetadataFrom is a source of metadata.
type MetadataFrom string

// The sources of metadata.
const (
	FromRecordings MetadataFrom = "recordings"
	FromUsers      MetadataFrom = "users"
	FromQueues     MetadataFrom = "queues"
	// FromGuide is what a gateway knows by a recording's id alone.
	FromGuide MetadataFrom = "guide"
	// FromInventory is the list of all recordings of the organisation.
	FromInventory MetadataFrom = "inventory"
	// FromSidecars are the files beside recordings in their buckets.
	FromSidecars MetadataFrom = "sidecars"
)

func (f *MetadataFrom) read(text string) error {
	return choose(f, text, "source of metadata", FromRecordings, FromUsers, FromQueues, FromGuide, FromInventory, FromSidecars)
}

// Enabled says that something is looked up.
func (e *Enrich) Enabled() bool { return len(e.From) > 0 }

// asksGenesys says whether anything is asked of an organisation.
func (e *Enrich) asksGenesys() bool {
	return slices.ContainsFunc(e.From, func(from MetadataFrom) bool { return from != FromSidecars })
}

// Asks says whether a source of metadata is asked.
func (e *Enrich) Asks(from MetadataFrom) bool {
	return slices.Contains(e.From, from)
}

// GenesysSource is the source that is asked; nil where none is.
func (c *Config) GenesysSource() *Source {
	if !c.Enrich.asksGenesys() {
		return nil
	}
	return c.sourceOf(c.Enrich.Genesys, isGenesys)
}

// SidecarSource is the source by whose access sidecar files are read; nil
// where none are.
func (c *Config) SidecarSource() *Source {
	if !c.Enrich.Asks(FromSidecars) {
		return nil
	}
	return c.sourceOf(c.Enrich.S3, listsBucket)
}

func isGenesys(s *Source) bool { return s.Type == GenesysCloud }

func listsBucket(s *Source) bool {
	_, _, is := s.Objects()
	return is
}

// sourceOf is the one of a kind that has the name.
func (c *Config) sourceOf(name Name, is func(*Source) bool) *Source {
	for i := range c.Sources {
		if s := &c.Sources[i]; is(s) && s.Name == name {
			return s
		}
	}
	return nil
}

func (c *Config) namesOf(is func(*Source) bool) (names []Name) {
	for i := range c.Sources {
		if s := &c.Sources[i]; is(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

// deriveEnrich names the one source of a kind where there is one.
func (c *Config) deriveEnrich() {
	e := &c.Enrich
	for _, needed := range []struct {
		to *Name
		is func(*Source) bool
		by bool
	}{{&e.Genesys, isGenesys, e.asksGenesys()}, {&e.S3, listsBucket, e.Asks(FromSidecars)}} {
		if names := c.namesOf(needed.is); needed.by && *needed.to == "" && len(names) == 1 {
			*needed.to = names[0]
		}
	}
}

func (c *Config) checkEnrich(d *document) {
	e := &c.Enrich
	if !e.Enabled() {
		if key := d.firstIn("enrich", "from"); key != "" {
			d.mistake(key, "nothing is looked up: name in enrich.from what is, or leave this key out")
		}
		return
	}
	seen := map[MetadataFrom]bool{}
	for i, from := range e.From {
		if seen[from] {
			d.mistake(fmt.Sprintf("enrich.from[%d]", i), "%s stands here a second time", from)
		}
		seen[from] = true
	}
	c.checkAsked(d, asked{"genesys", e.Genesys, isGenesys, e.asksGenesys(), "a source of type genesys, whose organisation, client and rate limit are used"})
	c.checkAsked(d, asked{"s3", e.S3, listsBucket, e.Asks(FromSidecars), "a source whose path is s3://BUCKET/PREFIX, by whose access sidecar files are read"})
	if e.NegativeTTL > e.TTL {
		d.mistake("enrich.negative-ttl", "%s is longer than ttl (%s): what is known would be asked for more often than what is not", e.NegativeTTL, e.TTL)
	}
	if e.TTL >= c.Windows.Horizon-day {
		d.mistake("enrich.ttl", "%s is too long: it must be shorter than windows.horizon less a day (%s), for what is older is forgotten", e.TTL, c.Windows.Horizon-day)
	}
}

// asked is a source that lookups go to.
type asked struct {
	key    string
	name   Name
	is     func(*Source) bool
	needed bool
	what   string
}

func (c *Config) checkAsked(d *document, a asked) {
	switch {
	case !a.needed && a.name != "":
		d.mistake("enrich."+a.key, "nothing in enrich.from asks it; leave this key out")
	case !a.needed:
	case a.name == "" && len(c.namesOf(a.is)) == 0:
		d.mistake("enrich.from", "nobody can be asked: give %s", a.what)
	case a.name == "":
		d.mistake("enrich.from", "there are several that could be asked; name by enrich.%s %s", a.key, a.what)
	case c.sourceOf(a.name, a.is) == nil:
		d.mistake("enrich."+a.key, "there is no source %s of the kind; name %s", a.name, a.what)
	}
}
