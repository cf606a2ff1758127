// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// written is d with a name that the applicant insists on, and so without
// symbols.
func written(d pdf.Document, name cert.Private) pdf.Document {
	c := *d.Certificate
	c.Written, d.Certificate, d.SHC, d.VDSNC = name, &c, "", ""
	return d
}

// insisted is a name in forms that are not the registered ones of [plain].
const insisted = "見夲　蕐子𠮷邉\U000E0103"

// unusual is every shape of page that only the counter makes.
func unusual() map[string]pdf.Document {
	all := map[string]pdf.Document{}
	for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
		all["written "+string(kind)] = written(sample(plain(), kind, 1, 0), insisted)
		five := written(sample(plain(), kind, 5, 0), insisted)
		five.Specimen = true
		all["written specimen "+string(kind)] = five
		all["written long "+string(kind)] = written(sample(longest(), kind, 5, 3), cert.Private(strings.Repeat("寿限無", 45)))
	}
	both := others(sample(longest(), cert.Overseas, 5, 7), otherNames60)
	for i := range both.Certificate.Doses {
		both.Certificate.Doses[i].Vaccine = vaccines()[3]
		both.Certificate.Doses[i].Lot = "WWWW0123456789WWWW01"
	}
	all["others"] = others(sample(plain(), cert.Overseas, 2, 0), "SUZUKI")
	all["others of 60 letters"] = both
	all["others of 60 letters, written"] = written(both, cert.Private(longest().name))
	return all
}

// Rows: E8, R5.1, R5.2
func TestWrittenNameStandsAlone(t *testing.T) {
	r := renderer(t)
	for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
		usual := sample(plain(), kind, 3, 0)
		d := written(usual, insisted)
		file := render(t, r, d)
		if err := r.Check(file, d); err != nil {
			t.Fatal(err)
		}
		page, err := pdf.Read(file)
		if err != nil || !page.Plain || len(page.Symbols) > 0 {
			t.Fatalf("plain %t, %d symbols, %v", page.Plain, len(page.Symbols), err)
		}
		seen, old := texts(page), texts(must(pdf.Read(render(t, r, usual))))
		gone := func(s string) bool {
			return s == plain().name || strings.Contains(s, "二次元コード") || strings.Contains(s, "codes") || strings.HasPrefix(s, "SMART") || strings.HasPrefix(s, "ICAO")
		}
		for _, s := range old {
			if slices.Contains(seen, s) == gone(s) {
				t.Errorf("%s: %q on the page: %t", kind, s, gone(s))
			}
		}
		for _, want := range []string{insisted, "二次元コードなし", "No two-dimensional code"} {
			if !slices.Contains(seen, want) {
				t.Errorf("%s: %q is missing", kind, want)
			}
		}
	}
}

func must(p *pdf.Page, err error) *pdf.Page {
	if err != nil {
		return &pdf.Page{}
	}
	return p
}

func texts(p *pdf.Page) []string {
	var out []string
	for _, r := range p.Runs {
		out = append(out, r.Text)
	}
	return out
}

// A printer's picture of the page has no code in it, and extractors find the
// written name.
//
// Rows: E8, R5.2
func TestWrittenPaperSeenByOthers(t *testing.T) {
	zbarimg := need(t, "zbarimg")
	for _, d := range []pdf.Document{
		written(sample(plain(), cert.Domestic, 2, 0), insisted),
		copyEvident(written(sample(plain(), cert.Overseas, 3, 0), insisted)),
	} {
		file := render(t, renderer(t), d)
		out, err := exec.CommandContext(t.Context(), zbarimg, "-q", "--raw", raster(t, file, "-png")).Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 4 || len(out) > 0 { // 4: nothing found
			t.Errorf("zbarimg: %v, %d bytes", err, len(out))
		}
		text := output(t, "pdftotext", "-raw", save(t, file), "-")
		if !strings.Contains(text, insisted) || strings.Contains(text, plain().name) {
			t.Error("pdftotext returns another name")
		}
		if out := output(t, "qpdf", "--check", save(t, file)); strings.Contains(out, "WARNING") {
			t.Error(out)
		}
	}
}

