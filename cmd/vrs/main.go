// SPDX-License-Identifier: Apache-2.0

// Command vrs runs the stand-in for the Vaccination Record System as a server
// of its own, on this machine, with mutual TLS:
//
//	go run ./cmd/vrs -certs /tmp/vrs
//
// It holds made-up residents only, and never ships.
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
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vrs:", err)
		os.Exit(1)
	}
}
