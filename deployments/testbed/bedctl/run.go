package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"earwitness/deployments/testbed"
)

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) > 0 && args[0] == "up":
		fmt.Fprintf(out, "starting real servers; what is not there yet is fetched and built first, which takes some minutes\n") //nolint:errcheck // nobody listens
		return testbed.Up(ctx, args[1:], func(server *testbed.Server, file string) {
			fmt.Fprintf(out, "%-21s %s\n%-21s credentials: %s\n", server.Name, server, "", file) //nolint:errcheck // nobody listens
		})
	case len(args) == 1 && args[0] == "down":
		return testbed.Down(ctx, func(name string) {
			fmt.Fprintf(out, "%s stopped\n", name) //nolint:errcheck // nobody listens
		})
	}
	return errors.New("usage: bedctl up [NAME...], or bedctl down; names: " + strings.Join(testbed.Names(), ", "))
}
