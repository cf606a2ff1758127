// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// How a command ends. [verify] has its own meanings for 0 to 2.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h: the configuration does not allow it
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		untraced()
	}
	// By SIGQUIT and SIGABRT the runtime would print what every goroutine is at,
	// whatever it was told.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGABRT)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program without its process: ctx ends it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "serve":
			return serve(ctx, args[1:], stderr)
		case "staff":
			return runStaff(ctx, args[1:], stdout, stderr)
		case "resume":
			return resume(ctx, args[1:], stdout, stderr)
		case "check":
			return check(ctx, args[1:], stdin, stdout, stderr)
		case "verify":
			return verify(args[1:], stdin, stdout, stderr)
		case "version":
			return version(args[1:], stdout, stderr)
		}
	}
	_, _ = fmt.Fprint(stderr, usage)
	return exitUsage
}
