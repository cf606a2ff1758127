// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"kofu/cert"
)

var (
	slow     = flag.Duration("slow", 3*time.Second, "the most that one request in a hundred waits before a stage")
	kiosks   = flag.Float64("kiosks", 0.10, "share of the requests that are made at kiosks")
	counters = flag.Float64("counters", 0.02, "likewise at the counter")
	papers   = flag.Float64("papers", 0.05, "share of the app's requests that want a paper")
	bar      = flag.Bool("bar", false, "draw a bar of progress")
	seed     = flag.Uint64("seed", 1, "of the persons")
)

// asked is how many certificates are asked for: a few, unless KOFU_ASKED says
// otherwise.
func asked(t *testing.T) int {
	t.Helper()
	text := os.Getenv("KOFU_ASKED")
	if text == "" {
		return 400
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("KOFU_ASKED is %q", text)
	}
	return n
}

// open builds and starts a site, for as long as the test runs.
func open(t *testing.T, ctx context.Context, tags string, c Config) *Site {
	t.Helper()
	dir := t.TempDir()
	if err := Build(ctx, filepath.Join("..", ".."), dir, tags); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, dir, c)
	if errors.Is(err, ErrMissing) && os.Getenv("KOFU_REQUIRE") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Very many ask, while everything goes wrong: nobody gets anything of anybody
// else, and nothing comes after its deadline.
//
// Rows: R1.2, R1.3, R5.4
func TestNobodyElsesPaper(t *testing.T) {
	if testing.Short() {
		t.Skip("many programs are started")
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := Config{Asked: asked(t), Seed: *seed, Replicas: 3, Kiosks: *kiosks, Counters: *counters, Papers: *papers, Slow: *slow, Phones: 96, Terminals: 24, Clerks: 4, Tries: 4,
		Env: []string{"KOFU_FAULT_CLOCK=2s", "KOFU_FAULT_DELAY=" + max(*slow, 2*requestTime).String()}} // beyond the deadline
	if *bar {
		c.Progress = os.Stderr
	}
	s := open(t, ctx, "kofufault", c)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // one process plays everybody
	begun := time.Now()
	table, err := s.Run(ctx, Chaos{Kill: 10 * time.Second, FailOver: 45 * time.Second, Faults: time.Second, Slow: *slow})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d in %s\n%s", c.Asked, time.Since(begun).Round(time.Second), table)
	if n := table.Mismatches(); n != 0 {
		t.Errorf("%d mismatches", n)
	}
	if alarms := s.Alarms(); len(alarms) != 0 { // found before it left, and all the same there
		t.Errorf("the servers' own check has found %q", alarms)
	}
	if table.Late != 0 {
		t.Errorf("%d answers after their deadline", table.Late)
	}
	if got := table.Ended(Issued); got < c.Asked*9/10 {
		t.Errorf("%d certificates: this says little", got)
	}
	for _, door := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
		if table.IssuedAt(door) == 0 {
			t.Errorf("none at the %s", door)
		}
	}
}
