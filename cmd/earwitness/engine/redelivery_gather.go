package engine

import (
	"context"

	"earwitness/cmd/earwitness/letters"
	"earwitness/pipeline/evidence"
	"earwitness/sinks/elastic"
	"earwitness/sources/intake"
)

// What is dealt with at one go.
const (
	redeliverLetters = 1000
	redeliverBytes   = 4 << 20
)

// gathering has letters that are dealt with together. It is for one goroutine.
type gathering struct {
	redelivery *Redelivery
	records    []*letters.Letter
	documents  []*letters.Letter
	dismissed  []*letters.Letter
	// repeated are the same failures at the same places as earlier ones.
	repeated []*letters.Letter
	bytes    int
}

// placeOfLetter names one failure of one record at one place.
func placeOfLetter(l *letters.Letter) pieceKey {
	return keyOf(&evidence.Evidence{Id: l.Id, Origin: l.Origin})
}

func (g *gathering) take(ctx context.Context, l *letters.Letter) error {
	r := g.redelivery
	key := placeOfLetter(l)
	if _, known := r.seen[key]; known {
		g.repeated = append(g.repeated, l)
		return g.finishFull(ctx, 0)
	}
	r.seen[key] = false
	switch {
	case r.options.Dismiss != "":
		g.dismissed = append(g.dismissed, l)
	case l.Stage == elastic.Stage:
		g.documents = append(g.documents, l)
	case l.Stage == intake.Stage:
		return r.readObject(ctx, l)
	default:
		g.records = append(g.records, l)
	}
	return g.finishFull(ctx, len(l.Raw))
}

func (g *gathering) finishFull(ctx context.Context, bytes int) error {
	g.bytes += bytes
	if g.bytes < redeliverBytes && len(g.records)+len(g.documents)+len(g.dismissed)+len(g.repeated) < redeliverLetters {
		return nil
	}
	return g.finish(ctx)
}

// finish deals with all that was gathered; the repeated ones go by what became
// of those they repeat.
func (g *gathering) finish(ctx context.Context) error {
	r := g.redelivery
	full := *g
	*g = gathering{redelivery: r}
	if err := r.publish(ctx, full.records); err != nil {
		return err
	}
	if err := r.deliver(ctx, full.documents); err != nil {
		return err
	}
	if err := r.dismiss(ctx, full.dismissed); err != nil {
		return err
	}
	var again []*letters.Letter
	for _, l := range full.repeated {
		if r.seen[placeOfLetter(l)] {
			again = append(again, l)
		}
	}
	how := letters.Replayed
	if r.options.Dismiss != "" {
		how = letters.Dismissed
	}
	return r.settle(ctx, how, again)
}

func (r *Redelivery) dismiss(ctx context.Context, all []*letters.Letter) error {
	if err := r.settle(ctx, letters.Dismissed, all); err != nil {
		return err
	}
	for _, l := range all {
		r.count(l.DeadLetter, fate{kind: fateDismissed})
	}
	return nil
}
