package main

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"

	"earwitness/cmd/earwitness/config"
	"earwitness/cmd/earwitness/memory"
	"earwitness/cmd/earwitness/monitor"
)

// monitored does work while others may look on, where the settings say so:
// from before it opens anything until all of that is closed. Meanwhile the
// process keeps to its memory.
func monitored(ctx context.Context, settings *config.Config, log *slog.Logger, work func(*monitor.Monitor) error) (err error) {
	giveBack := memory.Keep(ctx, log, int64(settings.Memory))
	defer giveBack()
	info, known := debug.ReadBuildInfo()
	m := monitor.New(describeBuild(info, known), settings.HTTP.WaitBound.Std())
	if !settings.HTTP.Enabled() {
		return work(m)
	}
	server, err := monitor.Listen(ctx, string(settings.HTTP.Listen), m, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close(context.WithoutCancel(ctx))) }()
	unhook := context.AfterFunc(ctx, func() { m.Step("stopping") })
	defer unhook()
	return work(m)
}
