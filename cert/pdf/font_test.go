// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func noto(t testing.TB) *font {
	t.Helper()
	f, err := parseFont(notoSansJP)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// nameCorpus is what names are made of in practice: JIS X 0213 beyond the
// BMP, compatibility ideographs that must not be normalised, variation
// sequences, kana, widths, Latin letters with marks.
func nameCorpus() []string {
	return []string{
		"山田　太郎", "𠮷野　家子", "髙橋　﨑子", "神\uFA19\uF9DC", "邉\U000E0103 邉\U000E0104", "葛\U000E0100城　葛\U000E0101飾", "辻\U000E0100", "葛\U000E0100",
		"ヴェロニカ・ー々〆〇", "ｶﾞｷﾞﾉ ﾀﾛｳ", "DUPONT-LÉGER ÉLODIE", "Ō Ū ß Ø ñ", "渡邊［齋藤］花子", "濵﨑\u3000栁", "か\u3099き\u3099", "e\u0301", "A\u00A0B",
		"NGUYỄN THỊ HƯƠNG", "𡈽屋　𠀋", "𩸽", "神\uFE00",
	}
}

func TestFontHasNameCharacters(t *testing.T) {
	fonts := []*font{noto(t)}
	for _, s := range nameCorpus() {
		glyphs, _, err := shape(fonts, s)
		if err != nil {
			var missing *GlyphError
			errors.As(err, &missing)
			t.Errorf("%q: %v %U", s, err, missing.Rune)
			continue
		}
		joined := ""
		for _, g := range glyphs {
			joined += g.text
		}
		if joined != s {
			t.Errorf("%q: glyphs stand for %q", s, joined)
		}
	}
}

func TestVariationSequences(t *testing.T) {
	fonts := []*font{noto(t)}
	id := func(s string) uint16 {
		glyphs, _, err := shape(fonts, s)
		if err != nil || len(glyphs) != 1 {
			t.Fatalf("%q: %d glyphs, %v", s, len(glyphs), err)
		}
		return glyphs[0].id
	}
	if id("葛\U000E0100") == id("葛\U000E0101") {
		t.Error("葛: two sequences have one glyph")
	}
	if id("か\u3099") != id("が") {
		t.Error("か with a combining mark does not look like が")
	}
	for s, want := range map[string]bool{"葛\U000E0100": false, "邉\U000E010F": true, "葛": false, "山\U000E01EF": true} {
		glyphs, substituted, err := shape(fonts, s)
		if err != nil || substituted != want || glyphs[0].text != s {
			t.Errorf("%q: substituted %v, %v", s, substituted, err)
		}
	}
}

