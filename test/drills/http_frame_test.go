// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// smuggled is a request that hides in another's body. Nobody else asks for it,
// so an answer to it tells.
const smuggled = "GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

func post(path string, header ...string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + strings.Join(append(header, "\r\n"), "\r\n")
}

// Where one request ends and the next begins is said once, or the connection
// ends: nothing that stands in a body is ever taken for a request.
func TestNothingIsSmuggled(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	length := fmt.Sprintf("Content-Length: %d", len(smuggled))
	chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(smuggled), smuggled)
	const path = "/app/v1/applications"
	for name, request := range map[string]string{
		"CL and TE":                            post(path, "Content-Length: 4", "Transfer-Encoding: chunked") + chunk,
		"CL and TE, the chunks end first":      post(path, length, "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled,
		"TE and CL, in this order":             post(path, "Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n" + smuggled,
		"TE twice":                             post(path, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled,
		"TE chunked, identity":                 post(path, "Transfer-Encoding: chunked, identity") + "0\r\n\r\n" + smuggled,
		"TE identity":                          post(path, "Transfer-Encoding: identity", length) + smuggled,
		"TE with a tab":                        post(path, "Transfer-Encoding:\tchunked", length) + smuggled,
		"TE with a vertical tab":               post(path, "Transfer-Encoding: \x0bchunked", length) + smuggled,
		"TE xchunked":                          post(path, "Transfer-Encoding: xchunked", length) + smuggled,
		"TE with a space before the colon":     post(path, "Transfer-Encoding : chunked", length) + smuggled,
		"TE folded":                            post(path, "Transfer-Encoding:\r\n chunked", length) + smuggled,
		"CL twice, not the same":               post(path, "Content-Length: 0", length) + smuggled,
		"CL as a list":                         post(path, "Content-Length: 0, "+length[16:]) + smuggled,
		"CL with a sign":                       post(path, "Content-Length: +"+length[16:]) + smuggled,
		"CL below zero":                        post(path, "Content-Length: -1") + smuggled,
		"CL too long for a number":             post(path, "Content-Length: 99999999999999999999") + smuggled,
		"CL in hexadecimal":                    post(path, "Content-Length: 0x10") + smuggled,
		"CL empty":                             post(path, "Content-Length:") + smuggled,
		"CL folded":                            post(path, "X: a\r\n Content-Length: 0", length) + smuggled,
		"a header folded":                      post(path, "X: a\r\n b", length) + smuggled,
		"a line that ends in LF inside":        post(path, "X: a\nTransfer-Encoding: chunked", length) + smuggled,
		"a line that ends in CR":               post(path, "X: a\rTransfer-Encoding: chunked", length) + smuggled,
		"a NUL in a header":                    post(path, "X: a\x00b", length) + smuggled,
		"a header without a name":              post(path, ": a", length) + smuggled,
		"a header without a colon":             post(path, "Transfer-Encoding chunked", length) + smuggled,
		"a chunk with an extension":            post(path, "Transfer-Encoding: chunked") + strings.Replace(chunk, "\r\n", ";a=\"\r\n", 1),
		"a chunk with LF in its extension":     post(path, "Transfer-Encoding: chunked") + "5;a\nbbbbb\r\n0\r\n\r\n" + smuggled,
		"a chunk size that overflows":          post(path, "Transfer-Encoding: chunked") + "10000000000000002\r\n{}\r\n0\r\n\r\n" + smuggled,
		"a chunk size below zero":              post(path, "Transfer-Encoding: chunked") + "-1\r\n" + smuggled,
		"a chunk size with 0x":                 post(path, "Transfer-Encoding: chunked") + "0x2\r\n{}\r\n0\r\n\r\n" + smuggled,
		"a chunk longer than it says":          post(path, "Transfer-Encoding: chunked") + "2\r\n{}xx\r\n0\r\n\r\n" + smuggled,
		"a chunk without CRLF after it":        post(path, "Transfer-Encoding: chunked") + "2\r\n{}0\r\n\r\n" + smuggled,
		"chunks in HTTP/1.0":                   strings.Replace(post(path, "Transfer-Encoding: chunked"), "1.1", "1.0", 1) + "0\r\n\r\n" + smuggled,
		"two hosts":                            post(path, "Host: evil.example", length) + smuggled,
		"no host":                              strings.Replace(post(path, length), "Host: localhost\r\n", "", 1) + smuggled,
		"a space in the target":                "POST " + path + " x HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n" + smuggled,
		"another version":                      strings.Replace(post(path, length), "HTTP/1.1", "HTTP/1.9", 1) + smuggled,
		"HTTP/2 in clear":                      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
		"an upgrade to it":                     post(path, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", length) + smuggled,
		"a GET with a body":                    "GET /app/v1/status HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n" + smuggled,
		"a refusal before the body is read":    "POST /nothing HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n" + smuggled,
		"a method that is none, with a body":   "PATCH " + path + " HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n" + smuggled,
		"too much, which is not waited for":    post(path, fmt.Sprintf("Content-Length: %d", 70<<10)) + strings.Repeat(smuggled, (70<<10)/len(smuggled)+1)[:70<<10],
		"far too much, which is not read":      post(path, "Content-Length: 9000000") + strings.Repeat(smuggled, 4000),
		"an OPTIONS with a body":               "OPTIONS /trust/bundle.json HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n" + smuggled,
		"a CONNECT":                            "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n" + length + "\r\n\r\n" + smuggled,
		"a body that is awaited, and not sent": post(path, "Expect: 100-continue", length) + smuggled,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			for _, door := range []string{"app", "kiosk", "counter"} {
				sent := request
				if door != "app" {
					sent = strings.ReplaceAll(sent, path, map[string]string{"kiosk": "/kiosk/v1/sessions", "counter": "/counter/sign-in"}[door])
				}
				if err := w.unsmuggled(t, door, sent); err != nil {
					t.Errorf("%s: %v", door, err)
				}
			}
		})
	}
}

// unsmuggled sends a request in which another hides, and looks for answers to
// that: there is one to the request, and then the connection ends or is
// silent.
func (w *world) unsmuggled(t *testing.T, door, request string) error {
	l := w.connect(t, open, door)
	defer l.Close()
	_ = l.write(request) // it may be refused before all of it is sent
	method, _, _ := strings.Cut(request, " ")
	got, err := l.read(method)
	if err != nil {
		return nil //nolint:nilerr // the connection has ended, and nothing was answered
	}
	if err := got.common(); err != nil {
		return err
	}
	if strings.Contains(string(got.Body), "openapi: 3") {
		return fmt.Errorf("the smuggled request is answered with %d", got.Status)
	}
	if got.Status < 400 && door == "app" && !strings.HasPrefix(request, "GET /app") && !strings.HasPrefix(request, "OPTIONS") {
		return fmt.Errorf("is answered with %d: %.200s", got.Status, got.Body)
	}
	return l.silent(100 * time.Millisecond)
}

// Requests that are written one after the other are answered one after the
// other, whatever was left of their bodies.
func TestPipelinedRequestsKeepTheirBodies(t *testing.T) {
	w := theWorld(t)
	l := w.connect(t, open, "app")
	body := strings.Repeat("x", 20<<10) // not read by who refuses at once
	want := []int{404, 415, 405, 200, 413}
	err := l.write(
		"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20480\r\n\r\n", body,
		"POST /app/v1/applications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20480\r\n\r\n", body,
		"PUT /app/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20480\r\n\r\n", body,
		"GET /app/v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20480\r\n\r\n", body,
		"POST /app/v1/certificates HTTP/1.1\r\nHost: localhost\r\nContent-Length: 102400\r\n\r\n", strings.Repeat(body, 5),
	)
	if err != nil {
		t.Fatal(err)
	}
	for i, status := range want {
		got, err := l.read("GET")
		if err != nil || got.Status != status {
			t.Fatalf("answer %d: %+v %v, want %d", i+1, got, err, status)
		}
	}
	if err := l.silent(100 * time.Millisecond); err != nil {
		t.Error(err)
	}
}
