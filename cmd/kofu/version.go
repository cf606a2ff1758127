// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

func version(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		_, _ = fmt.Fprintln(stderr, "usage: kofu version")
		return exitUsage
	}
	b := readBuild()
	_, _ = fmt.Fprintf(stdout, "kofu %s\n%s\n", b.version, b.toolchain)
	if b.revision != "" {
		_, _ = fmt.Fprintf(stdout, "revision %s, %s\n", b.revision, b.time)
	}
	return exitDone
}

// build is what the Go tool stamps into a program.
type build struct {
	version   string // module version, with +dirty when there were changes not committed
	revision  string // commit, "" when unknown
	time      string // of the commit
	toolchain string
}

func readBuild() build {
	b := build{version: "(unknown)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.toolchain = info.GoVersion
	if info.Main.Version != "" {
		b.version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.revision = s.Value
		case "vcs.time":
			b.time = s.Value
		case "vcs.modified":
			if s.Value == "true" && !strings.Contains(b.version, "dirty") {
				b.version += "+dirty"
			}
		}
	}
	return b
}
