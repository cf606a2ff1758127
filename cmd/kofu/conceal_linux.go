// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// conceal has the kernel write no core file of this process, and let no other
// process of the same user read its memory. What it started with cannot be
// raised again.
func conceal() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, new(unix.Rlimit)); err != nil {
		return fmt.Errorf("turn core files off: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("make the process not dumpable: %w", err)
	}
	return nil
}

// untraced begins the program again, as the same process, with GOTRACEBACK=none
// in its environment; who sets that variable decides otherwise. A trace of
// goroutines prints the words of the structs that functions were given, and
// three of those are a date of birth. The runtime reads the variable before
// anything of ours runs, and lets nobody go below what it says.
func untraced() {
	const name = "GOTRACEBACK"
	if _, set := os.LookupEnv(name); set {
		return
	}
	err := unix.Exec("/proc/self/exe", os.Args, append(os.Environ(), name+"=none"))
	_, _ = fmt.Fprintln(os.Stderr, "kofu: traces of goroutines cannot be turned off:", err) // and it is served all the same
}
