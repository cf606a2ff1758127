// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	_ "modernc.org/sqlite" // the driver

	"kofu/cert/canary"
)

const plantEnv = "KOFU_RETENTION_PLANT"

// written is a marker in each encoding that a program may write it in.
func written(marker string) map[string][]byte {
	through := func(w io.WriteCloser, out *bytes.Buffer) []byte {
		_, _ = io.WriteString(w, marker)
		_ = w.Close()
		return out.Bytes()
	}
	var g, z, d bytes.Buffer
	raw, _ := flate.NewWriter(&d, flate.BestCompression)
	list := map[string][]byte{
		"utf-8": []byte(marker), "gzip": through(gzip.NewWriter(&g), &g), "zlib": through(zlib.NewWriter(&z), &z), "deflate": through(raw, &d),
		"hex": []byte(hex.EncodeToString([]byte(marker))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(marker)))),
		"percent": []byte(strings.ReplaceAll(url.QueryEscape(marker), "+", "%20")), "percent, lower": []byte(strings.ToLower(url.QueryEscape(marker))),
		"jws": []byte("eyJhbGciOiJFUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(d.Bytes()) + ".c2lnbmF0dXJl"),
	}
	for _, u := range utf16.Encode([]rune(marker)) {
		list["utf-16le"] = append(list["utf-16le"], byte(u), byte(u>>8))
		list["utf-16be"] = append(list["utf-16be"], byte(u>>8), byte(u))
		list["json"] = fmt.Appendf(list["json"], `\u%04x`, u)
		list["JSON"] = fmt.Appendf(list["JSON"], `\u%04X`, u)
	}
	for i := range 3 {
		text := strings.Repeat("#", i) + marker
		list[fmt.Sprintf("base64+%d", i)] = []byte(base64.StdEncoding.EncodeToString([]byte(text)))
		list[fmt.Sprintf("base64url+%d", i)] = []byte(base64.RawURLEncoding.EncodeToString([]byte(text)))
	}
	for _, c := range list["jws"] {
		list["shc"] = fmt.Appendf(list["shc"], "%02d", c-45)
	}
	return list
}

// marker is a text that stands at one place in one encoding alone.
func marker(place, how string) string {
	return fmt.Sprintf("標識〔%s〕<%s> 77", place, how)
}

// A place is where something may be left: put leaves it there, and read
// returns all there is.
type place struct {
	put  func(t *testing.T, how string, b []byte)
	read func(t *testing.T) []byte
	text bool // takes no bytes that are not text
}

// TestPlantedIsFound plants one marker in each place and each encoding. The
// search must find every one of them: where it cannot see, it would say that
// there is nothing.
//
// Rows: C1, C2, C3, R5.3
func TestPlantedIsFound(t *testing.T) {
	places := map[string]place{}
	inRedis(t, places)
	inSQL(t, places)
	inWritings(t, places)
	places["crash"] = place{func(*testing.T, string, []byte) {}, func(t *testing.T) []byte { return crashOutput(t) }, true}
	places["memory"] = place{func(*testing.T, string, []byte) {}, childMemory, false}
	found, all := 0, 0
	for _, name := range slices.Sorted(maps.Keys(places)) {
		p := places[name]
		var marks []canary.Mark
		for how := range written("x") {
			if p.text && !isText(how) {
				continue
			}
			m := canary.Mark{Who: how, What: name, Text: marker(name, how)}
			marks = append(marks, m)
			p.put(t, how, written(m.Text)[how])
		}
		s := must(canary.ForMarks(marks))(t)
		if name == "memory" {
			s.Every = 8 // the beginning of anything allocated
		}
		b := p.read(t)
		hits := s.Bytes(b)
		here := 0
		for _, m := range marks {
			if slices.ContainsFunc(hits, func(h canary.Hit) bool { return h.Mark == m }) {
				here++
				continue
			}
			t.Errorf("%s: %s is not found", name, m.Who)
		}
		found, all = found+here, all+len(marks)
		t.Logf("%-16s %2d of %2d found in %d bytes", name, here, len(marks), len(b))
	}
	t.Logf("%-16s %d of %d", "all", found, all)
}

// isText reports encodings that are text.
func isText(how string) bool {
	return !slices.Contains([]string{"gzip", "zlib", "deflate", "utf-16le", "utf-16be"}, how)
}

