// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
)

func below(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// -once leaves nothing behind but its files: no goroutine, and nothing in the
// folder for temporary files.
func TestOnceLeavesNothingBehind(t *testing.T) {
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	out := filepath.Join(t.TempDir(), "new", "folder")
	before := runtime.NumGoroutine()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-once", "-out", out}, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit %d: %s%s", code, stdout.String(), stderr.String())
	}
	want := []string{
		"domestic/certificate.pdf", "domestic/shc.jws", "domestic/shc.txt", "issuer/.well-known/jwks.json",
		"overseas/certificate.pdf", "overseas/shc.jws", "overseas/shc.txt", "overseas/vdsnc.json", "trust/bsc.pem", "trust/csca.pem",
	}
	if got := below(t, out); !slices.Equal(got, want) {
		t.Errorf("wrote %v", got)
	}
	if n := strings.Count(stdout.String(), "authentic;"); n != 7 {
		t.Errorf("%d verdicts:\n%s", n, stdout.String())
	}
	if left := below(t, scratch); len(left) > 0 {
		t.Errorf("left behind %v", left)
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before\n%s", n, before, stacks[:runtime.Stack(stacks, true)])
	}
}

// A refusal is told with its code; what was issued is written all the same.
func TestOnceRefused(t *testing.T) {
	all := vrs.Residents()
	one := func(domestic, overseas string) string {
		i := slices.IndexFunc(all, func(r vrs.Resident) bool {
			return r.Expected.AppDomestic == domestic && r.Expected.AppOverseas == overseas
		})
		if i < 0 {
			t.Fatal("no such resident")
		}
		return all[i].ID
	}
	for _, tt := range []struct {
		id    string
		code  string
		files int
	}{
		{one("record_needs_check", "record_needs_check"), "record_needs_check", 0},
		{one(issued, "passport_required"), "passport_required", 6},
		{one(issued, "passport_expired"), "passport_expired", 6},
	} {
		t.Run(tt.code, func(t *testing.T) {
			out := t.TempDir()
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"-once", "-out", out, "-resident", tt.id}, &stdout, &stderr); code != exitRefused {
				t.Errorf("exit %d", code)
			}
			if !strings.Contains(stdout.String(), "refused: "+tt.code) {
				t.Errorf("said:\n%s%s", stdout.String(), stderr.String())
			}
			if got := below(t, out); len(got) != tt.files {
				t.Errorf("wrote %v", got)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"list", []string{"-list"}, exitDone, "r001 "},
		{"help", []string{"-help"}, exitDone, "-once"},
		{"unknown flag", []string{"-x"}, exitUsage, "-once"},
		{"once without a folder", []string{"-once"}, exitUsage, "-out"},
		{"a folder without once", []string{"-out", "x"}, exitUsage, "-once"},
		{"something more", []string{"-list", "now"}, exitUsage, "nothing else"},
		{"nobody", []string{"-once", "-out", t.TempDir(), "-resident", "nobody"}, exitRefused, "-list"},
		{"address taken", []string{"-listen", taken.Addr().String()}, exitRefused, "is taken"},
		{"address taken, once", []string{"-once", "-out", t.TempDir(), "-listen", taken.Addr().String()}, exitRefused, "is taken"},
		{"no address", []string{"-listen", "nowhere"}, exitRefused, "cannot listen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := run(t.Context(), tt.args, &out, &out); code != tt.code || !strings.Contains(out.String(), tt.says) {
				t.Errorf("exit %d:\n%s", code, out.String())
			}
		})
	}
}

// Serving shows a certificate and says what to do; told to stop, it stops.
func TestServeShowsAndStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	var said strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		buffer := make([]byte, 4096)
		for {
			n, err := read.Read(buffer)
			said.Write(buffer[:n])
			if strings.Contains(said.String(), "Ctrl-C") {
				stop()
			}
			if err != nil {
				return
			}
		}
	})
	code := run(ctx, []string{"-listen", "127.0.0.1:0"}, write, io.Discard)
	if err := write.Close(); err != nil {
		t.Error(err)
	}
	reading.Wait()
	if code != exitDone {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"█", "verified: shc: authentic", "verified: pdf: authentic", "phone page     http://127.0.0.1:", "kiosk page     http://127.0.0.1:", "/kiosk\n", "stopped"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("does not say %q:\n%s", want, said.String())
		}
	}
}

func TestEveryPassportHasItsLines(t *testing.T) {
	for _, r := range vrs.Residents() {
		lines, err := mrz(r)
		if err != nil || (lines == nil) != (r.Passport == nil) {
			t.Errorf("%s: %v %v", r.ID, lines, err)
		}
		if w, err := wish(r, cert.Domestic); err != nil || w.MRZ != nil {
			t.Errorf("%s wants a domestic one with a passport", r.ID)
		}
	}
}
