// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

const otherNames60 = "WOLFESCHLEGELSTEINHAUSEN-BERGERDORFF, SMITHSON / O'NEILLDOTT"

// others is d with other names in its passport.
func others(d pdf.Document, names cert.Private) pdf.Document {
	c, p := *d.Certificate, *d.Certificate.Passport
	p.Others = names
	c.Passport, d.Certificate = &p, &c
	return d
}

// Rows: E4, R5.2
func TestOthersPrintable(t *testing.T) {
	for names, want := range map[cert.Private]bool{
		"SUZUKI": true, "Suzuki": true, "SUZUKI ANNE-MARIE": true, "O'NEIL, D'ARC / LÉGER": true, "NGUYỄN": true, "Š": true, otherNames60: true,
		"": false, " ": false, "-": false, ",/'": false, " SUZUKI": false, "SUZUKI ": false, "SUZUKI  ANNE": false,
		"(SUZUKI)": false, "SUZUKI)": false, "鈴木": false, "SUZUKI 2": false, "SUZUKI.": false, "SUZUKI\n": false, "SUZUKI\u00a0A": false, "SUZUKI\u3000A": false,
		"ＳＵＺＵＫＩ": false, "СУЗУКИ": false, "E\u0301": false, "O’NEIL": false, "\xff": false, "ﬁ": false, "ª": false, "SU\u200bZU": false, "A<B": false,
	} {
		if got := pdf.OthersPrintable(names); got != want {
			t.Errorf("%q: %t", names.Reveal(), got)
		}
		if want || names == "" {
			continue
		}
		d := others(sample(plain(), cert.Overseas, 2, 0), names)
		for _, d := range []pdf.Document{d, written(d, insisted)} {
			if _, err := renderer(t).Render(d); !errors.Is(err, pdf.ErrDocument) {
				t.Errorf("%q: Render: %v", names.Reveal(), err)
			}
			if err := renderer(t).Fits(d.Certificate); !errors.Is(err, pdf.ErrDocument) {
				t.Errorf("%q: Fits: %v", names.Reveal(), err)
			}
		}
	}
}

// Rows: E4, R5.1, R5.2
func TestOthersBelowPassportName(t *testing.T) {
	r := renderer(t)
	for _, names := range []cert.Private{"SUZUKI", "O'NEIL, D'ARC / LÉGER", otherNames60, cert.Private(otherNames60 + " / " + otherNames60)} {
		d := others(sample(plain(), cert.Overseas, 5, 0), names)
		for _, d := range []pdf.Document{d, written(d, insisted), copyEvident(d)} {
			if err := r.Fits(d.Certificate); err != nil {
				t.Errorf("%q: %v", names.Reveal(), err)
			}
			file := render(t, r, d)
			if err := r.Check(file, d); err != nil {
				t.Errorf("%q: %v", names.Reveal(), err)
			}
			page := must(pdf.Read(file))
			seen := texts(page)
			at := slices.Index(seen, "MIHON HANAKO")
			end := slices.Index(seen, "生年月日")
			if at < 0 || end <= at || strings.Join(seen[at+1:end], " ") != "("+names.Reveal()+")" {
				t.Errorf("%q is not below the name in the passport", names.Reveal())
				continue
			}
			if a, b := page.Runs[at], page.Runs[at+1]; a.X != b.X || b.Y <= a.Y || b.Size > a.Size {
				t.Errorf("%q: not below", names.Reveal())
			}
		}
	}
}

// A domestic paper has no word of a passport.
//
// Rows: E4
func TestOthersOverseasOnly(t *testing.T) {
	r := renderer(t)
	plainly := sample(plain(), cert.Domestic, 2, 0)
	bare := render(t, r, plainly)
	for _, names := range []cert.Private{"SUZUKI", "鈴木", cert.Private(strings.Repeat("A", 1000))} {
		d := plainly
		c := *d.Certificate
		c.Passport = others(sample(plain(), cert.Overseas, 1, 0), names).Certificate.Passport
		d.Certificate = &c
		if err := r.Fits(d.Certificate); err != nil {
			t.Error(err)
		}
		if file := render(t, r, d); string(file) != string(bare) {
			t.Error("a domestic page depends on a passport")
		}
		if err := r.Check(bare, d); err != nil {
			t.Error(err)
		}
	}
}

// Rows: E4, R5.2
func TestOthersWithoutRoom(t *testing.T) {
	r := renderer(t)
	d := others(sample(plain(), cert.Overseas, 5, 0), cert.Private(strings.Repeat("SUZUKI ", 80)+"A"))
	if err := r.Fits(d.Certificate); !errors.Is(err, pdf.ErrNoRoom) {
		t.Errorf("Fits: %v", err)
	}
	if _, err := r.Render(d); !errors.Is(err, pdf.ErrNoRoom) {
		t.Errorf("Render: %v", err)
	}
	var missing *pdf.GlyphError
	strangely := cert.Private("\u0181LE") // a letter that the embedded font lacks
	if err := r.Fits(others(d, strangely).Certificate); !errors.As(err, &missing) {
		t.Errorf("a letter without a glyph: %v", err)
	}
}

