package engine

import (
	"context"
	"errors"
	"log/slog"

	"earwitness/pipeline/bus"
	"earwitness/pipeline/bus/embedded"
)

// openBus opens the embedded broker, or reaches those that are named.
func (e *Engine) openBus(ctx context.Context) error {
	open := e.openEmbedded
	if e.config.Shared() {
		open = e.openCluster
	}
	if err := open(ctx); err != nil {
		return err
	}
	n, buffer := e.config.Bus.Partitions, bus.ProducerConfig{BufferBytes: producerBuffer}
	e.evidence = bus.NewProducer(e.client, bus.TopicEvidence, n, buffer)
	e.access = bus.NewProducer(e.client, bus.TopicAccess, n, buffer)
	e.deadLetters = bus.NewProducer(e.client, bus.TopicDeadLetter, n, buffer)
	e.publisher = &publisher{evidence: e.evidence, deadLetters: e.deadLetters, partitions: n}
	return nil
}

func (e *Engine) openEmbedded(ctx context.Context) error {
	var err error
	if e.broker, err = embedded.Open(ctx, embedded.Config{Dir: e.config.BusDir(), Logger: e.log}); err != nil {
		return err
	}
	e.client = bus.NewClient(e.broker.ClientConfig())
	return e.client.EnsureTopics(ctx, e.config.Bus.Partitions)
}

// openCluster refuses topics that would lose something.
func (e *Engine) openCluster(ctx context.Context) error {
	cfg, err := e.config.Bus.ClientConfig(e.log)
	if err != nil {
		return err
	}
	e.client = bus.NewClient(cfg)
	findings, err := e.client.CheckTopics(ctx, e.config.TopicsNeeded())
	if err != nil {
		return err
	}
	var fatal []bus.TopicFinding
	for _, finding := range findings {
		if finding.Fatal {
			fatal = append(fatal, finding)
			continue
		}
		e.log.LogAttrs(ctx, slog.LevelWarn, "a topic is set in a way that may lose something", slog.String("finding", finding.String()))
	}
	if len(fatal) > 0 {
		return &bus.TopicsError{Findings: fatal}
	}
	e.ledger = bus.NewProducer(e.client, bus.TopicControl, 1, bus.ProducerConfig{})
	e.epochs = &epochInTopic{client: e.client, producer: e.ledger}
	return nil
}

// control sends a control record to partitions of a topic and waits.
func control(ctx context.Context, to *bus.Producer, partitions []int, c *bus.Control) error {
	var errs []error
	acks := make(chan error, len(partitions))
	for _, partition := range partitions {
		err := to.Produce(ctx, []bus.Record{bus.ControlRecord(partition, c)}, func(err error) { acks <- err })
		if err != nil {
			acks <- err
		}
	}
	for range partitions {
		select {
		case err := <-acks:
			errs = append(errs, err)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return errors.Join(errs...)
}
