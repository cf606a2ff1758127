// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Frames of HTTP/2 (RFC 9113 section 6), and flags.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway, frameWindow, frameContinuation = 0, 1, 3, 4, 6, 7, 8, 9
	endStream, endHeaders, ack                                                                                 = 1, 4, 1
)

// frames is a connection on which frames are written as they are.
type frames struct {
	*tls.Conn
	in *bufio.Reader
}

func (w *world) frames(t *testing.T) *frames {
	t.Helper()
	c := w.dialer()
	c.NextProtos = []string{"h2"}
	conn := must(tls.Dial("tcp", w.Address(open, "app"), c))(t)
	t.Cleanup(func() { _ = conn.Close() })
	f := &frames{conn, bufio.NewReader(conn)}
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.put(frameSettings, 0, 0, ""); err != nil {
		t.Fatal(err)
	}
	return f
}

func frame(kind, flags byte, stream uint32, payload string) string {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return string(binary.BigEndian.AppendUint32(head, stream)) + payload
}

func (f *frames) put(kind, flags byte, stream uint32, payload string) error {
	_ = f.SetWriteDeadline(time.Now().Add(10 * time.Second))
	_, err := io.WriteString(f, frame(kind, flags, stream, payload))
	return err
}

// got is a frame that came.
type got struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

func (f *frames) next(limit time.Duration) (g got, err error) {
	_ = f.SetReadDeadline(time.Now().Add(limit))
	var head [9]byte
	if _, err = io.ReadFull(f.in, head[:]); err != nil {
		return g, err
	}
	g = got{head[3], head[4], binary.BigEndian.Uint32(head[5:]), make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))}
	_, err = io.ReadFull(f.in, g.payload)
	return g, err
}

// fields encodes a header as HPACK does without tables or Huffman (RFC 7541
// section 6.2.2).
func fields(pairs ...string) string {
	var b strings.Builder
	text := func(s string) {
		if len(s) < 127 {
			b.WriteByte(byte(len(s)))
		} else {
			b.WriteByte(127)
			n := len(s) - 127
			for ; n >= 128; n >>= 7 {
				b.WriteByte(byte(n%128 + 128))
			}
			b.WriteByte(byte(n))
		}
		b.WriteString(s)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteByte(0)
		text(pairs[i])
		text(pairs[i+1])
	}
	return b.String()
}

func asking(method, path string, more ...string) string {
	return fields(append([]string{":method", method, ":scheme", "https", ":authority", "localhost", ":path", path}, more...)...)
}

// over reads until the connection ends, or the server says that it will.
func (f *frames) over(limit time.Duration) (why string, err error) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		g, err := f.next(time.Until(end))
		if e, ok := err.(net.Error); ok && e.Timeout() {
			break
		}
		if err != nil {
			return "the connection has ended", nil //nolint:nilerr // that is what was waited for
		}
		if g.kind == frameGoAway && len(g.payload) >= 8 && binary.BigEndian.Uint32(g.payload[4:]) != 0 {
			return fmt.Sprintf("GOAWAY %d", binary.BigEndian.Uint32(g.payload[4:])), nil
		}
	}
	return "", errors.New("the connection goes on")
}

