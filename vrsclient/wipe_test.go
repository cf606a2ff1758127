// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kofu/cert"
)

// watched is an answer's body that remembers every buffer it was read into.
type watched struct {
	io.Reader
	into [][]byte
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.into = append(w.into, p[:n])
	return n, err
}

func (w *watched) Close() error { return nil }

// watch is a gateway that keeps hold of every buffer of ours that it saw.
type watch struct {
	answers func(n int, ask []byte) (*http.Response, error)
	bodies  [][]byte
	read    []*watched
}

func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Body.(*body)
	w.bodies = append(w.bodies, sent.data)
	ask, _ := io.ReadAll(sent)
	res, err := w.answers(len(w.bodies), ask)
	if err != nil {
		return nil, err
	}
	res.Body = &watched{Reader: res.Body}
	w.read = append(w.read, res.Body.(*watched))
	return res, nil
}

// foundAnswer is a right answer to what ask asks, of more than one buffer.
func foundAnswer(t *testing.T, ask []byte, record string) *http.Response {
	t.Helper()
	var q struct {
		RequestID string `json:"request_id"`
		Nonce     []byte `json:"nonce"`
	}
	if err := json.Unmarshal(ask, &q); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format(time.RFC3339)
	text := strings.NewReplacer("REQUEST", q.RequestID, "2026-11-23T03:04:05Z", now).Replace(goodFind(find{Nonce: q.Nonce}, number(t), record))
	return answered(text)
}

// answered is a whole answer of unknown length.
func answered(text string) *http.Response {
	sum := sha256.Sum256([]byte(text))
	return &http.Response{
		StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(text)), ContentLength: -1,
		Header: http.Header{"Content-Type": {"application/json"}, "Content-Digest": {"sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}},
	}
}

// Rows: C7, E1
func TestWhatWasSentAndReadIsWipedHoweverTheCallEnds(t *testing.T) {
	good := func(_ int, ask []byte) (*http.Response, error) { return foundAnswer(t, ask, goodRecord), nil }
	edited := func(edit func(*http.Response)) func(int, []byte) (*http.Response, error) {
		return func(_ int, ask []byte) (*http.Response, error) {
			res := foundAnswer(t, ask, goodRecord)
			edit(res)
			return res, nil
		}
	}
	for _, x := range []struct {
		name, cause string
		attempts    int
		answers     func(n int, ask []byte) (*http.Response, error)
	}{
		{"success", "", 1, good},
		{"a length that is too small", "", 1, edited(func(r *http.Response) { r.ContentLength = 1 })},
		{"refused record", CauseRecord, 1, func(_ int, ask []byte) (*http.Response, error) {
			return foundAnswer(t, ask, strings.Replace(goodRecord, `"sex":"2"`, `"sex":"4"`, 1)), nil
		}},
		{"changed on the way", CauseDigest, 1, edited(func(r *http.Response) {
			r.Body = io.NopCloser(io.MultiReader(r.Body, strings.NewReader("x")))
		})},
		{"malformed", CauseMalformed, 1, edited(func(r *http.Response) {
			text, _ := io.ReadAll(r.Body)
			*r = *answered(string(text) + "x")
		})},
		{"truncated each time", CauseTruncated, 3, edited(func(r *http.Response) {
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 600), iotest.ErrReader(io.ErrUnexpectedEOF)))
		})},
		{"too large", CauseTooLarge, 1, edited(func(r *http.Response) {
			r.Body = io.NopCloser(io.MultiReader(r.Body, bytes.NewReader(bytes.Repeat([]byte{' '}, maxAnswer))))
		})},
		{"no connection", CauseConnection, 3, func(int, []byte) (*http.Response, error) { return nil, errors.New("down") }},
		{"good at the second attempt", "", 2, func(n int, ask []byte) (*http.Response, error) {
			if n == 1 {
				return status(http.StatusBadGateway), nil
			}
			return good(n, ask)
		}},
	} {
		w := &watch{answers: x.answers}
		c := alone(t, w.RoundTrip, nil)
		_, err := c.FindForCertificate(t.Context(), ask(t)).Record()
		if Cause(err) != x.cause || x.cause == "" && err != nil || len(w.bodies) != x.attempts {
			t.Errorf("%s: %v after %d attempts", x.name, err, len(w.bodies))
		}
		w.mustBeWiped(t, x.name)
	}
}

func TestWhatWasSentIsWipedWhenTheCallerGoesAway(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &watch{answers: func(_ int, ask []byte) (*http.Response, error) {
		cancel()
		return foundAnswer(t, ask, goodRecord), nil
	}}
	_, err := alone(t, w.RoundTrip, nil).FindForCertificate(ctx, ask(t)).Record()
	if Cause(err) != CauseCancelled || len(w.bodies) != 1 {
		t.Errorf("%v after %d attempts", err, len(w.bodies))
	}
	w.mustBeWiped(t, "cancelled")
}

func (w *watch) mustBeWiped(t *testing.T, name string) {
	t.Helper()
	for i, b := range w.bodies {
		if len(bytes.Trim(b, "\x00")) > 0 {
			t.Errorf("%s: body %d was not wiped", name, i+1)
		}
	}
	for i, answer := range w.read {
		for _, b := range answer.into {
			if len(bytes.Trim(b, "\x00")) > 0 {
				t.Errorf("%s: %d bytes of answer %d were not wiped", name, len(b), i+1)
			}
		}
	}
}

