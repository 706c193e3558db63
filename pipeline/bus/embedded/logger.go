package embedded

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kfake"
)

// logger passes on what the broker says. It calls much an information that is
// of no interest to the operator, so everything below an error is debugging.
type logger struct {
	to      *slog.Logger
	trouble *trouble
}

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	l.trouble.note(args)
	at := slog.LevelDebug
	if level == kfake.LogLevelError {
		at = slog.LevelError
	}
	ctx := context.Background() //nolint:forbidigo // kfake gives none
	if l.to.Enabled(ctx, at) {
		l.to.Log(ctx, at, "embedded broker", slog.String("says", fmt.Sprintf(format, args...)))
	}
}
