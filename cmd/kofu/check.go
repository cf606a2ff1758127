// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// check tells everything that is wrong with a configuration and the files it
// points to. It connects to nothing, but with -retention: then it searches the
// stores of a live installation for what must not be kept.
func check(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var r retentionFlags
	path, code := configFlag("check", args, stderr, r.define)
	if path == "" {
		return code
	}
	p, faults := load(path)
	for _, f := range faults {
		_, _ = fmt.Fprintln(stderr, f)
	}
	if n := len(faults); n > 0 {
		_, _ = fmt.Fprintf(stderr, "kofu: %d fault(s)\n", n)
		if r.on {
			return exitConfig // 1 would say that something was found
		}
		return exitFailed
	}
	defer func() { _ = errors.Join(p.redis.Close(), p.sql.Close()) }()
	if r.on {
		return r.run(ctx, p, stdin, stdout, stderr)
	}
	_, _ = fmt.Fprintf(stdout, "%s: nothing wrong\n", path)
	return exitDone
}

// configFlag reads the flag that every command has, and those that more
// defines; "" with how to end when it cannot.
func configFlag(command string, args []string, stderr io.Writer, more ...func(*flag.FlagSet)) (path string, code int) {
	f := flag.NewFlagSet("kofu "+command, flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&path, "config", "", "`FILE` to read; kofu has no other settings")
	for _, define := range more {
		define(f)
	}
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
