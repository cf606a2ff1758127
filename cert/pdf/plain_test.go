// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// Every page that this package writes is plain.
func TestOwnPagesArePlain(t *testing.T) {
	t.Parallel() // slow under the race detector
	r := renderer(t)
	for name, d := range table() {
		page, err := pdf.Read(render(t, r, d))
		if err != nil || !page.Plain {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A code that a reader of the paper cannot see must not speak for the paper.
func TestPagesThatHideAreNotPlain(t *testing.T) {
	file := render(t, renderer(t), sample(plain(), cert.Overseas, 3, 0))
	content := func(change func([]byte) []byte) []byte { return rewrite(t, file, isContent, change) }
	before := func(s string) []byte {
		return content(func(b []byte) []byte { return append([]byte(s+"\n"), b...) })
	}
	after := func(s string) []byte { return content(func(b []byte) []byte { return append(b, "\n"+s...) }) }
	for name, changed := range map[string][]byte{
		"clipped away":        before("0 0 0 0 re W n"),
		"grey, nearly white":  content(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("0.000 g"), []byte("0.990 g")) }),
		"an inline image":     after("q 100 0 0 100 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q"),
		"black over a code":   after("0 g 300 20 m 560 20 l 560 300 l 300 300 l f"),
		"a line over a code":  after("0 G 40 w 0 100 m 600 100 l S"),
		"white over a code":   after("1 g 0 0 200 20 re f 0 0 600 300 re f"),
		"invisible text":      after("BT 3 Tr ET"),
		"shading":             after("/Sh1 sh"),
		"a code off the page": content(func(b []byte) []byte { return append([]byte("1 0 0 1 1000 0 cm\n"), b...) }),
		"a code too small":    content(func(b []byte) []byte { return append([]byte(".2 0 0 .2 0 0 cm\n"), b...) }),
	} {
		page, err := pdf.Read(changed)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if page.Plain && len(page.Symbols) == 2 {
			t.Errorf("%s: plain", name)
		}
	}
}

func TestSeveralPagesAreNotPlain(t *testing.T) {
	dir := t.TempDir()
	for i, p := range []person{plain(), longest()} {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".pdf"), render(t, renderer(t), sample(p, cert.Domestic, 2, 0)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, b := filepath.Join(dir, "a.pdf"), filepath.Join(dir, "b.pdf")
	for name, args := range map[string][]string{
		"pages":   {"--empty", "--pages", a, b, "--"},
		"overlay": {a, "--overlay", b, "--"},
		"turned":  {a, "--rotate=+90"},
	} {
		out := filepath.Join(dir, name+".pdf")
		output(t, "qpdf", append(args, out)...)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		page, err := pdf.Read(data)
		if err != nil {
			t.Fatal(name, err)
		}
		if page.Plain {
			t.Errorf("%s: plain", name)
		}
	}
}
