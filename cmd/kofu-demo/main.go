// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// flags are what the command line says.
type flags struct {
	listen   string
	once     bool
	out      string
	list     bool
	resident string
}

// Exit codes.
const (
	exitDone    = 0
	exitRefused = 1 // a certificate was refused, or does not verify
	exitUsage   = 2
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	switch {
	case f.list:
		err = list(stdout)
	case f.once:
		err = once(ctx, f, stdout)
	default:
		err = serve(ctx, f, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "kofu-demo:", err)
		return exitRefused
	}
	return exitDone
}

func parse(args []string, stderr io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("kofu-demo", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.listen, "listen", "", "address of the phone page (127.0.0.1:8080; with -once any free port)")
	set.BoolVar(&f.once, "once", false, "issue and verify one certificate of each kind, write them to -out, and end")
	set.StringVar(&f.out, "out", "", "folder for -once; made if it is not there")
	set.BoolVar(&f.list, "list", false, "list the residents with their case and the outcome expected, and end")
	set.StringVar(&f.resident, "resident", "", "whose certificate to issue (see -list)")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 || f.once != (f.out != "") || f.list && f.once {
		fmt.Fprintln(stderr, "kofu-demo: -once goes with -out DIR; nothing else follows the flags")
		set.Usage()
		return f, errUsage
	}
	return f, nil
}

var errUsage = errors.New("kofu-demo: usage")