// Whoever makes a connection work for nothing loses it: requests that are
// called back as soon as they are made, headers without an end, frames that
// cannot be. Nobody else waits for them meanwhile.
func TestHTTP2FloodsEndTheConnection(t *testing.T) {
	w := theWorld(t)
	request := asking("GET", "/app/v1/status")
	for name, flood := range map[string]func(f *frames, i int) string{
		"rapid reset": func(_ *frames, i int) string {
			id := uint32(2*i + 1)
			return frame(frameHeaders, endHeaders|endStream, id, request) + frame(frameReset, 0, id, "\x00\x00\x00\x08")
		},
		"made you reset": func(_ *frames, i int) string { // the server is made to call it back (CVE-2025-8671)
			id := uint32(2*i + 1)
			return frame(frameHeaders, endHeaders, id, asking("POST", "/app/v1/challenges")) + frame(frameWindow, 0, id, "\x00\x00\x00\x00")
		},
		"continuation without end": func(_ *frames, i int) string {
			if i == 0 {
				return frame(frameHeaders, endStream, 1, request)
			}
			return frame(frameContinuation, 0, 1, fields("x", strings.Repeat("a", 8000)))
		},
		"continuation of nothing": func(_ *frames, i int) string {
			if i == 0 {
				return frame(frameHeaders, endStream, 1, request)
			}
			return frame(frameContinuation, 0, 1, "")
		},
		"pings":                  func(*frames, int) string { return frame(framePing, 0, 0, "abcdefgh") },
		"settings":               func(*frames, int) string { return frame(frameSettings, 0, 0, "\x00\x04\x00\x00\x10\x00") },
		"empty data":             func(_ *frames, i int) string { return frame(frameData, 0, 1, "") },
		"data on a stream of no": func(_ *frames, i int) string { return frame(frameData, 0, 9, "x") },
		"a window that overflows": func(*frames, int) string {
			return frame(frameWindow, 0, 0, "\x7f\xff\xff\xff")
		},
		"streams with even numbers": func(_ *frames, i int) string {
			return frame(frameHeaders, endHeaders|endStream, uint32(2*i+2), request)
		},
		"a frame of 16 MiB": func(*frames, int) string { return "\xff\xff\xff\x00\x00\x00\x00\x00\x01" + strings.Repeat("a", 1000) },
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			f := w.frames(t)
			done := make(chan int, 1)
			go func() {
				sent := 0
				var batch strings.Builder
				for i := 0; i < 60000; i++ {
					batch.WriteString(flood(f, i))
					if batch.Len() < 16<<10 && i > 1 {
						continue
					}
					_ = f.SetWriteDeadline(time.Now().Add(3 * time.Second))
					if _, err := io.WriteString(f, batch.String()); err != nil {
						break
					}
					sent = i
					batch.Reset()
				}
				done <- sent
			}()
			begun := time.Now()
			if took := w.answersWithin(t, 5*time.Second); took > 5*time.Second {
				t.Errorf("others wait %s", took)
			}
			sent := <-done
			if name == "settings" || name == "pings" || name == "continuation of nothing" {
				return // each costs the sender as much, and is kept nowhere
			}
			why, err := f.over(10 * time.Second)
			t.Logf("%s after %d, %s", why, sent, time.Since(begun).Round(time.Millisecond))
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// answersWithin is how long others wait for an answer.
func (w *world) answersWithin(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	begun := time.Now()
	client := w.browser()
	client.Timeout = 2 * limit
	res, err := client.Get(w.url(open, "app", "/app/v1/status"))
	if err != nil {
		t.Error(err)
		return 2 * limit
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("others get %d", res.StatusCode)
	}
	return time.Since(begun)
}

// One connection has as many requests at once as the server has said, and what
// is over that is refused while the rest is served.
func TestHTTP2StreamsAreFew(t *testing.T) {
	w := theWorld(t)
	f := w.frames(t)
	const asked = 200
	for i := range asked {
		if err := f.put(frameHeaders, endHeaders, uint32(2*i+1), asking("POST", "/app/v1/applications", "content-type", "application/json", "content-length", "60000")); err != nil {
			break
		}
	}
	most, refused := uint32(0), 0
	for refused < asked {
		g, err := f.next(2 * time.Second)
		if err != nil {
			break
		}
		switch g.kind {
		case frameSettings:
			for p := g.payload; len(p) >= 6; p = p[6:] {
				if binary.BigEndian.Uint16(p) == 3 { // SETTINGS_MAX_CONCURRENT_STREAMS
					most = binary.BigEndian.Uint32(p[2:])
				}
			}
		case frameReset:
			refused++
		case frameGoAway:
			refused = asked
		}
	}
	t.Logf("%d at once; %d of %d refused", most, refused, asked)
	if most == 0 || most > 32 || refused < asked-int(most) {
		t.Errorf("%d at once; %d of %d refused", most, refused, asked)
	}
}

// What HTTP/1.1 says of where a request ends has no meaning in HTTP/2, and who
// says it all the same is refused.
func TestHTTP2RequestsAreWhatTheySay(t *testing.T) {
	w := theWorld(t)
	ok := asking("POST", "/app/v1/challenges")
	for name, c := range map[string]struct{ head, body string }{
		"transfer-encoding":          {asking("POST", "/app/v1/challenges", "transfer-encoding", "chunked"), "{}"},
		"connection":                 {asking("POST", "/app/v1/challenges", "connection", "close"), "{}"},
		"content-length too short":   {asking("POST", "/app/v1/challenges", "content-length", "1"), "{}"},
		"content-length too long":    {asking("POST", "/app/v1/challenges", "content-length", "3"), "{}"},
		"content-length twice":       {asking("POST", "/app/v1/challenges", "content-length", "2", "content-length", "0"), "{}"},
		"capitals":                   {asking("POST", "/app/v1/challenges", "X-Evil", "1"), "{}"},
		"a line break in a value":    {asking("POST", "/app/v1/challenges", "x", "a\r\ntransfer-encoding: chunked"), "{}"},
		"a line break in the path":   {asking("POST", "/app/v1/challenges HTTP/1.1\r\nX: y"), "{}"},
		"a path without a slash":     {asking("POST", "app/v1/challenges"), "{}"},
		"no path":                    {fields(":method", "POST", ":scheme", "https", ":authority", "localhost"), "{}"},
		"two paths":                  {asking("POST", "/app/v1/challenges", ":path", "/app/v1/status"), "{}"},
		"pseudo header at the end":   {fields("x", "y") + ok, "{}"},
		"an unknown pseudo header":   {asking("POST", "/app/v1/challenges", ":evil", "1"), "{}"},
		"a header of 64 KiB":         {asking("POST", "/app/v1/challenges", "x", strings.Repeat("a", 15000)) + strings.Repeat(fields("x", strings.Repeat("b", 200)), 6), "{}"},
		"an index that is not there": {ok + "\xff\xff\x03", "{}"},
		"a table that is too large":  {"\x3f\xff\xff\xff\x07" + ok, "{}"},
	} {
		f := w.frames(t)
		head := c.head
		if err := f.put(frameHeaders, endHeaders, 1, head[:min(len(head), 16384)]); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = f.put(frameData, endStream, 1, c.body)
		status := "nothing"
		for range 20 {
			g, err := f.next(5 * time.Second)
			if err != nil {
				status = "the end"
				break
			}
			if g.kind == frameReset || g.kind == frameGoAway {
				status = "a reset"
				break
			}
			if g.kind == frameHeaders {
				status = statusOf(g.payload)
				break
			}
		}
		switch {
		case status == "a reset", status == "the end", strings.HasPrefix(status, "4"):
		case name == "a header of 64 KiB" && status == "201": // it is no more than 16 KiB after all
		default:
			t.Errorf("%s: %s", name, status)
		}
	}
}

// statusOf reads :status where HPACK writes it first: an index of its table,
// or that of 200 with the digits as text.
func statusOf(b []byte) string {
	known := map[byte]string{0x88: "200", 0x89: "204", 0x8a: "206", 0x8b: "304", 0x8c: "400", 0x8d: "404", 0x8e: "500"}
	if s := known[b[0]]; s != "" {
		return s
	}
	if len(b) > 4 && b[1]&0x80 == 0 {
		return string(b[2 : 2+min(int(b[1]), len(b)-2)])
	}
	if len(b) > 3 { // three digits in Huffman's code: 0 to 2 have five bits, the others six
		return huffmanDigits(b[2 : 2+min(int(b[1]&0x7f), len(b)-2)])
	}
	return "?"
}

func huffmanDigits(b []byte) string {
	var bits uint32
	for _, c := range b[:min(len(b), 4)] {
		bits = bits<<8 | uint32(c)
	}
	left := 8 * min(len(b), 4)
	out := ""
	for len(out) < 3 && left >= 5 {
		if v := bits >> (left - 5) & 31; v <= 2 {
			out, left = out+string(rune('0'+v)), left-5
			continue
		}
		if left < 6 {
			break
		}
		out, left = out+string(rune('3'+(bits>>(left-6)&63)-0x19)), left-6
	}
	return out
}
