// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// find returns where the text object that paints s lies in a content stream,
// and where on the page it stands, in points.
func find(t *testing.T, file, content []byte, s string) (from, to int, x, y float64) {
	t.Helper()
	at, show := -1, []byte(nil)
	fixed, own := fontsOf(t, file)
	for _, f := range []setFont{own, fixed} {
		if at < 0 && f.has(s) {
			show = []byte(" Td (" + f.operand(s) + ") Tj ET")
			at = bytes.Index(content, show)
		}
	}
	from = bytes.LastIndex(content[:max(at, 0)], []byte("BT "))
	if at < 0 || from < 0 {
		t.Fatalf("%q is not painted", s)
	}
	if _, err := fmt.Sscan(string(content[from+3:at]), &x, &y); err != nil {
		t.Fatal(err)
	}
	return from, at + len(show), x, y
}

// around puts operators before and after the text object that paints s. X and
// Y in them stand for its place.
func around(t *testing.T, file []byte, s, before, after string) func([]byte) []byte {
	return func(b []byte) []byte {
		from, to, x, y := find(t, file, b, s)
		place := strings.NewReplacer("X", fmt.Sprintf("%.2f", x), "Y", fmt.Sprintf("%.2f", y))
		return slices.Concat(b[:from], []byte(place.Replace(before)), b[from:to], []byte(place.Replace(after)), b[to:])
	}
}

// scaled is what stands at the place of s, made smaller where it stands.
func scaled(t *testing.T, file []byte, s string, across, up float64) func([]byte) []byte {
	return func(b []byte) []byte {
		_, _, x, y := find(t, file, b, s)
		cm := fmt.Sprintf("q %.3f 0 0 %.3f %.3f %.3f cm ", across, up, x*(1-across), y*(1-up))
		return around(t, file, s, cm, " Q")(b)
	}
}

// object returns the number of the first object whose dictionary begins so.
func object(t *testing.T, file []byte, dict string) string {
	t.Helper()
	m := regexp.MustCompile(`\n(\d+) 0 obj\s*<<` + regexp.QuoteMeta(dict)).FindSubmatch(file)
	if m == nil {
		t.Fatalf("no object %s", dict)
	}
	return string(m[1])
}

// hidden are versions of a page of ours whose words and symbols are all
// there, and on which a person would not see them all.
func hidden(t *testing.T, file []byte, name string) map[string][]byte {
	content := func(edit func([]byte) []byte) []byte { return rewrite(t, file, isContent, edit) }
	wrap := func(s, before, after string) []byte { return content(around(t, file, s, before, after)) }
	const foot = "Certificate ID"
	return map[string][]byte{
		"all text white":                 content(func(b []byte) []byte { return regexp.MustCompile(`(?m)BT ([0-9])`).ReplaceAll(b, []byte("1 g BT $1")) }),
		"name white":                     wrap(name, "q 1 g ", " Q"),
		"name nearly white":              wrap(name, "q 1 1 0.9 rg ", " Q"),
		"name pale":                      wrap(name, "q 0.5 g ", " Q"),
		"name tiny":                      content(scaled(t, file, name, 0.1, 0.1)),
		"name half as large":             content(scaled(t, file, name, 0.45, 0.45)),
		"label below the page":           wrap(foot, "q 1 0 0 1 -500 0 cm ", " Q"),
		"name mirrored":                  content(scaled(t, file, name, -1, 1)),
		"name flat":                      content(scaled(t, file, name, 1, 0.7)),
		"white over the name":            wrap(name, "", " q 1 g X Y 200 12 re f Q"),
		"white under the name":           wrap(name, "q 1 g X Y 200 12 re f Q ", ""),
		"black under the name":           wrap(name, "q 0 g X Y 200 12 re f Q ", ""),
		"white line on the name":         wrap(name, "", " q 1 G 20 w 1 0 0 1 0 20 cm X Y m 560 Y l S Q"),
		"name struck out":                wrap(name, "", " q 0 G 1 w 1 0 0 1 0 5 cm X Y m 560 Y l S Q"),
		"a thick line":                   content(func(b []byte) []byte { return append(b, "\n0 G 9 w 5 8 m 100 8 l S"...) }),
		"a bent line":                    content(func(b []byte) []byte { return append(b, "\n0 G .1 w 5 8 m 100 8 l 200 8 l S"...) }),
		"a grey area":                    content(func(b []byte) []byte { return append(b, "\n.9 g 5 5 10 10 re f"...) }),
		"a caption on a symbol's ground": wrap("国内・海外用二次元コード", "q 1 0 0 1 0 4 cm ", " Q"),
		"a symbol in grey":               content(func(b []byte) []byte { return symbolMatrix.ReplaceAll(b, []byte("q .9 g $1 0 0 $2$3")) }),
		"name transparent":               withState(t, wrap(name, "q /T gs ", " Q"), "/ca 0.01"),
		"name in two places":             content(inTwo(t, file, name)),
		"white on the title":             wrap("新型コロナウイルス感染症予防接種証明書", "", " q 1 g X Y m 400 Y l 400 820 l X 820 l f Q"),
		"white beside all":               content(func(b []byte) []byte { return append(b, "\n1 g 5 5 10 10 re f"...) }),
		"text on text":                   wrap("1985-03-14", "q 1 0 0 1 -158 0 cm ", " Q"),
		"slanted text on top":            content(func(b []byte) []byte { return append(b, "\nq 2 2 -2 2 300 300 cm BT 0 0 Td (\x00A) Tj ET Q"...) }),
		"transparent":                    withState(t, content(func(b []byte) []byte { return append([]byte("/T gs "), b...) }), "/ca 0.01"),
		"blended":                        withState(t, content(func(b []byte) []byte { return append([]byte("/T gs "), b...) }), "/BM /Screen"),
		"turned by the tree":             update(t, file, object(t, file, "/Type /Pages"), "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595.28 841.89] /Rotate 180>>"),
		"cropped by the tree":            update(t, file, object(t, file, "/Type /Pages"), "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595.28 841.89] /CropBox [0 0 99 99]>>"),
		"a shading":                      content(func(b []byte) []byte { return append(b, "\n/Sh1 sh"...) }),
		"text under no font":             content(func(b []byte) []byte { return append(b, "\nBT /None 9 Tf 60 400 Td (A) Tj ET"...) }),
	}
}

