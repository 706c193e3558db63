package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignalled gives a context that the first SIGINT or SIGTERM ends. From
// then on signals have their usual effect again, so a second one ends the
// process at once.
func untilSignalled(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
