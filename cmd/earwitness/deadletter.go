package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/worm"
)

func deadLetterCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "deadletter",
		GroupID: groupAsk,
		Short:   "Look at what could not be processed, and bring it home",
		Long: `Look at what could not be processed: each record that could not be read or
delivered is kept with its cause and its raw bytes. After the cause is mended
"replay" brings them the way that they should have gone; what will never be
mended is settled by "dismiss". Until then they wait.

They are listed from the archive of the data folder or the bucket, and so
appear when a segment is sealed.`,
		Example: `  earwitness deadletter list --counts
  earwitness deadletter show 1f0c9a
  earwitness deadletter replay --cause unreadable`,
	}
	cmd.AddCommand(deadLetterListCommand(), deadLetterShowCommand(), deadLetterReplayCommand(), deadLetterDismissCommand())
	return branch(cmd)
}

// deadLetters reads them from an archive.
type deadLetters struct {
	settings *config.Config
	reader   *worm.Reader
	// Close lets go of the archive.
	Close func()
}

func openDeadLetters(ctx context.Context, flags config.Flags) (*deadLetters, error) {
	settings, err := config.Load(flags)
	if err != nil {
		return nil, err
	}
	return openLettersOf(ctx, settings)
}

func openLettersOf(ctx context.Context, settings *config.Config) (*deadLetters, error) {
	known, err := knownKeys(settings)
	if err != nil {
		return nil, err
	}
	store, err := openArchive(ctx, settings)
	if err != nil {
		return nil, err
	}
	reader, err := worm.NewReader(store.Store, known)
	if err != nil {
		store.Close()
		return nil, err
	}
	return &deadLetters{settings: settings, reader: reader, Close: store.Close}, nil
}

// knownKeys are the verifiers of the archive. The line of a key lies beside it
// in a file, where "earwitness keys init" and a run put it, so that reading
// needs no secret.
func knownKeys(settings *config.Config) (note.Verifiers, error) {
	if _, verifier, own := settings.OwnKey(); own {
		known, err := settings.WORM.KnownIn(verifier)
		if err != nil {
			return nil, fmt.Errorf("%w; \"earwitness run\" makes the key, or name the data folder with --data", err)
		}
		return known, nil
	}
	if file := settings.WORM.Key.File(); file != "" {
		verifier := strings.TrimSuffix(file, ".key") + ".pub"
		if _, err := os.Stat(verifier); err == nil {
			return settings.WORM.KnownIn(verifier)
		}
	}
	key, err := settings.WORM.LoadKey()
	if err != nil {
		return nil, fmt.Errorf("%w; without the key, its verifier line is enough in a file beside it that ends in .pub", err)
	}
	return settings.WORM.Known(key.Line)
}

// each calls fn with the dead letters that pass: each failure once while it
// waits, and once as what was settled of it, log by log in the order in which
// they were archived.
func (d *deadLetters) each(ctx context.Context, filter *letters.Filter, fn func(*letters.Letter) error) error {
	ledger, err := letters.Open(ctx, d.reader, nil)
	if err != nil {
		return err
	}
	type failure struct {
		id      evidence.ID
		settled bool
	}
	seen := map[failure]bool{}
	return ledger.Each(ctx, nil, func(l *letters.Letter) error {
		key := failure{evidence.ID(l.Id), l.Settled != nil}
		if seen[key] || !filter.Passes(l) {
			return nil
		}
		seen[key] = true
		return fn(l)
	})
}

// deadLetterDocument is the form for programs.
type deadLetterDocument struct {
	ID     string           `json:"id"`
	Time   string           `json:"time"`
	Stage  string           `json:"stage"`
	Cause  string           `json:"cause"`
	Detail string           `json:"detail,omitempty"`
	Kind   string           `json:"kind,omitempty"`
	Origin deadLetterOrigin `json:"origin"`
	Raw    []byte           `json:"raw,omitempty"`
	// Settled is absent while it waits.
	Settled *deadLetterSettled `json:"settled,omitempty"`
}

type deadLetterSettled struct {
	How    string `json:"how"`
	Reason string `json:"reason,omitempty"`
	Time   string `json:"time"`
}

type deadLetterOrigin struct {
	URI    string `json:"uri"`
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	SHA256 string `json:"sha256,omitempty"`
}

func document(l *letters.Letter) deadLetterDocument {
	d := deadLetterDocument{
		ID: hex.EncodeToString(l.Id), Time: time.UnixMilli(l.TimeMs).UTC().Format(time.RFC3339Nano),
		Stage: l.Stage, Cause: l.Cause, Detail: l.Detail, Kind: l.Kind.Name(), Raw: l.Raw,
		Origin: deadLetterOrigin{
			URI: l.Origin.GetUri(), Offset: l.Origin.GetOffset(), Length: l.Origin.GetLength(),
			SHA256: hex.EncodeToString(l.Origin.GetSha256()),
		},
	}
	if s := l.Settled; s != nil {
		d.Settled = &deadLetterSettled{How: s.How, Reason: s.Reason, Time: s.At.UTC().Format(time.RFC3339Nano)}
	}
	return d
}

// place of a record: its object, and its first and last byte.
func place(o *evidence.Origin) string {
	if o.GetLength() == 0 {
		return o.GetUri()
	}
	return fmt.Sprintf("%s bytes %d-%d", o.GetUri(), o.GetOffset(), o.GetOffset()+o.GetLength()-1)
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05") }
