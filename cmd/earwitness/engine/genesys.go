package engine

import (
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/sources/genesys"
	"earwitness/sources/genesys/auditquery"
	"earwitness/sources/intake"
)

// organisation is a Genesys organisation that is asked for its audits.
type organisation struct{ *auditquery.Source }

// openGenesys opens a source that asks Genesys Cloud.
func (e *Engine) openGenesys(src *source, s *config.Source, once bool) error {
	client, err := e.genesysClient(s)
	if err != nil {
		return err
	}
	queries, err := auditquery.New(auditquery.Config{
		Name: src.name, StateDir: e.config.PositionsDir(), Once: once, Client: client,
		Decoder: genesys.New(genesys.Config{}), Publisher: src.published, Logger: e.log, Delivered: src.scanned, Passing: bus.Transient,
		Services: plainTexts(s.Genesys.Services), Entities: plainTexts(s.Genesys.Entities),
		Backfill: s.Genesys.Backfill.Std(), Interval: s.Genesys.Interval.Std(),
		Overlap: s.Genesys.Overlap.Std(), Recheck: s.Genesys.Recheck.Std(), Every: s.Genesys.Every.Std(),
	})
	if err != nil {
		return err
	}
	src.reader, src.unit = organisation{queries}, "query"
	src.reached = func() time.Time { return queries.Stats().Delivered }
	return nil
}

// Progress counts queries as files.
func (o organisation) Progress() intake.Progress {
	stats := o.Stats()
	return intake.Progress{
		FilesTotal: stats.Queries, FilesDone: stats.Queries, Records: stats.Records, DeadLetters: stats.DeadLetters, Problems: stats.Failures,
	}
}

func plainTexts(texts []config.Text) []string {
	plain := make([]string, len(texts))
	for i, text := range texts {
		plain[i] = string(text)
	}
	return plain
}
