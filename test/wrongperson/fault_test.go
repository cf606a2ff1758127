// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kofu/cert"
)

// faults are the bugs that a program built with the tag kofufault can be told
// to have.
func faults() []string { return []string{"swap", "reuse", "font"} }

// few is a run that a fault is to be found in: all at once, papers for all.
func few(env ...string) Config {
	return Config{Asked: 40, Seed: 7, Replicas: 1, Papers: 1, Slow: time.Millisecond, Phones: 12, Tries: 1, Env: env}
}

// metric is what a replica counts under a name with these labels.
func (r *replica) metric(t *testing.T, ctx context.Context, name string) float64 {
	t.Helper()
	_, text, err := get(ctx, "http://"+r.ops+"/metrics")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no metric %s", name)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever mixes two persons up is found by the server before anything leaves:
// it counts, says so, stops that door of that replica and no other, is not
// ready, and goes on when an operator says so. This is the walk of
// deploy/runbooks/wrong-person.md.
//
// Rows: R1.4, R1.5
func TestServerFindsEachFault(t *testing.T) {
	if testing.Short() {
		t.Skip("many programs are started")
	}
	ctx := t.Context()
	s := open(t, ctx, "kofufault", few())
	r, asked := s.replicas[0], s.Asked
	if err := s.admitTerminals(ctx, 12); err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults() {
		t.Run(fault, func(t *testing.T) {
			s.Env = []string{"KOFU_FAULT=" + fault}
			r.kill()
			if err := r.start(ctx); err != nil {
				t.Fatal(err)
			}
			for round := range 2 { // every time
				caught(t, ctx, r, cert.App, cert.Kiosk, float64(round+1))
			}
			s.Kiosks, s.Terminals, s.Asked = 1, 12, 12
			caught(t, ctx, r, cert.Kiosk, cert.App, 1)
			s.Kiosks, s.Terminals, s.Asked = 0, 0, asked
		})
	}
}

// caught runs the persons once, and walks the runbook.
func caught(t *testing.T, ctx context.Context, r *replica, door, other cert.Channel, round float64) {
	t.Helper()
	s := r.site
	table := ran(t, ctx, s)
	wait(ctx, 2*time.Second) // whoever still waits to be mixed up with somebody waits no longer
	if n := table.Mismatches(); n != 0 {
		t.Errorf("%d left all the same\n%s", n, table)
	}
	if n := r.metric(t, ctx, `kofu_issue_identity_mismatch_total{channel="`+string(door)+`",crossed="true"}`); n < round {
		t.Errorf("counted %v\n%s", n, table)
	}
	stopped := func(ch cert.Channel) float64 { return r.metric(t, ctx, `kofu_door_stopped{channel="`+string(ch)+`"}`) }
	if stopped(door) != 1 || stopped(other) != 0 {
		t.Errorf("stopped: %s %v, %s %v", door, stopped(door), other, stopped(other))
	}
	if alarms := strings.Join(r.running.said.rung(), "\n"); strings.Count(alarms, `"persons are getting mixed up`) < int(round) {
		t.Errorf("the log says\n%s", alarms)
	}
	if _, why, err := get(ctx, "http://"+r.ops+"/readyz"); err != nil || !strings.Contains(why, "stopped after a mismatch") {
		t.Errorf("ready: %s %v", why, err)
	}
	order := []string{"resume", "-config", r.config, "-door", string(door), "-by", "hanako"}
	if said, err := s.Do(ctx, order...); err != nil || !strings.Contains(said, "open again, by hanako") {
		t.Errorf("%s: %v", said, err)
	}
	if said, err := s.Do(ctx, order...); err == nil || !strings.Contains(said, "not stopped") {
		t.Errorf("twice: %s", said)
	}
	if _, why, err := get(ctx, "http://"+r.ops+"/readyz"); err != nil || !strings.Contains(why, `"ready":true`) {
		t.Errorf("resumed: %s %v", why, err)
	}
}

// With the server's own look turned off, the harness finds each fault: or its
// silence would say nothing.
//
// Rows: R1.2, R1.4
func TestHarnessFindsEachFault(t *testing.T) {
	if testing.Short() {
		t.Skip("many programs are started")
	}
	ctx := t.Context()
	s := open(t, ctx, "kofufault,kofublind", few())
	for _, fault := range append(faults(), "") {
		t.Run("fault "+fault, func(t *testing.T) {
			s.Env = []string{"KOFU_FAULT=" + fault}
			s.replicas[0].kill()
			if err := s.replicas[0].start(ctx); err != nil {
				t.Fatal(err)
			}
			table := ran(t, ctx, s)
			if n := table.Mismatches(); (n > 0) != (fault != "") {
				t.Errorf("%d mismatches\n%s", n, table)
			}
			if n := table.IssuedAt(cert.App); n < 20 {
				t.Errorf("%d issued\n%s", n, table)
			}
		})
	}
}

// ran runs the persons of s once.
func ran(t *testing.T, ctx context.Context, s *Site) *Table {
	t.Helper()
	table, err := s.Run(ctx, Chaos{})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// A program that can fail on purpose never runs in production, and of what it
// fails with nothing is in any other.
func TestFaultsAreNotInTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("programs are built")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "kofu.json")
	if err := os.WriteFile(config, []byte(`{"environment": "production"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for tags, has := range map[string]bool{"": false, "kofufault": true} {
		if err := Build(t.Context(), filepath.Join("..", ".."), dir, tags); err != nil {
			t.Fatal(err)
		}
		program, err := os.ReadFile(filepath.Join(dir, "kofu"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(program), "KOFU_FAULT"); got != has {
			t.Errorf("tags %q: faults in it: %t", tags, got)
		}
		said, err := exec.CommandContext(t.Context(), filepath.Join(dir, "kofu"), "check", "-config", config).CombinedOutput()
		if got := strings.Contains(string(said), "built to fail"); err == nil || got != has {
			t.Errorf("tags %q: refused as built to fail: %t: %s", tags, got, said)
		}
	}
}
