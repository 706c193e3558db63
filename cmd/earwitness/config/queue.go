package config

import (
	"log/slog"
	"strings"

	"earwitness/pipeline/amazon"
	"earwitness/sources/intake/queue"
)

// QueueURL is the URL of a queue of SQS.
type QueueURL string

func (u *QueueURL) read(text string) error {
	if err := queue.CheckURL(text); err != nil {
		return err
	}
	*u = QueueURL(text)
	return nil
}

// Queue tells of the objects of a source, or carries what it delivers.
// Credentials come from where the AWS tools look for them.
type Queue struct {
	URL        QueueURL `yaml:"url,omitempty"`
	Region     Text     `yaml:"region,omitempty"`
	CA         Path     `yaml:"ca,omitempty"`
	Profile    Text     `yaml:"profile,omitempty"`
	RoleARN    RoleARN  `yaml:"role-arn,omitempty"`
	ExternalID Text     `yaml:"external-id,omitempty"`

	Visibility Duration `yaml:"visibility,omitempty" min:"10s" max:"11h"`
	InWork     int      `yaml:"in-work,omitempty" min:"1" max:"1000"`
	Patience   Duration `yaml:"patience,omitempty" min:"1m" max:"1d"`
}

// Queued says that a source takes messages from a queue.
func (s *Source) Queued() bool { return s.Queue.URL != "" }

// deriveQueue fills in what is not given. Who may read the bucket may read the
// queue, where nothing else is said.
func (s *Source) deriveQueue() {
	q := &s.Queue
	if q.Profile == "" && q.RoleARN == "" && q.ExternalID == "" {
		q.Profile, q.RoleARN, q.ExternalID = s.S3.Profile, s.S3.RoleARN, s.S3.ExternalID
	}
	if q.Visibility == 0 {
		q.Visibility = 5 * minute
	}
	if q.InWork == 0 {
		q.InWork = 64
	}
	if q.Patience == 0 {
		q.Patience = 15 * minute
	}
}

// Access is what the user has decided of how the queue is reached.
func (q *Queue) Access(log *slog.Logger) (amazon.Access, error) {
	if q.CA != "" {
		if _, err := loadCA("queue.ca", q.CA); err != nil {
			return amazon.Access{}, err
		}
	}
	return amazon.Access{
		Region: string(q.Region), CAFile: string(q.CA), Checksums: amazon.Checksums(ChecksumsAuto),
		Profile: string(q.Profile), RoleARN: string(q.RoleARN), ExternalID: string(q.ExternalID), Logger: log,
	}, nil
}

func (c *Config) checkQueue(d *document, source *Source, field string) {
	_, _, bucket := source.Objects()
	listing := field + ".s3"
	field += ".queue"
	switch {
	case !d.has(field):
		return
	case !source.Queued():
		d.mistake(field, "url is missing")
		return
	case source.Path == "" && source.Type.ReadsFiles() && source.Type != GenesysAudit:
		d.mistake(field, "its messages tell of objects in a bucket: path is missing, write s3://BUCKET/PREFIX there; only a source of type %s takes what the messages themselves hold", GenesysAudit)
	case source.Path != "" && !bucket, !source.Type.ReadsFiles():
		d.mistake(field, "it is for sources whose path begins with s3://, and for those of type %s without a path; leave this key out", GenesysAudit)
	}
	if source.Queue.ExternalID != "" && source.Queue.RoleARN == "" {
		d.mistake(field+".external-id", "it is for a role, and none is named; name it by role-arn, or leave this key out")
	}
	if source.Queue.CA != "" && strings.HasPrefix(string(source.Queue.URL), "http:") {
		d.mistake(field+".ca", "it is for https://, and url begins with http://; write https:// there, or leave this key out")
	}
	if d.has(listing + ".every") {
		d.mistake(listing+".every", "the bucket is not listed where a queue tells of its objects; leave out either this key or queue")
	}
	for i := range c.Sources {
		other := &c.Sources[i]
		if other == source {
			return
		}
		if other.Queue.URL == source.Queue.URL {
			d.mistake(field+".url", "source %s takes from this queue too, and each would get messages that are for the other; give each a queue of its own", other.Name)
			return
		}
	}
}