// Rows: E4, R1.4, R5.1
func TestCheckCatchesOthersFaults(t *testing.T) {
	r := renderer(t)
	none := sample(plain(), cert.Overseas, 3, 0)
	d := others(none, "SUZUKI")
	file := render(t, r, d)
	content := func(edit func([]byte) []byte) []byte { return rewrite(t, file, isContent, edit) }
	text := func(from, to string) []byte { return content(replace(operand(from), operand(to))) }
	as := func(names cert.Private) []byte { return render(t, r, others(none, names)) }
	inside := none
	c, p := *none.Certificate, *none.Certificate.Passport
	p.Secondary += " (SUZUKI)"
	c.Passport, inside.Certificate = &p, &c

	for what, c := range map[string]struct {
		file []byte
		want pdf.Document
		item string
	}{
		"dropped":                        {render(t, r, none), d, "other names"},
		"extra":                          {file, none, "label"},
		"another's":                      {as("SATO"), d, "other names"},
		"longer":                         {as("SUZUKI ANNE"), d, "other names"},
		"shorter":                        {file, others(none, "SUZUKI ANNE"), "other names"},
		"in another order":               {as("SATO / SUZUKI"), others(none, "SUZUKI / SATO"), "other names"},
		"in the other case":              {as("Suzuki"), d, "other names"},
		"a letter":                       {text("(SUZUKI)", "(SUZUKA)"), d, "other names"},
		"no parentheses":                 {text("(SUZUKI)", "SUZUKI"), d, "other names"},
		"an open parenthesis":            {text("(SUZUKI)", "(SUZUKI"), d, "other names"},
		"twice":                          {text("(SUZUKI)", "(SUZUKI)(SUZUKI)"), d, "other names"},
		"in the place of the name":       {content(swapPositions("MIHON HANAKO", "(SUZUKI)")), d, "passport name"},
		"within the name":                {render(t, r, inside), d, "passport name"},
		"on a page without symbols":      {render(t, r, written(none, insisted)), written(d, insisted), "other names"},
		"extra on one without symbols":   {render(t, r, written(d, insisted)), written(none, insisted), "label"},
		"another's on one without":       {render(t, r, written(others(none, "SATO"), insisted)), written(d, insisted), "other names"},
		"extra on a domestic page":       {domesticWith(t, r, "SUZUKI"), sample(plain(), cert.Domestic, 3, 0), ""},
		"white":                          {content(around(t, file, "(SUZUKI)", "q 1 g ", " Q")), d, "ways of painting"},
		"outlines of one letter as of K": {letterAs(t, file), d, ""},
	} {
		t.Run(what, func(t *testing.T) {
			var mismatch *pdf.MismatchError
			if err := r.Check(c.file, c.want); !errors.As(err, &mismatch) || c.item != "" && mismatch.Item != c.item {
				t.Errorf("Check: %v, want %q", err, c.item)
			}
		})
	}
}

// domesticWith is a domestic page with other names below the name.
func domesticWith(t *testing.T, r *pdf.Renderer, names string) []byte {
	file := render(t, r, sample(plain(), cert.Domestic, 3, 0))
	return rewrite(t, file, isContent, around(t, file, "1985年3月14日", "", " q 1 0 0 1 0 40 cm BT X Y Td ("+operand("("+names+")")+") Tj ET Q"))
}

// letterAs gives Z the outline of K in the file's own font.
func letterAs(t *testing.T, file []byte) []byte {
	t.Helper()
	fixed, _ := fontsOf(t, file)
	return fixed.numbered(file, func(m []byte) []byte {
		copy(m[2*'Z':], m[2*'K':2*'K'+2])
		return m
	})
}

// Whatever other names hold, they are refused, or the page says exactly that.
func FuzzOthers(f *testing.F) {
	for _, s := range []string{"SUZUKI", "O'NEIL / D'ARC", "É", "a-b, c", "鈴木", " ", "(A)", "\xff", strings.Repeat("A ", 90) + "A"} {
		f.Add(s)
	}
	r := renderer(f)
	f.Fuzz(func(t *testing.T, names string) {
		d := written(others(sample(plain(), cert.Overseas, 1, 0), cert.Private(names)), "見夲")
		file, err := r.Render(d)
		fits := r.Fits(d.Certificate)
		if err != nil {
			var missing *pdf.GlyphError
			if errors.Is(err, pdf.ErrDocument) == pdf.OthersPrintable(cert.Private(names)) {
				t.Errorf("%q: %v", names, err)
			}
			if !errors.Is(err, pdf.ErrDocument) && !errors.Is(err, pdf.ErrNoRoom) && !errors.As(err, &missing) || fits == nil {
				t.Errorf("%q: %v, Fits: %v", names, err, fits)
			}
			return
		}
		if fits != nil || names != "" && !pdf.OthersPrintable(cert.Private(names)) {
			t.Errorf("%q was printed, Fits: %v", names, fits)
		}
		if err := r.Check(file, d); err != nil {
			t.Errorf("%q: %v", names, err)
		}
	})
}
