// Command bedctl starts and stops real servers that tests and people share:
// `bedctl up [NAME...]` starts what does not run yet and tells how to reach
// it, `bedctl down` stops what up has started.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bedctl:", err)
		os.Exit(1)
	}
}