// withState gives the resources a graphics state T.
func withState(t *testing.T, file []byte, entries string) []byte {
	file = update(t, file, "900", "<</Type /ExtGState "+entries+">>")
	return withResource(t, file, "/ExtGState <</T 900 0 R>>")
}

// withResource puts an entry into the resources.
func withResource(t *testing.T, file []byte, entry string) []byte {
	t.Helper()
	before := []byte("<</Font <<")
	if bytes.Count(file, before) != 1 {
		t.Fatal("no resources")
	}
	return bytes.Replace(file, before, []byte("<<"+entry+" /Font <<"), 1) // the reader finds objects by looking
}

// inTwo moves the last character of s away from the others.
func inTwo(t *testing.T, file []byte, s string) func([]byte) []byte {
	return func(b []byte) []byte {
		from, to, x, y := find(t, file, b, s)
		_, own := fontsOf(t, file)
		r := []rune(s)
		k := len(r) - 1
		both := fmt.Sprintf("BT %.2f %.2f Td (%s) Tj ET BT %.2f %.2f Td (%s) Tj ET", x, y, own.operand(string(r[:k])), x+150, y, own.operand(string(r[k:])))
		return slices.Concat(b[:from], []byte(both), b[to:])
	}
}

// Rows: R1.4
func TestHiddenIsRefused(t *testing.T) {
	t.Parallel() // slow under the race detector
	r := renderer(t)
	d := sample(plain(), cert.Overseas, 3, 0)
	for name, file := range hidden(t, render(t, r, d), d.Certificate.Holder.Name.Reveal()) {
		t.Run(name, func(t *testing.T) {
			page, err := pdf.Read(file)
			if err != nil || page.Plain {
				t.Errorf("Read: plain, %v", err)
			}
			var mismatch *pdf.MismatchError
			if err := r.Check(file, d); !errors.As(err, &mismatch) {
				t.Errorf("Check: %v", err)
			}
		})
	}
}

