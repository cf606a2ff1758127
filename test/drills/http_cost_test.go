// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ends waits for the end of a connection, and returns how long that took.
func (l *line) ends(limit time.Duration) (time.Duration, error) {
	begun := time.Now()
	_ = l.SetReadDeadline(begun.Add(limit))
	buf := make([]byte, 4096)
	for {
		_, err := l.Read(buf)
		if e, ok := err.(net.Error); ok && e.Timeout() {
			return time.Since(begun), fmt.Errorf("it is still open after %s", limit)
		}
		if err != nil {
			return time.Since(begun), nil
		}
	}
}

// Whoever sends slowly loses the connection, and nobody waits for them: neither
// before the handshake, nor in a header, nor in a body.
func TestSlowSendersLoseTheConnection(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	drip := func(l *line, text string, every time.Duration) {
		for _, c := range []byte(text) {
			if l.write(string(c)) != nil {
				return
			}
			time.Sleep(every)
		}
	}
	var group sync.WaitGroup
	defer group.Wait()
	for name, c := range map[string]struct {
		begin string
		limit time.Duration // until the end: of serve.go, and two seconds
	}{
		"nothing after the handshake": {"", 7 * time.Second},
		"half a request line":         {"POST /app/v1/app", 7 * time.Second},
		"half a header":               {"POST /app/v1/applications HTTP/1.1\r\nHost: local", 7 * time.Second},
		"no body":                     {post("/app/v1/applications", "Content-Length: 100"), 17 * time.Second},
		"half a body":                 {post("/app/v1/certificates", "Content-Length: 100") + `{"sealed`, 17 * time.Second},
		"half a chunk":                {post("/app/v1/challenges", "Transfer-Encoding: chunked") + "ff\r\n{", 17 * time.Second},
		"a body without a taker":      {"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n", 17 * time.Second},
	} {
		l := w.connect(t, open, "app")
		group.Go(func() {
			if err := l.write(c.begin); err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			go drip(l, strings.Repeat(" ", 400), 100*time.Millisecond)
			if _, err := l.ends(c.limit); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	plain := must(net.Dial("tcp", w.Address(open, "app")))(t)
	group.Go(func() {
		defer plain.Close()
		_ = plain.SetReadDeadline(time.Now().Add(7 * time.Second))
		_, _ = plain.Write([]byte{22, 3, 1})
		if _, err := plain.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("half a handshake: %v", err)
		}
	})
}

// Bodies that never come, more of them than requests are served at once, keep
// nobody else from a certificate.
func TestBodiesThatNeverComeHoldNothing(t *testing.T) {
	w := theWorld(t)
	const held = 3 * places
	before := w.resident(t, open)
	lines := make([]*line, 0, held)
	defer func() {
		for _, l := range lines {
			_ = l.Close()
		}
	}()
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range held / 8 {
				l, err := w.dial(w.Address(open, "app"))
				if err != nil {
					t.Error(err)
					return
				}
				path := []string{"/app/v1/applications", "/app/v1/certificates"}[i%2]
				if err := l.write(post(path, "Content-Length: 60000") + "{"); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				lines = append(lines, l)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	begun := time.Now()
	c, _, _ := w.certified(t, open, 90)
	if took := time.Since(begun); took > 10*time.Second || c == nil {
		t.Errorf("a certificate took %s", took)
	}
	grown := w.resident(t, open) - before
	t.Logf("%d bodies were awaited, by %d MiB; a certificate took %s", len(lines), grown>>20, time.Since(begun).Round(time.Millisecond))
	if grown > held*(128<<10) {
		t.Errorf("each costs %d KiB", grown/held>>10)
	}
}

// The counter's lane is as free for clerks.
func TestBodiesThatNeverComeHoldNoLane(t *testing.T) {
	w := theWorld(t)
	cookie := w.cookie(t)
	for range 2 * places {
		l := w.connect(t, open, "counter")
		if err := l.write("POST /counter/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\nCookie: " + cookie + "\r\nContent-Length: 1000\r\n\r\npage="); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(200 * time.Millisecond)
	req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, w.url(open, "counter", "/counter/search"), nil))(t)
	req.Header.Set("Cookie", cookie)
	res := must(w.browser(w.desk).Do(req))(t)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("a clerk gets %d", res.StatusCode)
	}
}

// resident is how much memory a replica has, in bytes.
func (w *world) resident(t testing.TB, replica int) int {
	t.Helper()
	data := string(must(os.ReadFile(fmt.Sprintf("/proc/%d/status", w.Process(replica))))(t))
	_, rest, _ := strings.Cut(data, "VmRSS:")
	return must(strconv.Atoi(strings.Fields(rest)[0]))(t) << 10
}

// Headers are few and short, or refused; what is too long is not read.
func TestHeaderFloodsAreRefused(t *testing.T) {
	w := theWorld(t)
	for name, c := range map[string]struct {
		request string
		want    []int
	}{
		"one of 64 KiB":     {"GET /app/v1/status HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", []int{431}},
		"ten thousand":      {"GET /app/v1/status HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: a\r\n", 10000) + "\r\n", []int{431}},
		"one without end":   {"GET /app/v1/status HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 1<<20), []int{431}},
		"an address of 64K": {"GET /app/v1/status?" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", []int{431, 414}},
		"a method of 64K":   {strings.Repeat("A", 64<<10) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n", []int{431, 400}},
		"trailers of 64K":   {post("/app/v1/challenges", "Transfer-Encoding: chunked", "Trailer: X") + "2\r\n{}\r\n0\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", []int{400, 201}},
		"chunks of one":     {post("/app/v1/challenges", "Transfer-Encoding: chunked") + strings.Repeat("1;"+strings.Repeat("e", 4000)+"\r\n \r\n", 200), []int{400}},
	} {
		l := w.connect(t, open, "app")
		_ = l.write(c.request)
		got, err := l.read("GET")
		if err != nil { // the rest was not read, and the answer lost with it
			continue
		}
		found := false
		for _, s := range c.want {
			found = found || s == got.Status
		}
		if !found {
			t.Errorf("%s: %d %.200s", name, got.Status, got.Body)
		}
	}
}

// A flood of connections by somebody without a certificate does not keep
// others out, at any door.
func TestConnectionFloodIsBounded(t *testing.T) {
	w := theWorld(t)
	var all []net.Conn
	defer func() {
		for _, c := range all {
			_ = c.Close()
		}
	}()
	for _, door := range []string{"app", "kiosk", "counter"} {
		for range 700 {
			c, err := net.Dial("tcp", w.Address(strict, door))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
	}
	for _, door := range []string{"app", "kiosk", "counter"} {
		begun := time.Now()
		path := map[string]string{"app": "/app/v1/status", "kiosk": "/kiosk/v1/sessions", "counter": "/counter/sign-in"}[door]
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, w.url(strict, door, path), nil))(t)
		res, err := w.browser(w.certificates(door)...).Do(req)
		if err != nil {
			t.Errorf("%s: %v", door, err)
			continue
		}
		_ = res.Body.Close()
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: %s", door, took)
		}
	}
}