// inside returns what a hash keeps, as fmt prints it, and how it would print
// the digits in a row of bytes.
func inside(h hash.Hash, digits []byte) (kept, sought string) {
	return fmt.Sprintf("%d", h), strings.Trim(fmt.Sprintf("%d", digits), "[]")
}

// Rows: C7, E1
func TestPersonProofLeavesNoDigitsInTheHash(t *testing.T) {
	n, nonce := number(t), bytes.Repeat([]byte{1}, 32)
	h := sha256.New()
	h.Write(n.Digits())
	h.Reset()
	if kept, sought := inside(h, n.Digits()); !strings.Contains(kept, sought) {
		t.Skip("this SHA-256 keeps its block out of sight")
	}
	var made []hash.Hash
	sum := personProof(func() hash.Hash { made = append(made, sha256.New()); return made[len(made)-1] }, nonce, n)
	want := hmac.New(sha256.New, nonce)
	want.Write(n.Digits())
	if !hmac.Equal(sum, want.Sum(nil)) {
		t.Error("not HMAC-SHA-256 over the digits")
	}
	for i, h := range made {
		if kept, sought := inside(h, n.Digits()); strings.Contains(kept, sought) {
			t.Errorf("hash %d of %d still has the digits", i+1, len(made))
		}
	}
}

// sink keeps hold of what it is written from, as a connection could.
type sink struct {
	from [][]byte
	all  bytes.Buffer
	err  error
}

func (s *sink) Write(p []byte) (int, error) {
	s.from = append(s.from, p)
	s.all.Write(p)
	return len(p), s.err
}

func TestCopyingABodyWipesItsBuffer(t *testing.T) {
	long := strings.Repeat("900000001377", 1000)
	for name, x := range map[string]struct {
		from io.Reader
		to   error
		want error
	}{
		"sent":        {strings.NewReader(long), nil, nil},
		"last by EOF": {iotest.DataErrReader(strings.NewReader(long)), nil, nil},
		"not written": {strings.NewReader(long), io.ErrClosedPipe, io.ErrClosedPipe},
		"not read":    {io.MultiReader(strings.NewReader(long), iotest.ErrReader(http.ErrBodyReadAfterClose)), nil, http.ErrBodyReadAfterClose},
	} {
		s := &sink{err: x.to}
		sent, err := copyWiping(s, x.from)
		if !errors.Is(err, x.want) || sent != int64(s.all.Len()) || x.to == nil && s.all.String() != long {
			t.Errorf("%s: %d bytes, %v", name, sent, err)
		}
		for _, b := range s.from {
			if len(bytes.Trim(b, "\x00")) > 0 {
				t.Errorf("%s: the buffer was not wiped", name)
			}
		}
	}
}

// Rows: R4.1
func TestBrokenRecordsOfSomeLeaveTheBreakerClosedForOthers(t *testing.T) {
	for name, edit := range map[string]*strings.Replacer{
		"a lost character": strings.NewReplacer("見本　一子", "見本\uFFFD"),
		"broken UTF-8":     strings.NewReplacer("見本　一子", "見本\xff"),
		"half a character": strings.NewReplacer("見本　一子", `\ud842`),
		"no birth date":    strings.NewReplacer(`"birth_date":"1985-03-14","sex":"2"`, `"birth_date":"","sex":"2"`),
		"sex 4":            strings.NewReplacer(`"sex":"2"`, `"sex":"4"`),
		"number as text":   strings.NewReplacer(`"number":1`, `"number":"1"`),
		"a dose's date":    strings.NewReplacer("2021-06-10", "2021-06-31"),
		"no version":       strings.NewReplacer(`"version":"V",`, ""),
	} {
		record := edit.Replace(goodRecord)
		c := alone(t, func(r *http.Request) (*http.Response, error) {
			ask, _ := io.ReadAll(r.Body)
			return foundAnswer(t, ask, record), nil
		}, nil)
		for range 2 * DefaultFailures {
			if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); Cause(err) != CauseRecord || !errors.Is(err, cert.ErrUnavailable) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		record = goodRecord
		if _, err := c.FindForCertificate(t.Context(), ask(t)).Record(); err != nil || c.Open() {
			t.Errorf("%s: somebody else gets %v", name, err)
		}
	}
}

// A record with a number in it is encrypted in the buffer it was put together
// in: what has 5 bytes grows to one with room for 17 more than the text.
//
// Rows: C7
func TestRecordsWithANumberAreEncryptedWhereTheyLie(t *testing.T) {
	bodies := map[string]func() ([]byte, error){
		"find":   func() ([]byte, error) { return newFind(cert.Query{Municipality: "900010"}).body(number(t)) },
		"search": func() ([]byte, error) { return newSearch(cert.Search{Municipality: "900010"}).body(number(t)) },
	}
	for name, body := range bodies {
		b, err := body()
		if err != nil {
			t.Fatal(err)
		}
		if record := append(make([]byte, 5), b...); cap(record)-len(record) < 17 || len(b) > 1100 {
			t.Errorf("%s: a record of %d bytes has room for %d more", name, len(record), cap(record)-len(record))
		}
		if !json.Valid(b) {
			t.Errorf("%s: not JSON", name)
		}
	}
}