// What stands under an ActualText is what is painted, and what is painted is
// what the fonts have for it.
//
// Rows: R1.4, R5.2
func TestPaintedNameIsCompared(t *testing.T) {
	r := renderer(t)
	p := plain()
	p.name = "見本　花子𠮷葛\U000E0100"
	d := sample(p, cert.Overseas, 2, 0)
	file := render(t, r, d)
	if err := r.Check(file, d); err != nil {
		t.Fatal(err)
	}
	content := func(old, new string) []byte { return rewrite(t, file, isContent, replace(old, new)) }
	isFont := func(b []byte) bool { return bytes.HasPrefix(b, []byte{0, 1, 0, 0}) }
	fixed, own := fontsOf(t, file)
	first, second := own.operand("𠮷"), own.operand("葛\U000E0100")
	painted := own.operand(p.name)
	named := func(old, new string) []byte {
		return content(painted, strings.Replace(painted, old, new, 1))
	}
	const as = "name as painted"
	for name, c := range map[string]struct {
		file  []byte
		item  string
		plain bool // it takes the fonts to see it
	}{
		"given name turned round":      {named(own.operand("花子"), own.operand("子花")), as, false},
		"another family name":          {named(own.operand("見本"), own.operand("東京")), as, false},
		"a character more":             {named(own.operand("花子"), own.operand("花子子")), as, false},
		"a character less":             {named(own.operand("花子"), own.operand("子")), as, false},
		"the last character less":      {named(first+second, first), as, false},
		"written from top to bottom":   {bytes.Replace(file, []byte("/Identity-H"), []byte("/Identity-V"), 1), "label as painted", true},
		"rare codes turned round":      {named(first+second, second+first), as, false},
		"one rare code twice":          {named(first+second, first+first), as, false},
		"a rare code for another":      {named(own.operand("花子"), first+own.operand("子")), as, false},
		"ActualText in another order":  {content("82B15B50", "5B5082B1"), "name", false},
		"glyphs exchanged":             {own.exchanged(file, "花", "子"), as, true},
		"glyphs of a label exchanged":  {fixed.exchanged(file, "氏", "名"), "label as painted", true},
		"rare glyphs exchanged":        {own.exchanged(file, "𠮷", "葛\U000E0100"), as, true},
		"no glyph":                     {own.numbered(file, func(m []byte) []byte { clear(m[2*own.codes["花"]:][:2]); return m }), as, true},
		"glyph numbers gone":           {fixed.numbered(file, func([]byte) []byte { return nil }), "label as painted", true},
		"no glyph numbers":             {bytes.Replace(file, []byte("/CIDToGIDMap /Identity"), []byte("/CIDToGIDMap /Identitx"), 1), "label as painted", true},
		"outlines changed":             {rewrite(t, file, isFont, bend("glyf", 40)), "label as painted", true},
		"bearings changed":             {rewrite(t, file, isFont, bend("hmtx", 3)), "label as painted", true},
		"another em":                   {rewrite(t, file, isFont, bend("head", 18)), "label as painted", true},
		"widths in the file":           {bytes.Replace(file, []byte(" 555 555 555 "), []byte(" 555 500 555 "), 1), "label as painted", true},
		"no font program":              {rewrite(t, file, isFont, func([]byte) []byte { return nil }), "label as painted", true},
		"ToUnicode agrees with a lie":  {lie(t, file, "花", "\u864E"), as, true},
		"ActualText that never closes": {rewrite(t, file, isContent, func(b []byte) []byte { return append(b, "/Span <</ActualText (x)>> BDC BT 60 400 Td (\x00A) Tj ET"...) }), "", false},
		"painted without a meaning":    {unmeant(t, file), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			want := d
			if name == "ToUnicode agrees with a lie" {
				want = sample(p, cert.Overseas, 2, 0)
				want.Certificate.Holder.Name = cert.Private(strings.Replace(p.name, "花", "\u864E", 1))
			}
			var mismatch *pdf.MismatchError
			if err := r.Check(c.file, want); !errors.As(err, &mismatch) || c.item != "" && mismatch.Item != c.item {
				t.Errorf("Check: %v, want %q", err, c.item)
			}
			if page, err := pdf.Read(c.file); err != nil || page.Plain && !c.plain {
				t.Errorf("Read: plain, %v", err)
			}
		})
	}
}

// bend changes every 96th byte of a table of a font.
func bend(table string, from int) func([]byte) []byte {
	return func(b []byte) []byte {
		for i := range int(b[5]) {
			if rec := b[12+16*i:]; string(rec[:4]) == table {
				at, n := int(binary.BigEndian.Uint32(rec[8:])), int(binary.BigEndian.Uint32(rec[12:]))
				for k := at + from; k < at+n; k += 96 {
					b[k] ^= 4
				}
			}
		}
		return b
	}
}

// lie makes ActualText and ToUnicode say new where old is painted.
func lie(t *testing.T, file []byte, old, new string) []byte {
	t.Helper()
	o, n := fmt.Sprintf("%04X", []rune(old)[0]), fmt.Sprintf("%04X", []rune(new)[0])
	says := []byte("> <" + o + ">\n")
	file = rewrite(t, file, isContent, replace(o, n))
	return rewrite(t, file, func(b []byte) bool { return isToUnicode(b) && bytes.Contains(b, says) }, replace(string(says), "> <"+n+">\n"))
}

func isToUnicode(b []byte) bool { return bytes.Contains(b, []byte("begincmap")) }

// unmeant paints a glyph more, which ToUnicode maps to nothing.
func unmeant(t *testing.T, file []byte) []byte {
	t.Helper()
	file = rewrite(t, file, isToUnicode, replace("endcmap", "1 beginbfchar <8B66> <> endbfchar endcmap"))
	return rewrite(t, file, isContent, func(b []byte) []byte { return append(b, "BT 60 400 Td (\x8B\x66) Tj ET"...) })
}

// Rows: R1.4
func TestSpecimenMarkIsSeen(t *testing.T) {
	r := renderer(t)
	d := sample(plain(), cert.Domestic, 1, 0)
	d.Specimen = true
	file := render(t, r, d)
	fixed, _ := fontsOf(t, file)
	content := func(old, new string) []byte { return rewrite(t, file, isContent, replace(old, new)) }
	for name, file := range map[string][]byte{
		"white":        content("0.941 0.816 0.816 rg", "1 1 1 rg"),
		"nearly white": content("0.941 0.816 0.816 rg", "0.99 0.98 0.98 rg"),
		"small":        content(" 80.00 Tf", " 20.00 Tf"),
		"elsewhere":    content(" cm\nBT", " cm 1 0 0 1 900 0 cm\nBT"),
		"other words":  content(fixed.operand("見本"), fixed.operand("証明")),
		"other glyphs": fixed.exchanged(file, "M", "N"),
	} {
		var mismatch *pdf.MismatchError
		if err := r.Check(file, d); !errors.As(err, &mismatch) || mismatch.Item != "specimen mark" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
