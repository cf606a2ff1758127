// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"kofu/cert/canary"
)

func somebody() canary.Person {
	return canary.Person{
		ID: "p1", Number: "900000001377", Name: "𠮟見　一子", Kana: "シカミ　カズコ", Latin: []string{"SHIKAMI", "KAZUKO"}, BirthDate: "1913-02-27",
		Address: "架空県架空市中央1丁目1番2号", Passport: "ZQ7K41XW9", Ticket: "7000000199", Lots: []string{"QX7Z4KM9TW"},
		Certificates: []string{"JPN900010261124000123"}, Symbols: []string{strings.Repeat("shc:/5676290952432060346029243740446031222959532654603460292540772804336028702864716745", 3)},
	}
}

// packers are the ways in which bytes are packed, each with its name in an
// encoding.
func packers() map[string]func([]byte) []byte {
	through := func(open func(io.Writer) io.WriteCloser) func([]byte) []byte {
		return func(b []byte) []byte {
			var out bytes.Buffer
			w := open(&out)
			_, _ = w.Write(b)
			_ = w.Close()
			return out.Bytes()
		}
	}
	return map[string]func([]byte) []byte{
		"gzip": through(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"zlib": through(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }),
		"deflate": through(func(w io.Writer) io.WriteCloser {
			d, _ := flate.NewWriter(w, flate.BestCompression)
			return d
		}),
		"base64":    func(b []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(b)) },
		"base64url": func(b []byte) []byte { return []byte(base64.RawURLEncoding.EncodeToString(b)) },
		"hex":       func(b []byte) []byte { return []byte(hex.EncodeToString(b)) },
		"HEX":       func(b []byte) []byte { return []byte(strings.ToUpper(hex.EncodeToString(b))) },
		"percent":   func(b []byte) []byte { return []byte(url.QueryEscape(string(b))) },
		"json":      func(b []byte) []byte { return inJSON(string(b)) },
		"utf-16":    func(b []byte) []byte { return inUTF16(string(b)) },
		"PEM": func(b []byte) []byte {
			text := base64.StdEncoding.EncodeToString(b)
			var out []byte
			for len(text) > 16 {
				out, text = append(append(out, text[:16]...), '\n'), text[16:]
			}
			return append(out, text...)
		},
		"SHC": func(b []byte) []byte {
			out := []byte("shc:/")
			for _, c := range base64.RawURLEncoding.EncodeToString(b) {
				out = fmt.Appendf(out, "%02d", c-45)
			}
			return out
		},
	}
}

func inJSON(s string) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = fmt.Appendf(out, `\u%04X`, u)
	}
	return out
}

func inUTF16(s string) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// binary reports packers whose output is not text: nothing but packers of
// bytes can stand around them.
func binary(name string) bool {
	return name == "gzip" || name == "zlib" || name == "deflate" || name == "utf-16"
}

// Rows: C3
func TestEveryMarkIsFoundInEveryEncodingAndInTwo(t *testing.T) {
	p := somebody()
	marks, err := p.Marks()
	if err != nil {
		t.Fatal(err)
	}
	s, err := canary.New([]canary.Person{p})
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 301)
	src := rand.NewChaCha8([32]byte{7})
	_, _ = src.Read(noise)
	planted := 0
	find := func(m canary.Mark, how string, b []byte) {
		t.Helper()
		planted++
		for _, before := range []int{0, 1, 2, 3, 301} {
			for _, h := range s.Bytes(append(append(bytes.Clone(noise[:before]), b...), noise[:50]...)) {
				if h.Mark == m {
					return
				}
			}
			if before == 0 || before == 301 {
				t.Errorf("%s (%s), %s after %d bytes is not found", m.What, m.Text, how, before)
				return
			}
		}
	}
	for _, m := range marks {
		text := []byte(m.Text)
		find(m, "plain", text)
		for name, pack := range packers() {
			around := pack([]byte(`{"kofu":"` + m.Text + `"}`))
			find(m, name, around)
			if m.What != "number" && m.What != "certificate id" && m != marks[1] {
				continue
			}
			for outer, again := range packers() {
				if !binary(name) || outer != "percent" && outer != "json" && outer != "utf-16" {
					find(m, name+" in "+outer, again(around))
				}
			}
		}
	}
	t.Logf("%d marks, %d patterns, %d plantings, all found", len(marks), s.Patterns(), planted)
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s, err := canary.New([]canary.Person{somebody()})
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 8<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	began := time.Now()
	if hits := s.Bytes(noise); len(hits) > 0 {
		t.Errorf("in noise: %v", hits)
	}
	t.Logf("8 MiB of noise in %s", time.Since(began).Round(time.Millisecond))
}

