package letters

import (
	"fmt"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
	"earwitness/sources/cloudtrail"
	"earwitness/sources/genesys"
	"earwitness/sources/intake/queue"
	"earwitness/sources/s3log"
)

// Decoders read records again that were kept, as the configured sources would
// read them now. They are safe for concurrent use.
type Decoders struct {
	lines  *s3log.Decoder
	audits *genesys.Decoder
	// events is for CloudTrail where no source is known.
	events  *cloudtrail.Decoder
	sources []located
}

// located is a source with the place of its objects.
type located struct {
	place  Place
	source *config.Source
	kind   config.SourceType
	events *cloudtrail.Decoder // nil but for CloudTrail
}

// NewDecoders gives those of the settings. Errors name what is wrong in them.
func NewDecoders(c *config.Config) (*Decoders, error) {
	patterns, err := c.KeyPatterns()
	if err != nil {
		return nil, err
	}
	d := &Decoders{lines: s3log.New(s3log.Config{Patterns: patterns}), audits: genesys.New(genesys.Config{})}
	if d.events, err = cloudtrail.New(cloudtrail.Config{Patterns: patterns}); err != nil {
		return nil, err
	}
	for i := range c.Sources {
		s := &c.Sources[i]
		at := located{place: PlaceOf(s), source: s, kind: s.Type}
		if s.Type == config.CloudTrail {
			buckets := make([]string, len(s.Buckets))
			for i, b := range s.Buckets {
				buckets[i] = string(b)
			}
			if at.events, err = cloudtrail.New(cloudtrail.Config{Patterns: patterns, Buckets: buckets}); err != nil {
				return nil, fmt.Errorf("open source %s: %w", s.Name, err)
			}
		}
		if at.place != "" {
			d.sources = append(d.sources, at)
		}
	}
	return d, nil
}

// Reading is what a record gives now.
type Reading struct {
	// Evidence of a record that can be read; nil where it can't, and where it
	// can and says nothing about a recording.
	Evidence *evidence.Evidence
	// Letter is how it fails now; nil where it does not.
	Letter *evidence.DeadLetter
	// Unfit says why it can't be read again at all; empty where it can.
	Unfit string
}

// Again reads the record of a letter of a source, or of the correlator.
func (d *Decoders) Again(l *Letter) Reading {
	switch l.Stage {
	case s3log.Stage, genesys.Stage, cloudtrail.Stage:
		if cloudtrail.IsFinding(l.Cause) {
			return Reading{Unfit: "it is what the digests of CloudTrail show, and no record: look into it, then dismiss it"}
		}
		return d.read(d.typeOf(l), l.DeadLetter)
	case queue.Stage:
		return Reading{Unfit: "it is a message of a queue: send it there again, or read its object by \"earwitness backfill\"; then dismiss it"}
	case correlate.StageName:
		if l.Kind == evidence.Kind_KIND_UNKNOWN {
			return message(l.DeadLetter)
		}
		return d.read(typeOfKind(l.Kind), l.DeadLetter)
	}
	return Reading{Unfit: "nothing of stage " + l.Stage + " can be read again"}
}

// ReadKept reads evidence of GRADE_RAW again.
func (d *Decoders) ReadKept(e *evidence.Evidence) Reading {
	kind := typeOfKind(e.Kind)
	if s := d.source(e.Origin.GetUri()); s != nil && s.kind.ReadsFiles() {
		kind = s.kind
	}
	return d.read(kind, &evidence.DeadLetter{Raw: e.Raw, Origin: e.Origin, Kind: e.Kind})
}

// source is the one that an object belongs to; nil where none has it.
func (d *Decoders) source(uri string) *located {
	var best *located
	for i := range d.sources {
		s := &d.sources[i]
		if s.place.holds(uri) && (best == nil || len(s.place) > len(best.place)) {
			best = s
		}
	}
	return best
}

// typeOf is that of the source that has the object now: the type may be what
// was wrong. Else it is the one that gave up.
func (d *Decoders) typeOf(l *Letter) config.SourceType {
	if s := d.source(l.Origin.GetUri()); s != nil {
		return s.kind
	}
	switch l.Stage {
	case s3log.Stage:
		return config.S3AccessLog
	case cloudtrail.Stage:
		return config.CloudTrail
	}
	return config.GenesysAudit
}

func typeOfKind(kind evidence.Kind) config.SourceType {
	switch kind {
	case evidence.Kind_KIND_ACCESS_LOG:
		return config.S3AccessLog
	case evidence.Kind_KIND_CLOUDTRAIL:
		return config.CloudTrail
	case evidence.Kind_KIND_METADATA:
		return ""
	}
	return config.GenesysAudit
}

// read keeps parts of the letter.
func (d *Decoders) read(kind config.SourceType, l *evidence.DeadLetter) Reading {
	var r Reading
	switch kind {
	case config.S3AccessLog:
		r.Evidence, r.Letter = d.lines.DecodeLine(l.Raw, l.Origin)
	case config.CloudTrail:
		events := d.events
		if s := d.source(l.Origin.GetUri()); s != nil && s.events != nil {
			events = s.events
		}
		r.Evidence, r.Letter = events.DecodeRecord(l.Raw, l.Origin)
	case "":
		r.Unfit = "it is what a lookup answered: the next lookup answers again"
	default:
		asked := l.Kind
		if asked == evidence.Kind_KIND_ACCESS_LOG || asked == evidence.Kind_KIND_CLOUDTRAIL {
			asked = evidence.Kind_KIND_UNKNOWN // its shape decides
		}
		r.Evidence, r.Letter = d.audits.DecodeRecord(l.Raw, asked, l.Origin)
	}
	if r.Letter != nil {
		r.Evidence = nil
	}
	return r
}

// message reads a whole message of the topic of evidence.
func message(l *evidence.DeadLetter) Reading {
	e, err := bus.DecodeEvidence(&bus.Message{Offset: l.Origin.GetOffset(), Value: l.Raw})
	if err != nil || len(e.Id) != len(evidence.ID{}) {
		return Reading{Letter: l}
	}
	return Reading{Evidence: e}
}

// OfObject gives the source that has an object now, and its decoder, which
// holds nothing against CloudTrail's digests; nil where none has it.
func (d *Decoders) OfObject(uri string) (*config.Source, evidence.Decoder) {
	s := d.source(uri)
	switch {
	case s == nil:
		return nil, nil
	case s.kind == config.S3AccessLog:
		return s.source, d.lines
	case s.events != nil:
		return s.source, s.events
	}
	return s.source, d.audits
}