func inRedis(t *testing.T, places map[string]place) {
	r := startRedis(t)
	through := must(connect(r.proxy))(t)
	set := func(name string) func(*testing.T, string, []byte) {
		return func(t *testing.T, how string, b []byte) {
			_, err := fmt.Fprintf(through, "*5\r\n$3\r\nSET\r\n$%d\r\n%s %s\r\n$%d\r\n%s\r\n$2\r\nEX\r\n$3\r\n600\r\n", len(name)+1+len(how), name, how, len(b), b)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	settled := func(l *lines) func(*testing.T) []byte {
		return func(*testing.T) []byte { time.Sleep(300 * time.Millisecond); return l.Bytes() }
	}
	places["redis traffic"] = place{set("redis traffic"), settled(&r.wire), false}
	places["redis monitor"] = place{set("redis monitor"), settled(&r.monitor), false}
	places["redis dump"] = place{set("redis dump"), func(*testing.T) []byte {
		time.Sleep(300 * time.Millisecond)
		out, _ := r.dump()
		return out
	}, false}
}

func inSQL(t *testing.T, places map[string]place) {
	for name, wal := range map[string]bool{"sql file": false, "sql wal": true} {
		path := filepath.Join(t.TempDir(), "kofu.db")
		db := must(sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(0)"))(t)
		t.Cleanup(func() { _ = db.Close() })
		must(db.Exec(`CREATE TABLE rows (how TEXT, value BLOB)`))(t)
		places[name] = place{func(t *testing.T, how string, b []byte) {
			must(db.Exec(`INSERT INTO rows VALUES (?, ?)`, how, b))(t)
		}, func(t *testing.T) []byte {
			if wal {
				return must(os.ReadFile(path + "-wal"))(t)
			}
			must(db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`))(t)
			return must(os.ReadFile(path))(t)
		}, false}
	}
}

// inWritings are logs, metrics, traces, profiles and files.
func inWritings(t *testing.T, places map[string]place) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	places["log"] = place{func(t *testing.T, how string, b []byte) {
		logger.DebugContext(t.Context(), "planted", slog.String("cause", string(b)))
	}, func(*testing.T) []byte { return log.Bytes() }, true}
	counted := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "planted_total"}, []string{"code"})
	registry := prometheus.NewRegistry()
	registry.MustRegister(counted)
	places["metrics"] = place{func(_ *testing.T, _ string, b []byte) { counted.WithLabelValues(string(b)).Inc() }, func(*testing.T) []byte {
		res := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(res, httptest.NewRequest("GET", "/metrics", nil))
		return res.Body.Bytes()
	}, true}
	var traced bytes.Buffer
	if err := trace.Start(&traced); err != nil {
		t.Fatal(err)
	}
	places["trace"] = place{func(t *testing.T, _ string, b []byte) { trace.Log(t.Context(), "planted", string(b)) },
		func(*testing.T) []byte { trace.Stop(); return traced.Bytes() }, false}
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	places["profile"] = place{func(t *testing.T, how string, b []byte) {
		ready := make(chan struct{})
		go pprof.Do(t.Context(), pprof.Labels(how, string(b)), func(context.Context) { close(ready); <-end })
		<-ready
	}, func(t *testing.T) []byte {
		var out bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&out, 0); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}, false}
	dir := t.TempDir()
	places["file system"] = place{func(t *testing.T, how string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, base64.RawURLEncoding.EncodeToString([]byte(how))), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}, func(t *testing.T) (all []byte) {
		for name := range files(t, dir) {
			all = append(append(all, must(os.ReadFile(name))(t)...), "\r\n\x00\x00"...)
		}
		return all
	}, false}
}

// crashOutput is that of a program which panics with every marker.
func crashOutput(t *testing.T) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), must(os.Executable())(t))
	c.Env = append(os.Environ(), plantEnv+"=crash")
	out, err := c.CombinedOutput()
	if err == nil {
		t.Fatal("it does not crash")
	}
	return out
}

// childMemory is that of a program which holds every marker.
func childMemory(t *testing.T) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), must(os.Executable())(t))
	c.Env = append(os.Environ(), plantEnv+"=memory")
	out := must(c.StdoutPipe())(t)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	image, _ := memory(t, c.Process.Pid)
	return image
}

// plant is what this program does instead of its tests, when it is told to.
func plant(what string) {
	var held [][]byte
	var all strings.Builder
	for how := range written("x") {
		b := written(marker(what, how))[how]
		held = append(held, b)
		if isText(how) {
			all.Write(b)
			all.WriteByte(' ')
		}
	}
	if what == "crash" {
		panic(all.String())
	}
	_, _ = os.Stdout.WriteString(".")
	time.Sleep(time.Minute)
	runtime.KeepAlive(held)
	os.Exit(0)
}
