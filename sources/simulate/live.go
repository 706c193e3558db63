package simulate

import "context"

// The names of the stories.
const (
	storyExport      = "export"
	storyOwnCall     = "own-call"
	storyReview      = "quality-review"
	storyEvaluation  = "evaluation"
	storyDownload    = "download"
	storyPageView    = "page-view"
	storyContested   = "contested"
	storyRetry       = "failed-then-success"
	storyLinkShared  = "link-shared"
	storyLinkMailed  = "link-mailed"
	storyUnaudited   = "unaudited-read"
	storyIntruder    = "intruder"
	storyProbing     = "anonymous-probing"
	storyAnalytics   = "analytics"
	storyPortal      = "portal-review"
	storyDelivery    = "content-delivery"
	storyCopy        = "copy"
	storyMultipart   = "multipart-copy"
	storyOverwrite   = "overwrite"
	storyPolicy      = "policy-change"
	storyOwnReads    = "own-reads"
	storyChecksum    = "checksum"
	storyExpiry      = "expiry"
	storyTransition  = "transition"
	storyDelete      = "delete"
	storyBulkDelete  = "bulk-delete"
	storyGhostDelete = "unaudited-delete"
	storyMultiDelete = "multi-object-delete"
	storyRetention   = "retention-change"
	storyInventory   = "inventory"
)

// Stories lists the names of all stories.
func Stories() []string {
	return []string{
		storyExport, storyOwnCall, storyReview, storyEvaluation, storyDownload, storyPageView,
		storyContested, storyRetry, storyLinkShared, storyLinkMailed, storyUnaudited, storyIntruder,
		storyProbing, storyAnalytics, storyPortal, storyDelivery, storyCopy, storyMultipart,
		storyOverwrite, storyPolicy, storyOwnReads, storyChecksum, storyExpiry, storyTransition,
		storyDelete, storyBulkDelete, storyGhostDelete, storyMultiDelete, storyRetention, storyInventory,
	}
}

// story is something that happens again and again, begun at a time.
type story struct {
	name string
	run  func(w *world, s *source, at int64)
	// weight among what fills an hour, in each model.
	direct, export int64
}

// common gives the stories that fill the hours.
func common() []story {
	return []story{
		{storyOwnCall, (*world).ownCall, 50, 40},
		{storyReview, (*world).review, 4, 6},
		{storyEvaluation, (*world).evaluation, 8, 8},
		{storyDownload, (*world).download, 12, 12},
		{storyPageView, (*world).pageView, 15, 15},
		{storyRetention, (*world).retentionChange, 3, 3},
		{storyOwnReads, (*world).ownReads, 8, 10},
		{storyInventory, (*world).inventory, 2, 3},
		{storyPortal, (*world).portalReview, 1, 8},
		{storyAnalytics, (*world).analytics, 1, 6},
	}
}

// special is a story that every world has, whatever its size: at an hour of
// the day, on the first day and then every so many.
type special struct {
	story
	hour, every int
}

func specials() []special {
	at := func(hour, every int, name string, run func(*world, *source, int64)) special {
		return special{story: story{name: name, run: run}, hour: hour, every: every}
	}
	return []special{
		at(2, 3, storyIntruder, (*world).intrusion),
		at(4, 1, storyProbing, (*world).probing),
		at(5, 2, storyChecksum, (*world).checksum),
		at(9, 1, storyRetry, (*world).retry),
		at(10, 1, storyLinkShared, (*world).linkShared),
		at(11, 1, storyUnaudited, (*world).unaudited),
		at(12, 2, storyDelivery, (*world).contentDelivery),
		at(13, 1, storyContested, (*world).contested),
		at(14, 1, storyLinkMailed, (*world).linkMailed),
		at(16, 1, storyCopy, (*world).copyOne),
		at(17, 2, storyMultipart, (*world).copyParts),
		at(18, 5, storyPolicy, (*world).policyChange),
		at(20, 1, storyUnaudited, (*world).unaudited),
	}
}

// specialsPer is for how many requests a day a special story happens once
// more.
const specialsPer = 100_000

// live goes through the hours of the world.
func (w *world) live(ctx context.Context, progress func(done, total int64)) error {
	stories, rare := common(), specials()
	weights := make([]int64, len(stories))
	total := int64(0)
	for i, st := range stories {
		weights[i] = st.direct
		if w.cfg.Model == ModelExport {
			weights[i] = st.export
		}
		total += weights[i]
	}
	again := 1 + int(w.cfg.Requests/int64(w.cfg.Days)/specialsPer)
	for w.hour = w.calendar.firstHour(); w.hour < w.calendar.hours; w.hour++ {
		begin := w.calendar.at(w.hour)
		w.delivery.passed(begin)
		s := draw(w.cfg.Seed, kindHour, uint64(w.hour))
		w.upkeep(&s)
		for _, sp := range rare {
			today := w.hour/24 - historyDays
			if w.hour%24 != sp.hour || today%sp.every != 0 {
				continue
			}
			for range again {
				w.happen(&sp.story, &s, begin+s.below(hour))
			}
		}
		due := w.calendar.requests(w.cfg.Requests, w.hour+1)
		for w.spent < due {
			if err := w.failure(ctx); err != nil {
				return err
			}
			n := s.below(total)
			i := 0
			for ; n >= weights[i]; i++ {
				n -= weights[i]
			}
			w.happen(&stories[i], &s, begin+s.below(hour))
			progress(min(w.spent, w.cfg.Requests), w.cfg.Requests)
		}
		if err := w.failure(ctx); err != nil {
			return err
		}
	}
	w.summary.Recordings = w.calendar.made(w.calendar.hours) - w.calendar.made(w.calendar.firstHour())
	progress(w.cfg.Requests, w.cfg.Requests)
	return nil
}

// happen lets a story happen. One without a request counts as one, so that an
// hour of such stories ends.
func (w *world) happen(st *story, s *source, at int64) {
	before := w.spent
	st.run(w, s, at)
	w.spent = max(w.spent, before+1)
	w.count(st.name, StoryCount{Times: 1})
}

// failure says why there is no going on.
func (w *world) failure(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case w.err != nil:
		return w.err
	case w.delivery.err != nil:
		return w.delivery.err
	}
	return w.audits.err
}
