package main

import (
	"context"
	"os"
)

func main() {
	ctx, stop := untilSignalled(context.Background())
	root := newRoot()
	root.SetArgs(os.Args[1:])
	code := execute(ctx, root)
	stop()
	os.Exit(code)
}
