// Command bedctl starts and stops real servers that tests and people share:
// `bedctl up [NAME...]` starts what does not run yet and tells how to reach
// it, `bedctl down` stops what up has started. `bedctl with [NAME...] --
// COMMAND...` lends servers to a command and to all that it starts, and ends
// with its exit code; what it has started for it, it stops.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	code, err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bedctl:", err)
	}
	os.Exit(code)
}
