package engine

import (
	"context"
	"fmt"
	"log/slog"

	"earwitness/cmd/earwitness/config"
	"earwitness/sources/genesys"
	"earwitness/sources/genesys/webhook"
	"earwitness/sources/intake"
)

// openWebhook opens a source that is posted to. Once takes what is there, and
// nothing is there: it does not listen.
func (e *Engine) openWebhook(ctx context.Context, src *source, s *config.Source, once bool) error {
	settings, err := s.Webhook.ServerConfig(e.log)
	if err != nil {
		return fmt.Errorf("open source %s: %w", s.Name, err)
	}
	src.unit = "request"
	if once {
		e.log.LogAttrs(ctx, slog.LevelInfo, "a webhook is not listened for with --once", slog.String("source", src.name))
		src.reader = silent{}
		return nil
	}
	settings.Name, settings.Decoder, settings.Publisher = src.name, genesys.New(genesys.Config{}), src.published
	settings.Heard = src.scanned
	server, err := webhook.New(ctx, settings)
	if err != nil {
		return err
	}
	src.reader = posted{server}
	return nil
}

// silent is a source that holds nothing.
type silent struct{}

func (silent) Run(context.Context) error { return nil }

func (silent) Progress() intake.Progress { return intake.Progress{} }

// posted is a webhook at work.
type posted struct{ *webhook.Server }

// Progress counts requests as files.
func (p posted) Progress() intake.Progress {
	stats := p.Stats()
	return intake.Progress{
		FilesTotal: stats.Taken + stats.Refused + stats.Busy, FilesDone: stats.Taken,
		Records: stats.Records, DeadLetters: stats.DeadLetters, Problems: stats.Refused,
	}
}