// Rows: C3
func TestFoundAcrossWindowsAndInLongStreams(t *testing.T) {
	p := canary.Person{ID: "p", Number: "900000001377"}
	s, err := canary.New([]canary.Person{p})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 3<<20 - 5, 3 << 20, 4<<20 - 6, 4<<20 - 12, 4 << 20, 6<<20 - 3, 9<<20 - 12} {
		b := bytes.Repeat([]byte{'.'}, 9<<20)
		copy(b[at:], p.Number)
		hits, n, err := s.Search(bytes.NewReader(b))
		if err != nil || n != int64(len(b)) || len(hits) != 1 || hits[0].Offset != int64(at) {
			t.Errorf("at %d: %v of %d bytes (%v)", at, hits, n, err)
		}
	}
	var packed bytes.Buffer
	g := gzip.NewWriter(&packed)
	noise := make([]byte, 6<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	_, _ = g.Write(noise)
	_, _ = g.Write([]byte(p.Number))
	_ = g.Close()
	if hits, n, err := s.Search(bytes.NewReader(packed.Bytes())); err != nil || len(hits) != 1 || n != int64(packed.Len()) {
		t.Errorf("at the end of a gzip file: %v of %d bytes (%v)", hits, n, err)
	}
}

func TestOnePlaceIsOneHit(t *testing.T) {
	p := canary.Person{ID: "p", Number: "900000001377"}
	s, err := canary.New([]canary.Person{p})
	if err != nil {
		t.Fatal(err)
	}
	for name, pack := range packers() {
		if hits := s.Bytes(append([]byte("kofu "), pack([]byte("the number 900000001377 of somebody"))...)); len(hits) != 1 {
			t.Errorf("%s: %v", name, hits)
		}
	}
}

func TestTooShortIsRefused(t *testing.T) {
	for _, p := range []canary.Person{{Name: "李"}, {Lots: []string{"KM100"}}, {Passport: "12345"}, {Ticket: "0000000000"}} {
		if _, err := canary.New([]canary.Person{p}); !errors.Is(err, canary.ErrShort) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := canary.New([]canary.Person{{BirthDate: "soon"}}); err == nil {
		t.Error("a birth date that is none is taken")
	}
}

type half struct{ n int }

func (h *half) Read(p []byte) (int, error) {
	if h.n++; h.n > 3 {
		return 0, errors.New("gone")
	}
	return copy(p, "900000001377 "), nil
}

func TestReaderThatFailsIsToldWithWhatWasRead(t *testing.T) {
	s, err := canary.New([]canary.Person{{ID: "p", Number: "900000001377"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, n, err := s.Search(new(half)); err == nil || n != 39 {
		t.Errorf("%d, %v", n, err)
	}
}

func FuzzSearch(f *testing.F) {
	s, err := canary.New([]canary.Person{somebody()})
	if err != nil {
		f.Fatal(err)
	}
	for _, pack := range packers() {
		f.Add(pack([]byte("900000001377")))
	}
	text, _ := json.Marshal(somebody())
	f.Add(text)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, h := range s.Bytes(b) {
			if h.Offset < 0 || h.Offset >= int64(len(b)) {
				t.Errorf("%v in %d bytes", h, len(b))
			}
		}
	})
}