// Only the symbols make way for the note: all else stands where it does on an
// ordinary domestic page.
func TestWrittenLeavesItemsInPlace(t *testing.T) {
	r := renderer(t)
	usual := sample(plain(), cert.Domestic, 2, 0)
	d := written(usual, cert.Private(plain().name))
	a, b := must(pdf.Read(render(t, r, usual))), must(pdf.Read(render(t, r, d)))
	if len(a.Rules) == 0 || !slices.Equal(a.Rules, b.Rules) {
		t.Errorf("rules moved: %+v, %+v", a.Rules, b.Rules)
	}
	for i := range a.Runs[:len(a.Runs)-4] {
		if x, y := a.Runs[i], b.Runs[i]; x.Text != y.Text || x.X != y.X || x.Y != y.Y {
			t.Errorf("%q moved", x.Text)
		}
	}
}

// Rows: E8, R5.2
func TestWrittenRefused(t *testing.T) {
	r := renderer(t)
	for what, c := range map[string]struct {
		kind  cert.Kind
		spoil func(*pdf.Document)
	}{
		"with an SHC":             {cert.Domestic, func(d *pdf.Document) { d.SHC = "shc:/01" }},
		"overseas with an SHC":    {cert.Overseas, func(d *pdf.Document) { d.SHC = "shc:/01" }},
		"overseas with a VDS-NC":  {cert.Overseas, func(d *pdf.Document) { d.VDSNC = "{}" }},
		"domestic with a VDS-NC":  {cert.Domestic, func(d *pdf.Document) { d.VDSNC = "{}" }},
		"blank":                   {cert.Domestic, func(d *pdf.Document) { d.Certificate.Written = " \u3000" }},
		"no registered name":      {cert.Domestic, func(d *pdf.Document) { d.Certificate.Holder.Name = "" }},
		"not written, no symbol":  {cert.Domestic, func(d *pdf.Document) { d.Certificate.Written = "" }},
		"not written, no symbols": {cert.Overseas, func(d *pdf.Document) { d.Certificate.Written = "" }},
		"no passport":             {cert.Overseas, func(d *pdf.Document) { d.Certificate.Passport = nil }},
	} {
		d := written(sample(plain(), c.kind, 2, 0), insisted)
		c.spoil(&d)
		if _, err := r.Render(d); !errors.Is(err, pdf.ErrDocument) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, name := range map[string]cert.Private{
		"control": "山\x07田", "no glyph": "ა", "not UTF-8": "\xff", "private (外字)": "\uE123",
	} {
		var missing *pdf.GlyphError
		if _, err := r.Render(written(sample(plain(), cert.Overseas, 2, 0), name)); !errors.As(err, &missing) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The registered name is not on the page, and need not be printable.
	d := written(sample(plain(), cert.Domestic, 2, 0), insisted)
	d.Certificate.Holder.Name = "山\uE123"
	if err := r.Check(render(t, r, d), d); err != nil {
		t.Error(err)
	}
}

// Rows: E8, R5.2
func TestFitsLooksAtWhatIsShown(t *testing.T) {
	r := renderer(t)
	long := cert.Private(strings.Repeat("寿限無", 100))
	for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
		d := sample(plain(), kind, 5, 0)
		if err := r.Fits(written(d, long).Certificate); !errors.Is(err, pdf.ErrNoRoom) {
			t.Errorf("%s: a written name without room: %v", kind, err)
		}
		d.Certificate.Holder.Name = long
		if err := r.Fits(d.Certificate); !errors.Is(err, pdf.ErrNoRoom) {
			t.Errorf("%s: a name without room: %v", kind, err)
		}
		if err := r.Fits(written(d, insisted).Certificate); err != nil {
			t.Errorf("%s: a written name with room: %v", kind, err)
		}
		var missing *pdf.GlyphError
		if err := r.Fits(written(d, "ა"+long[:300]).Certificate); !errors.As(err, &missing) {
			t.Errorf("%s: a long name without glyphs: %v", kind, err)
		}
	}
	for name, d := range unusual() {
		if err := r.Fits(d.Certificate); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// symbolsOf returns operators that paint the symbols of a page.
func symbolsOf(t *testing.T, file []byte) []byte {
	t.Helper()
	var out []byte
	for _, m := range must(pdf.Read(file)).Symbols {
		out = fmt.Appendf(out, "q 1.1 0 0 -1.1 %d 220 cm\n%s Q\n", 100+250*(len(out)&1), pathOf(m))
	}
	if len(out) == 0 {
		t.Fatal("no symbols")
	}
	return out
}

// Rows: E8, R1.4, R5.1
func TestCheckCatchesWrittenFaults(t *testing.T) {
	r := renderer(t)
	usual := sample(plain(), cert.Overseas, 3, 0)
	const name = "見夲　蕐子"
	d := written(usual, name)
	file := render(t, r, d)
	same := rewrite(t, file, isContent, func(b []byte) []byte { return append(b, ' ', '\n') })
	if err := r.Check(same, d); err != nil {
		t.Fatalf("a rewritten file: %v", err)
	}
	named := sample(person{name, plain().primary, plain().secondary, plain().birth}, cert.Overseas, 3, 0)
	named.Certificate.Doses = usual.Certificate.Doses
	withText := d
	withText.SHC = usual.SHC
	withBoth := withText
	withBoth.VDSNC = usual.VDSNC
	content := func(edit func([]byte) []byte) []byte { return rewrite(t, file, isContent, edit) }
	fixed, own := fontsOf(t, file)
	painted := func(from, to string) []byte { return content(replace(fixed.operand(from), fixed.operand(to))) }
	after := func(s []byte) []byte {
		return content(func(b []byte) []byte { return slices.Concat(b, []byte("0 g\n"), s) })
	}
	without := func(s string) []byte {
		return content(func(b []byte) []byte {
			from, to, _, _ := find(t, file, b, s)
			return slices.Concat(b[:from], b[to:])
		})
	}
	symbols := symbolsOf(t, render(t, r, usual))

	for what, c := range map[string]struct {
		file []byte
		want pdf.Document
		item string
	}{
		"the ordinary page":               {render(t, r, usual), d, "name"},
		"the written name, with symbols":  {render(t, r, named), d, "label"},
		"symbols on the written page":     {after(symbols), d, "symbols"},
		"and in the document":             {after(symbols), withBoth, "symbols"},
		"symbols for the document alone":  {file, withText, "symbols"},
		"the written page as an ordinary": {file, usual, "name"},
		"the note where symbols should be": {
			render(t, r, written(named, name)), named, "label"},
		"the registered name in its place": {render(t, r, written(usual, cert.Private(plain().name))), d, "name"},
		"another written name":             {render(t, r, written(usual, "見夲　華子")), d, "name"},
		"one character painted":            {content(replace(own.operand(name), own.operand("見京　蕐子"))), d, "name as painted"},
		"one character in the text":        {content(replace("5932", "672C")), d, "name"},
		"a second name":                    {after([]byte("BT /F1 9.00 Tf ET BT 60 300 Td (" + operand("TARO") + ") Tj ET")), d, ""},
		"no note":                          {without("No two-dimensional code"), d, "label"},
		"another note":                     {painted("No two-dimensional code", "A two-dimensional code"), d, "label"},
		"part of a symbol":                 {after(slices.Concat(symbols[:bytes.Index(symbols, []byte(" re\n"))], []byte(" re f Q\n"))), d, ""},
		"white where symbols would be":     {after([]byte("1 g 200 100 100 100 re f\n")), d, ""},
	} {
		t.Run(what, func(t *testing.T) {
			var mismatch *pdf.MismatchError
			if err := r.Check(c.file, c.want); !errors.As(err, &mismatch) || c.item != "" && mismatch.Item != c.item {
				t.Errorf("Check: %v, want %q", err, c.item)
			}
		})
	}
}

// What hides the written name or the note is seen.
//
// Rows: E8, R1.4
func TestHiddenOnWrittenPageIsRefused(t *testing.T) {
	r := renderer(t)
	const name, note = "見夲花子", "二次元コードなし" // without a wide space: painted as they are
	d := written(sample(plain(), cert.Overseas, 3, 0), name)
	file := render(t, r, d)
	for _, s := range []string{name, note, "MIHON HANAKO"} {
		for how, edit := range map[string]func([]byte) []byte{
			"white":      around(t, file, s, "q 1 g ", " Q"),
			"pale":       around(t, file, s, "q 0.8 g ", " Q"),
			"tiny":       scaled(t, file, s, 0.1, 0.1),
			"mirrored":   scaled(t, file, s, -1, 1),
			"off":        around(t, file, s, "q 1 0 0 1 -500 0 cm ", " Q"),
			"covered":    around(t, file, s, "", " q 1 g X Y 200 12 re f Q"),
			"struck out": around(t, file, s, "", " q 0 G 1 w 1 0 0 1 0 5 cm X Y m 560 Y l S Q"),
		} {
			var mismatch *pdf.MismatchError
			if err := r.Check(rewrite(t, file, isContent, edit), d); !errors.As(err, &mismatch) {
				t.Errorf("%s %s: %v", s, how, err)
			}
		}
	}
}
