package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"earwitness/deployments/testbed"
)

// streams are those of the process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run gives the exit code.
func run(ctx context.Context, args []string, s streams) (int, error) {
	err := errors.New("usage: bedctl up [NAME...], bedctl down, or bedctl with [NAME...] -- COMMAND...; names: " + strings.Join(testbed.Names(), ", "))
	switch {
	case len(args) > 0 && args[0] == "up":
		fmt.Fprintf(s.out, "starting real servers; what is not there yet is fetched and built first, which takes some minutes\n") //nolint:errcheck // nobody listens
		err = testbed.Up(ctx, args[1:], func(server *testbed.Server, file string) {
			fmt.Fprintf(s.out, "%-21s %s\n%-21s credentials: %s\n", server.Name, server, "", file) //nolint:errcheck // nobody listens
		})
	case len(args) == 1 && args[0] == "down":
		err = testbed.Down(ctx, func(name string) {
			fmt.Fprintf(s.out, "%s stopped\n", name) //nolint:errcheck // nobody listens
		})
	case len(args) > 0 && args[0] == "with":
		names, command, _ := cut(args[1:], "--")
		if len(command) > 0 {
			return with(ctx, names, command, s)
		}
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

func cut(args []string, separator string) (before, after []string, found bool) {
	if i := slices.Index(args, separator); i >= 0 {
		return args[:i], args[i+1:], true
	}
	return args, nil, false
}
