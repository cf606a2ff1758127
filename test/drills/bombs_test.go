// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/test/attest"
	"kofu/test/phone"
)

// bomb is a token that is small until it is unpacked.
func bomb() attest.Misprint {
	return attest.Misprint{
		JWS:     func(s string) string { return s + strings.Repeat(".", 4<<20) },
		Options: func(o *jose.EncrypterOptions) { o.Compression = jose.DEFLATE },
	}
}

// packed is n zeros, or whatever more, packed by a writer.
func packed[W io.WriteCloser](n int, to func(io.Writer) W) []byte {
	var b bytes.Buffer
	z := to(&b)
	block := make([]byte, 1<<20)
	for ; n > 0; n -= len(block) {
		_, _ = z.Write(block[:min(n, len(block))])
	}
	_ = z.Close()
	return b.Bytes()
}

func deflated(w io.Writer) *flate.Writer { z, _ := flate.NewWriter(w, 9); return z }
func zlibbed(w io.Writer) *zlib.Writer   { return zlib.NewWriter(w) }
func gzipped(w io.Writer) *gzip.Writer   { return gzip.NewWriter(w) }

// Bodies that are small on the way and large when unpacked, or dear to read,
// are refused at once, at every call.
func TestBodiesThatUnfoldAreRefused(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	const most = 64 << 10
	zeros := string(packed(40<<20, gzipped))
	bombs := map[string]attempt{
		"gzip":                      {body: zeros, header: [][2]string{{"Content-Encoding", "gzip"}}},
		"deflate":                   {body: string(packed(40<<20, zlibbed)), header: [][2]string{{"Content-Encoding", "deflate"}}},
		"gzip as transfer":          {body: zeros, header: [][2]string{{"Transfer-Encoding", "gzip"}}},
		"a deep list":               {body: strings.Repeat("[", most)},
		"a deep object":             {body: strings.Repeat(`{"card":`, most/8)},
		"a deep member":             {body: `{"device":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000) + "}"},
		"a number of 60,000 digits": {body: `{"pdf":` + strings.Repeat("9", 60000) + "}"},
		"an exponent":               {body: `{"device":1e` + strings.Repeat("9", 60000) + "}"},
		"escapes":                   {body: `{"device":"` + strings.Repeat(`\u0061`, 10000) + `"}`},
		"surrogates":                {body: `{"device":"` + strings.Repeat(`\ud83d\ude00`, 5000) + `"}`},
		"a wide object":             {body: wide(8000)},
		"an object, the same names": {body: "{" + strings.Repeat(`"a":1,`, 10000) + `"b":1}`},
		"a name of 60 KB":           {body: `{"` + strings.Repeat("a", 60000) + `":1}`},
		"base64 with junk":          {body: `{"card":{"ef0001":"` + strings.Repeat("A\\n", 20000) + `"}}`},
		"base64 of spaces":          {body: `{"card":{"ef0001":"` + strings.Repeat(" ", 60000) + `"}}`},
	}
	before := w.resident(t, open)
	for _, door := range []struct {
		name  string
		paths []string
	}{{"app", []string{"/app/v1/challenges", "/app/v1/applications", "/app/v1/certificates", "/app/v1/applications/discard"}}, {"kiosk", []string{"/kiosk/v1/sessions"}}} {
		for name, b := range bombs {
			for _, path := range door.paths {
				a := b
				a.method, a.target, a.header = http.MethodPost, path, slices.Concat([][2]string{{"Content-Type", "application/json"}}, b.header)
				l := w.connect(t, open, door.name)
				begun := time.Now()
				_ = l.write(a.wire())
				got, err := l.read(a.method)
				if err != nil {
					t.Errorf("%s: %s: %v", path, name, err)
					continue
				}
				if took := time.Since(begun); got.Status < 400 || got.Status >= 500 && got.Status != 501 || took > 5*time.Second {
					t.Errorf("%s: %s: %d after %s", path, name, got.Status, took)
				}
				_ = l.Close()
			}
		}
	}
	if grown := w.resident(t, open) - before; grown > 200<<20 {
		t.Errorf("%d MiB more memory", grown>>20)
	}
}

// Attestations that say they are larger than they are, or deeper than anybody
// needs, are refused like all that are not good.
func TestCBORThatUnfoldsIsRefused(t *testing.T) {
	w := theWorld(t)
	repeat := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	refusals := &same{code: "app_not_accepted"}
	for name, object := range map[string][]byte{
		"nothing wrong":                       nil,
		"lists in lists":                      append(repeat(0x81, 18000), 0),
		"objects in objects":                  append(bytes.Repeat([]byte{0xa1, 0x61, 'a'}, 6000), 0),
		"a list of 2^64":                      {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"a list of 2^32":                      {0x9a, 0xff, 0xff, 0xff, 0xff},
		"an object of 2^32":                   {0xba, 0xff, 0xff, 0xff, 0xff},
		"bytes of 2^63":                       {0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"text of 2^31":                        {0x7a, 0x7f, 0xff, 0xff, 0xff},
		"without end":                         append([]byte{0xbf}, bytes.Repeat([]byte{0x61, 'a', 0x00}, 5000)...),
		"tags on tags":                        append(repeat(0xc6, 18000), 0),
		"a number of 18 KB":                   append([]byte{0xc2, 0x59, 0x46, 0x00}, repeat(0xff, 0x4600)...),
		"the same name again":                 append([]byte{0xb9, 0x10, 0x00}, bytes.Repeat([]byte{0x61, 'a', 0x00}, 0x1000)...),
		"x5c of 2^32 certificates":            attest.Map(attest.Member{Name: "fmt", Value: attest.Text("apple-appattest")}, attest.Member{Name: "attStmt", Value: attest.Map(attest.Member{Name: "x5c", Value: []byte{0x9a, 0xff, 0xff, 0xff, 0xff}})}),
		"a thousand certificates of nothing":  attest.Map(attest.Member{Name: "fmt", Value: attest.Text("apple-appattest")}, attest.Member{Name: "attStmt", Value: attest.Map(attest.Member{Name: "x5c", Value: attest.Array(slices.Repeat([][]byte{{0x40}}, 1000)...)})}),
		"a certificate that is ASN.1 nesting": attest.Map(attest.Member{Name: "fmt", Value: attest.Text("apple-appattest")}, attest.Member{Name: "attStmt", Value: attest.Map(attest.Member{Name: "x5c", Value: attest.Array(attest.Bytes(nested(2000)))})}),
	} {
		c, _ := w.phone(t, strict, 2)
		c.Handset = phone.IPhone{IPhone: must(w.apple.NewIPhone(appID))(t), Forgery: attest.Forgery{Object: func(good []byte) []byte {
			if object == nil {
				return good
			}
			return object
		}}}
		ch := must(c.Challenge(t.Context()))(t)
		in := must(c.Handset.Attest(ch.Challenge))(t)
		in.Challenge = ch.ID
		begun := time.Now()
		got := must(c.Send(t.Context(), http.MethodPost, "/app/v1/devices", "application/json", must(json.Marshal(in))(t)))(t)
		if object == nil {
			if got.Status != http.StatusCreated {
				t.Errorf("%s: %d %s", name, got.Status, got.Body)
			}
			continue
		}
		if err := refusals.hold(name, got); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

// nested is DER, SEQUENCE in SEQUENCE.
func nested(depth int) []byte {
	b := []byte{5, 0}
	for range depth {
		head := []byte{0x30, 0x82, 0, 0}
		binary.BigEndian.PutUint16(head[2:], uint16(len(b)))
		if len(b) > 12000 {
			break
		}
		b = append(head, b...)
	}
	return b
}

// Card files that lie about lengths, or nest, are refused as cards that are
// none, or bodies that are none, and quickly.
func TestCardFilesThatUnfoldAreRefused(t *testing.T) {
	w := theWorld(t)
	c, _ := w.phone(t, open, 3)
	for name, file := range map[string][]byte{
		"DER in DER": nested(3000), "a length of 2^32": {0x7f, 0x21, 0x84, 0xff, 0xff, 0xff, 0xff}, "a length of 2^64": append([]byte{0xff, 0x20, 0x88}, bytes.Repeat([]byte{0xff}, 8)...),
		"without end": append([]byte{0x30, 0x80}, bytes.Repeat([]byte{0x30, 0x80}, 6000)...), "a length of 127 bytes": append([]byte{0xff, 0x30, 0xff}, bytes.Repeat([]byte{1}, 127)...),
		"a tag without end": append([]byte{0x1f}, bytes.Repeat([]byte{0xff}, 12000)...), "nothing but FF": bytes.Repeat([]byte{0xff}, 12288), "nothing but 00": make([]byte, 12288), "one byte": {0xff},
		"a key of 12 KB": append([]byte{0xdf, 0x24, 0x82, 0x2f, 0x00}, bytes.Repeat([]byte{0xff}, 0x2f00)...),
	} {
		ch := must(c.Challenge(t.Context()))(t)
		for _, spoil := range []func(*phone.Application){
			func(a *phone.Application) { a.Card.EF0001 = file }, func(a *phone.Application) { a.Card.EF0002 = file }, func(a *phone.Application) { a.Card.EF0003 = file },
			func(a *phone.Application) { a.Card.EF0004 = file }, func(a *phone.Application) { a.Card.Signature = file }, func(a *phone.Application) { a.Card.Surface.Key = file },
			func(a *phone.Application) { a.Card.Surface.EF0004 = file }, func(a *phone.Application) { a.Card.Surface.Signature = file },
			func(a *phone.Application) { a.Kind, a.Chip = "overseas", &phone.Chip{SOD: file, DG1: file} },
		} {
			a := must(c.Prove(ch, w.wish(3)))(t)
			spoil(a)
			begun := time.Now()
			got := must(c.Send(t.Context(), http.MethodPost, "/app/v1/applications", "application/json", must(json.Marshal(a))(t)))(t)
			if took := time.Since(begun); got.Status < 400 || got.Status >= 500 || took > 3*time.Second {
				t.Errorf("%s: %d after %s", name, got.Status, took)
			}
			ch = must(c.Challenge(t.Context()))(t)
		}
	}
}

// kofu verify is given files by anybody: it ends soon, in little memory, and
// calls none of them authentic.
func TestFilesThatUnfoldAreNotAuthentic(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	dir := t.TempDir()
	const mostTime, mostMemory = 30 * time.Second, 900 << 20
	card := func(payload []byte) []byte {
		return []byte(b64.EncodeToString([]byte(`{"alg":"ES256","zip":"DEF","kid":"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s"}`)) + "." + b64.EncodeToString(payload) + "." + b64.EncodeToString(make([]byte, 64)))
	}
	jwks := must(os.ReadFile(w.trust(t, dir)))(t)
	for name, c := range map[string]struct {
		data  []byte
		trust bool // it is given as what is trusted, and not as a certificate
	}{
		"a card that inflates to 100 MB":  {data: card(packed(100<<20, deflated))},
		"a card within a card":            {data: card(packed(1, deflated))},
		"a picture of 2^31 squared":       {data: picture(1<<31-1, 1<<31-1, nil)},
		"a picture of 100,000 squared":    {data: picture(100_000, 100_000, packed(1<<20, zlibbed))},
		"a picture at the limit":          {data: picture(6000, 6000, packed(6001*6000, zlibbed))},
		"a picture with a bomb in text":   {data: picture(8, 8, packed(72, zlibbed), chunk("zTXt", append([]byte("Comment\x00\x00"), packed(200<<20, zlibbed)...)))},
		"a PDF with a bomb":               {data: paper("/Filter /FlateDecode", packed(400<<20, zlibbed))},
		"a PDF with a bomb in a bomb":     {data: paper("/Filter [/FlateDecode /FlateDecode]", twice(packed(200<<20, zlibbed)))},
		"a PDF with a picture of 2^31":    {data: paper("/Type /XObject /Subtype /Image /Width 2147483647 /Height 2147483647 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode", packed(1<<20, zlibbed))},
		"a PDF of arrays":                 {data: []byte("%PDF-1.4\n1 0 obj\n" + strings.Repeat("[", 2<<20) + "\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF")},
		"a PDF whose pages are each else": {data: []byte("%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF")},
		"JSON, deep":                      {data: []byte(strings.Repeat("[", 30<<20))},
		"JSON, a million cards":           {data: []byte("[" + strings.Repeat(`"shc:/5676",`, 1<<20) + `""]`)},
		"JSON, a number of a million":     {data: []byte(`{"data":` + strings.Repeat("9", 1<<20) + `,"sig":{}}`)},
		"digits, thirty million":          {data: append([]byte("shc:/"), bytes.Repeat([]byte("5"), 30<<20)...)},
		"zeros, 40 MB":                    {data: make([]byte, 40<<20)},
		"trust, deep":                     {data: []byte(`{"keys":` + strings.Repeat("[", 1<<20)), trust: true},
		"trust, a million keys":           {data: []byte(`{"keys":[` + strings.Repeat(`{"kty":"EC"},`, 1<<20) + `{}]}`), trust: true},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			file := filepath.Join(dir, base64.RawURLEncoding.EncodeToString([]byte(name)))
			if err := os.WriteFile(file, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), mostTime)
			defer cancel()
			args := []string{"verify", "-jwks", w.trust(t, dir), file}
			if c.trust {
				good := filepath.Join(dir, "good")
				if err := os.WriteFile(good, jwks, 0o600); err != nil {
					t.Fatal(err)
				}
				args = []string{"verify", "-jwks", file, good}
			}
			cmd := exec.CommandContext(ctx, filepath.Join(first.dir, "kofu"), args...)
			said, err := cmd.CombinedOutput()
			state := cmd.ProcessState
			if state == nil {
				t.Fatal(err)
			}
			used := state.SysUsage().(*syscall.Rusage).Maxrss << 10
			t.Logf("%d KB: exit %d, %d MiB, %s: %.100s", len(c.data)>>10, state.ExitCode(), used>>20, state.UserTime().Round(10*time.Millisecond), said)
			if code := state.ExitCode(); code != 1 && code != 2 || ctx.Err() != nil || bytes.Contains(said, []byte("goroutine ")) {
				t.Errorf("exit %d: %.600s", code, said)
			}
			if used > mostMemory {
				t.Errorf("%d MiB", used>>20)
			}
		})
	}
}

// trust is a file with the published keys.
func (w *world) trust(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "jwks.json")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	res := must(w.browser().Get(w.url(open, "app", "/issuer/.well-known/jwks.json")))(t)
	data := must(io.ReadAll(res.Body))(t)
	_ = res.Body.Close()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func twice(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// picture is a PNG, one byte a pixel, that says how large it is.
func picture(width, height uint32, data []byte, more ...[]byte) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 0, 0, 0, 0))...)
	for _, c := range more {
		b = append(b, c...)
	}
	return append(append(b, chunk("IDAT", data)...), chunk("IEND", nil)...)
}

// paper is a PDF whose one page has a stream of that kind.
func paper(kind string, data []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 4 0 R >> >> >>")
	object(fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", kind, len(data), data))
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}