func TestShapeRefuses(t *testing.T) {
	fonts := []*font{noto(t)}
	for name, c := range map[string]struct {
		text string
		want rune
	}{
		"control":         {"山\x00田", 0},
		"line break":      {"山\n田", '\n'},
		"direction":       {"山\u202E田", 0x202E},
		"joiner":          {"山\u200D", 0x200D},
		"private":         {"\uE000", 0xE000},
		"not UTF-8":       {"山\xe3\x81", utf8.RuneError},
		"replacement":     {"\uFFFD", 0xFFFD},
		"lone selector":   {"\U000E0100", 0xE0100},
		"two selectors":   {"葛\U000E0100\U000E0101", 0xE0101},
		"no glyph":        {"Tamar ა", 'ა'},
		"surrogate bytes": {"\xed\xa0\x80", utf8.RuneError},
		"line separator":  {"a\u2028b", 0x2028},
	} {
		_, _, err := shape(fonts, c.text)
		var missing *GlyphError
		if !errors.As(err, &missing) || missing.Rune != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A cut font must show the same outlines as the whole one.
func TestCutKeepsOutlines(t *testing.T) {
	whole := noto(t)
	codes := map[uint16]uint16{}
	for i, s := range nameCorpus() {
		glyphs, _, err := shape([]*font{whole}, s)
		if err != nil {
			t.Fatal(err)
		}
		for k, g := range glyphs {
			codes[uint16(0x100*i+k+0x20)] = g.id
		}
	}
	data, err := whole.cut(codes)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 60_000 {
		t.Errorf("cut font has %d bytes", len(data))
	}
	compareCut(t, whole, data, codes)
}

// dejaVuPath is a font that gofpdf's module carries. What these tests are
// compiled with is there to be read.
func dejaVuPath(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/jung-kurt/gofpdf").Output()
	if err != nil {
		t.Fatalf("ask go where gofpdf is: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "font", "DejaVuSansCondensed.ttf")
}

// DejaVu, which gofpdf's module carries, composes letters with marks from
// parts; Noto Sans JP hardly does.
func TestCutKeepsComponents(t *testing.T) {
	data, err := os.ReadFile(dejaVuPath(t))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := parseFont(data)
	if err != nil {
		t.Fatal(err)
	}
	codes, composite := map[uint16]uint16{}, 0
	for _, r := range "zaéÉÅőŐǖẤệ" {
		id, ok := whole.glyph(r)
		if !ok {
			t.Fatalf("%c is missing", r)
		}
		codes[uint16(r)] = id
		if components(whole.outline(id)) != nil {
			composite++
		}
	}
	if composite < 5 {
		t.Errorf("%d composite glyphs", composite)
	}
	small, err := whole.cut(codes)
	if err != nil {
		t.Fatal(err)
	}
	compareCut(t, whole, small, codes)
}

// compareCut compares glyphs with two parsers: that of the writer and that
// of the reader.
func compareCut(t *testing.T, whole *font, cut []byte, codes map[uint16]uint16) {
	t.Helper()
	a, ok1 := openTypeface(assemble(mapped(whole)))
	b, ok2 := openTypeface(cut)
	if !ok1 || !ok2 {
		t.Fatal("the reader cannot open the font")
	}
	for code, id := range codes {
		x, ok1 := a.drawn(int(id))
		y, ok2 := b.drawn(b.character(rune(code)))
		if z, _ := a.drawn(int(id) + 1); !ok1 || !ok2 || !bytes.Equal(x, y) || bytes.Equal(x, z) && len(x) > 3 {
			t.Errorf("%04x: the reader sees another outline", code)
		}
	}
	small, err := parseFont(cut)
	if err != nil {
		t.Fatal(err)
	}
	for code, id := range codes {
		got, ok := small.glyph(rune(code))
		if !ok {
			t.Errorf("%04x is gone", code)
			continue
		}
		w1, b1 := whole.advance(id)
		if w2, b2 := small.advance(got); w1 != w2 || b1 != b2 {
			t.Errorf("%04x: width %d,%d became %d,%d", code, w1, b1, w2, b2)
		}
		if !sameOutline(whole, small, id, got) {
			t.Errorf("%04x: another outline", code)
		}
	}
}

// mapped are the tables of f.
func mapped(f *font) map[string][]byte {
	out := map[string][]byte{}
	for tag, t := range f.tables {
		out[tag] = t
	}
	return out
}

// Two parsers of character maps that share nothing find the same glyphs.
func TestParsersOfFontsAgree(t *testing.T) {
	for _, path := range []string{"font/NotoSansJP_400Regular.ttf", dejaVuPath(t)} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parseFont(data)
		if err != nil {
			t.Fatal(err)
		}
		g, ok := openTypeface(data)
		if !ok {
			t.Fatal("not opened")
		}
		for _, full := range []bool{g.everything, false} {
			if !full {
				g = &typeface{count: g.count}
				g.openMap(withoutFormat12(f.tables["cmap"]))
			}
			for r := range rune(0x30000) {
				want := f.cmap[r]
				if !full && r >= 0xFFFF {
					want = 0
				}
				if got := g.character(r); got != int(want) {
					t.Fatalf("%s %U: glyph %d, want %d", filepath.Base(path), r, got, want)
				}
			}
		}
		g, _ = openTypeface(data)
		for v := range f.variants {
			want, _ := f.variantGlyph(v)
			if got := g.sequence(v.base, v.selector); got != int(want) {
				t.Fatalf("%U %U: glyph %d, want %d", v.base, v.selector, got, want)
			}
		}
		if got := g.sequence('山', 0xE01EF); got != 0 {
			t.Errorf("an unknown sequence: %d", got)
		}
	}
}

// withoutFormat12 spoils the format numbers of the maps that are preferred.
func withoutFormat12(cmap []byte) []byte {
	out := bytes.Clone(cmap)
	t := table(out)
	for i := range t.u16(2) {
		if at := t.u32(8 + 8*i); t.u16(at) == 12 {
			out[at+1] = 99
		}
	}
	return out
}

// sameOutline compares two glyphs point by point, component by component.
func sameOutline(a, b *font, ga, gb uint16) bool {
	oa, ob := a.outline(ga), b.outline(gb)
	pa, pb := components(oa), components(ob)
	if len(pa) != len(pb) {
		return false
	}
	for i := range pa {
		if pa[i].flags&^hasInstructions != pb[i].flags ||
			!bytes.Equal(oa[pa[i].start+4:pa[i].end], ob[pb[i].start+4:pb[i].end]) ||
			!sameOutline(a, b, uint16(pa[i].glyph), uint16(pb[i].glyph)) {
			return false
		}
	}
	if len(pa) > 0 || len(oa) < 10 {
		return len(oa) >= 10 || len(ob) == 0
	}
	at := 10 + 2*oa.i16(0)
	tail := oa.from(at + 2 + oa.u16(at))
	return len(ob) >= at+2+len(tail) && bytes.Equal(oa[:at], ob[:at]) && bytes.Equal(tail, ob[at+2:at+2+len(tail)])
}

func TestParseFontRefuses(t *testing.T) {
	restricted := bytes.Clone(notoSansJP)
	f := noto(t)
	os2 := bytes.Index(restricted, f.tables["OS/2"])
	restricted[os2+9] = 2 // fsType: restricted licence
	for name, data := range map[string][]byte{
		"empty": nil, "CFF": []byte("OTTO\x00\x01"), "collection": []byte("ttcf\x00\x01\x00\x00"),
		"cut short": notoSansJP[:5000], "text": []byte("hello, world, this is not a font"), "not to be embedded": restricted,
	} {
		if _, err := parseFont(data); !errors.Is(err, ErrFont) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// addFonts adds small fonts to a corpus.
func addFonts(f *testing.F) {
	f.Helper()
	whole := noto(f)
	for _, s := range []string{"A山é", "𠮷葛\U000E0100", "Ắ・", "0123"} {
		glyphs, _, err := shape([]*font{whole}, s)
		if err != nil {
			f.Fatal(err)
		}
		codes := map[uint16]uint16{}
		for i, g := range glyphs {
			codes[uint16('A'+i)] = g.id
		}
		small, err := whole.cut(codes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(small)
	}
}

// Whatever a font program holds, the reader returns.
func FuzzTypeface(f *testing.F) {
	addFonts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		face, ok := openTypeface(data)
		if !ok {
			return
		}
		for r := rune('@'); r < 'H'; r++ {
			_, _ = face.drawn(face.character(r))
			_, _ = face.drawn(face.sequence(r, 0xE0100))
			_ = face.advance(int(r - '@'))
		}
	})
}

func FuzzFont(f *testing.F) {
	addFonts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parseFont(data)
		if err != nil {
			return
		}
		glyphs, _, err := shape([]*font{parsed}, "ABCD")
		if err != nil {
			return
		}
		codes := map[uint16]uint16{}
		for i, g := range glyphs {
			codes[uint16('A'+i)] = g.id
		}
		if small, err := parsed.cut(codes); err == nil {
			if _, err := parseFont(small); err != nil && len(parsed.outline(codes['A'])) > 0 {
				t.Errorf("a font of our own making: %v", err)
			}
		}
	})
}
