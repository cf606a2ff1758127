// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// check tells everything that is wrong with a configuration and the files it
// points to. It connects to nothing.
func check(args []string, stdout, stderr io.Writer) int {
	path, code := configFlag("check", args, stderr)
	if path == "" {
		return code
	}
	_, faults := load(path)
	for _, f := range faults {
		_, _ = fmt.Fprintln(stderr, f)
	}
	if n := len(faults); n > 0 {
		_, _ = fmt.Fprintf(stderr, "kofu: %d fault(s)\n", n)
		return exitFailed
	}
	_, _ = fmt.Fprintf(stdout, "%s: nothing wrong\n", path)
	return exitDone
}

// configFlag reads the one flag there is; "" with how to end when it cannot.
func configFlag(command string, args []string, stderr io.Writer) (path string, code int) {
	f := flag.NewFlagSet("kofu "+command, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&path, "config", "", "`FILE` to read; kofu has no other settings")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return "", exitDone
	case err != nil:
		return "", exitUsage
	case path == "" || f.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "usage: kofu %s -config FILE\n", command)
		return "", exitUsage
	}
	return path, exitDone
}
