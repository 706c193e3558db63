package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/memory"
	"earwitness/pipeline/bus"
	"earwitness/pipeline/correlate"
	"earwitness/pipeline/evidence"
)

// Topics of the rows on correlation.
const (
	topicRecords  = "bench.records"
	topicLetters  = "bench.letters"
	topicRequests = "bench.requests"
	topicActs     = "bench.acts"
	topicJoined   = "bench.joined"
)

// measureCorrelate reads the evidence that row servers has left in Kafka.
func measureCorrelate(ctx context.Context, b *bench) (figure, error) {
	r, err := b.theCluster(ctx)
	if err != nil {
		return figure{}, err
	}
	w, err := b.theWorld(ctx)
	if err != nil {
		return figure{}, err
	}
	broker := r.servers.kafka.Plaintext[0]
	for _, topic := range []string{topicRecords, topicLetters, topicRequests, topicActs, topicJoined} {
		if err := makeTopic(ctx, broker, topic); err != nil {
			return figure{}, err
		}
	}
	arg := correlateArg{Broker: broker, Dir: b.path("fold"), Flags: w.rules()}
	ours, cost, err := call[correlateResult](ctx, b, 2, "correlate", arg)
	if err != nil {
		return figure{}, err
	}
	speed := perSecond(ours.Messages, ours.Took)
	f := figure{figure: fmt.Sprintf("%s events/s (%s in %s, %s records), %s", thousands(speed), thousands(float64(ours.Messages)),
		seconds(ours.Took), thousands(float64(ours.Records)), cost)}
	split, _, err := call[splitResult](ctx, b, 2, "split", splitArg{Broker: broker})
	if err != nil {
		return figure{}, err
	}
	peer, peerCost, err := b.runStreams(ctx, broker, split.Requests+split.Acts)
	if err != nil {
		f.beside = "Kafka Streams: " + firstLine(err.Error())
		return f, nil
	}
	peerSpeed := perSecond(peer.Events, time.Duration(peer.Millis)*time.Millisecond)
	f.beside = fmt.Sprintf("Kafka Streams %s: %s events/s (%s joined), %s: %.1f times its events/s, %.2f of its memory, %.1f times its events for each second of CPU",
		peer.Version, thousands(peerSpeed), thousands(float64(peer.Joined)), peerCost, speed/peerSpeed, float64(cost.Peak)/float64(peerCost.Peak),
		perSecond(ours.Messages, cost.CPU)/perSecond(peer.Events, peerCost.CPU))
	f.reached = reached(speed >= 4*peerSpeed) + ", " + reached(3*cost.Peak <= peerCost.Peak)
	return f, nil
}

// rules are the flags of the world that say how to judge.
func (w *world) rules() config.Flags {
	return config.Flags{Model: w.settings.Model, ServiceRoles: w.settings.ServiceRoles, OwnRoles: w.settings.OwnRoles}
}

// What "earwitness run" gives its topics and partitions, and what memory it
// has by default.
const (
	producerBuffer = 8 << 20
	fetchBytes     = 256 << 10
	keepBytes      = 2 << 20
	wantedMemory   = 512 << 20
)

type correlateArg struct {
	Broker, Dir string
	Flags       config.Flags
}

type correlateResult struct {
	Messages, Records int64
	Took              time.Duration
}

// correlateTopic runs the correlator, and nothing else, over what is in the
// topic of evidence; it ends when its records are acknowledged and its state is
// saved.
func correlateTopic(ctx context.Context, arg correlateArg) (r correlateResult, err error) {
	settings, err := config.Load(arg.Flags)
	if err != nil {
		return r, err
	}
	giveBack := memory.Keep(ctx, slog.New(slog.DiscardHandler), wantedMemory)
	defer giveBack()
	client := bus.NewClient(bus.ClientConfig{Brokers: []string{arg.Broker}})
	defer client.Close()
	records := bus.NewProducer(client, topicRecords, clusterPartitions, bus.ProducerConfig{BufferBytes: producerBuffer})
	letters := bus.NewProducer(client, topicLetters, clusterPartitions, bus.ProducerConfig{BufferBytes: producerBuffer})
	stage := correlate.NewStage(correlate.StageConfig{
		Rules: settings.Rules(), Access: records, DeadLetters: letters, Logger: slog.New(slog.DiscardHandler),
		Dir: func(partition int) string { return filepath.Join(arg.Dir, strconv.Itoa(partition)) },
	})
	began := time.Now()
	if r.Messages, err = followAll(ctx, client, stage); err != nil {
		return r, err
	}
	if err := records.Close(ctx); err != nil {
		return r, err
	}
	r.Took = time.Since(began)
	if err := letters.Close(ctx); err != nil {
		return r, err
	}
	if err := stage.Close(); err != nil {
		return r, err
	}
	for partition := range clusterPartitions {
		_, end, err := client.Bounds(ctx, topicRecords, partition)
		if err != nil {
			return r, err
		}
		r.Records += end
	}
	return r, nil
}

// followAll gives the stage what is in each partition now.
func followAll(ctx context.Context, client *bus.Client, stage *correlate.Stage) (messages int64, err error) {
	var left atomic.Int64
	following, stop := context.WithCancel(ctx)
	defer stop()
	left.Store(clusterPartitions)
	group, following := errgroup.WithContext(following)
	for partition := range clusterPartitions {
		_, end, err := client.Bounds(ctx, bus.TopicEvidence, partition)
		if err != nil {
			return 0, err
		}
		messages += end
		reader := bus.NewPartition(client, bus.TopicEvidence, partition, decodeEvidence, bus.PartitionConfig{FetchBytes: fetchBytes, KeepBytes: keepBytes})
		done := end == 0
		if done && left.Add(-1) == 0 {
			stop()
		}
		group.Go(func() error {
			return bus.Follow(following, reader, bus.Sink[*evidence.Evidence](stage), partition, bus.FollowConfig{
				OnProgress: func(p bus.Progress) {
					if !done && p.Next >= end {
						done = true
						if left.Add(-1) == 0 {
							stop()
						}
					}
				},
			})
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	for partition := range clusterPartitions {
		if err := stage.Flush(ctx, partition); err != nil {
			return 0, err
		}
	}
	return messages, ctx.Err()
}

// decodeEvidence leaves texts in the message's bytes, as earwitness does.
func decodeEvidence(m *bus.Message) (*evidence.Evidence, error) {
	e := new(evidence.Evidence)
	if err := e.UnmarshalVTUnsafe(m.Value); err != nil {
		return nil, fmt.Errorf("decode evidence at offset %d: %w", m.Offset, err)
	}
	return e, nil
}
