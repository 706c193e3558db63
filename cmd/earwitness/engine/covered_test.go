package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"earwitness/cmd/earwitness/config"
)

// A source is silent when its coverage has stood still for long, longer where
// it is asked rarely, and is said so once.
func TestSilentSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		settings := &config.Config{Sources: []config.Source{
			{Name: "logs", Type: config.S3AccessLog}, {Name: "daily", Type: config.S3AccessLog, S3: config.Listing{Every: config.Duration(time.Hour)}},
		}}
		var c covered
		c.begin(settings, []string{"logs", "daily"}, 1)
		want := func(after time.Duration, fallen, again int) {
			t.Helper()
			time.Sleep(after) //nolint:forbidigo // the clock of the bubble
			f, a := c.silent(time.Now())
			if len(f) != fallen || len(a) != again {
				t.Errorf("%d fall silent and %d are heard again, want %d and %d", len(f), len(a), fallen, again)
			}
		}
		want(9*time.Minute, 0, 0)
		want(time.Minute, 1, 0)
		want(time.Hour, 0, 0)
		c.advance("logs", time.Now())
		want(time.Minute, 0, 1)
		want(time.Hour, 2, 0)
		if until, known := c.until("logs"); !known || until.IsZero() {
			t.Errorf("logs are covered until %s", until)
		}
		// An earlier time moves nothing.
		c.advance("logs", time.Now().Add(-100*time.Hour))
		want(0, 0, 0)
		c.end()
		want(time.Hour, 0, 0)
	})
}
