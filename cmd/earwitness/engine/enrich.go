package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"earwitness/cmd/earwitness/config"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/enrich"
	"earwitness/pipeline/evidence"
	"earwitness/sources/genesys/cloud"
)

// looksUp says whether metadata is looked up. A rebuild asks nobody: what was
// answered is in the archive.
func (e *Engine) looksUp() bool { return e.config.Enrich.Enabled() && !e.options.rebuild }

// openEnricher opens what looks up metadata.
func (e *Engine) openEnricher(ctx context.Context) error {
	settings := &e.config.Enrich
	sources, err := e.metadataSources(ctx)
	if err != nil {
		return err
	}
	e.metadata = bus.NewProducer(e.client, bus.TopicMetadata, 1, bus.ProducerConfig{BufferBytes: producerBuffer})
	c := enrich.Config{
		Sources: sources, Evidence: e.evidence, Memory: memory{e.metadata, e.client}, Lineage: e.epoch.lineage(), Own: e.isOwn(),
		TTL: settings.TTL.Std(), NegativeTTL: settings.NegativeTTL.Std(), CacheBytes: int64(settings.CacheBytes), Waiting: settings.Waiting,
		Retell: e.config.Windows.Horizon.Std() - 24*time.Hour, Logger: e.log,
	}
	if e.config.Shared() {
		c.Positions = e.keepPositions(enrich.Name, bus.TopicEvidence)
	} else if c.Positions, err = openFolderPositions(e.config.SinkPositionsDir(), enrich.Name, e.epoch.lineage()); err != nil {
		return err
	}
	e.enricher, err = enrich.New(c)
	return err
}

// closeEnricher lets go of what it holds; Run has ended.
func (e *Engine) closeEnricher() {
	if e.enricher != nil {
		e.enricher.Close()
	}
	if e.sidecars != nil {
		e.sidecars.objects.Close()
	}
}

// memory is the topic of what was answered.
type memory struct {
	*bus.Producer
	client *bus.Client
}

// ReadAll implements enrich.Memory.
func (m memory) ReadAll(ctx context.Context) ([]bus.Message, error) {
	return m.client.ReadAll(ctx, bus.TopicMetadata, 0)
}

// isOwn tells reads of our own: in the storage by a role of ours, in the
// contact centre by a client of ours.
func (e *Engine) isOwn() func(*evidence.Evidence) bool {
	rules, clients := e.config.Rules(), make(map[string]bool)
	for i := range e.config.Sources {
		if s := &e.config.Sources[i]; s.Type == config.GenesysCloud {
			clients[string(s.Genesys.ClientID)] = true
		}
	}
	return func(piece *evidence.Evidence) bool {
		switch {
		case piece.GetRequest() != nil:
			return rules.IsOwn(piece.GetRequest().Requester)
		case piece.GetKeyUse() != nil:
			return rules.IsOwn(piece.GetKeyUse().Requester)
		}
		act := piece.GetAct()
		return act.GetUserId() == "" && clients[act.GetClientId()]
	}
}

// metadataSources are those that the settings name.
func (e *Engine) metadataSources(ctx context.Context) (enrich.Sources, error) {
	var sources enrich.Sources
	settings := &e.config.Enrich
	if source := e.config.GenesysSource(); source != nil {
		client, err := e.genesysClient(source)
		if err != nil {
			return sources, err
		}
		there := &metadataOf{client: client, endpoint: client.Endpoint()}
		if settings.Asks(config.FromRecordings) {
			sources.Recordings = there
		}
		if settings.Asks(config.FromGuide) {
			sources.Guide = there
		}
		if settings.Asks(config.FromInventory) {
			sources.Inventory = there
		}
		if settings.Asks(config.FromUsers) {
			sources.Users = there
		}
		if settings.Asks(config.FromQueues) {
			sources.Queues = there
		}
	}
	if !settings.Asks(config.FromSidecars) {
		return sources, nil
	}
	objects, err := e.openObjects(ctx, e.config.SidecarSource())
	if err != nil {
		return sources, fmt.Errorf("open sidecar files: %w", err)
	}
	e.sidecars = &sidecars{objects}
	sources.Sidecars = e.sidecars
	return sources, nil
}

// genesysClient gives the one client of a source: audits and lookups share
// its rate limit.
func (e *Engine) genesysClient(s *config.Source) (*cloud.Client, error) {
	if client := e.organisations[s.Name]; client != nil {
		return client, nil
	}
	settings, err := s.Genesys.ClientConfig(e.log)
	if err != nil {
		return nil, fmt.Errorf("open source %s: %w", s.Name, err)
	}
	client, err := cloud.New(settings)
	if err != nil {
		return nil, fmt.Errorf("open source %s: %w", s.Name, err)
	}
	if e.organisations == nil {
		e.organisations = make(map[config.Name]*cloud.Client)
	}
	e.organisations[s.Name] = client
	return client, nil
}

// awaitAnswers lets a run that ends wait for what is still to be looked up, so
// that its records have it, but no longer than the settings say: the next run
// asks for what is left.
func (e *Engine) awaitAnswers(ctx context.Context, c *consumers) error {
	wait := e.config.Enrich.Wait.Std()
	if e.enricher == nil || wait <= 0 {
		return nil
	}
	id, barrier := newBarrier()
	if err := control(ctx, e.evidence, c.partitions, barrier); err != nil {
		return fmt.Errorf("send barrier: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err := e.tracker.await(waiting, id, c.places[enrich.Name], wait)
	left := e.enricher.Settle(waiting)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var late *BarrierError
	if err != nil && !errors.As(err, &late) {
		return err
	}
	if left > 0 || err != nil {
		e.log.LogAttrs(ctx, slog.LevelWarn, "not all that is to be looked up is answered; the next run asks for it",
			slog.Int("waiting", left), slog.Duration("after", wait), slog.Any("trouble", e.enricher.Stats().Trouble))
	}
	return nil
}
