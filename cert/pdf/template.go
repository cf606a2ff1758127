// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jung-kurt/gofpdf"

	"kofu/cert"
	"kofu/cert/qr"
)

// errDraw is returned where gofpdf reports an error or panics, and where it
// writes otherwise than expected. Its own words could quote the page.
var errDraw = errors.New("pdf: the file could not be written")

// A template is what all pages of one kind have in common, made once: their
// fixed texts, shaped, set and drawn by gofpdf, and the beginning of the file
// with the font that these are set in. Nothing in it changes.
type template struct {
	cells    map[fixedText][]line
	face     face
	specimen []byte // operators of the specimen mark
	start    spool  // objects that no document changes
}

// fixedText is a text of a template: the same in the same column always makes
// the same lines.
type fixedText struct {
	text
	width float64
}

// drawn is how gofpdf paints a line, around its place on the page.
type drawn struct{ before, after []byte }

// pageVariant says which template a page has.
type pageVariant struct {
	kind    cert.Kind
	written bool
}

func variantOfPage(c *cert.Certificate) pageVariant { return pageVariant{c.Kind, c.Written != ""} }

func pageVariants() []pageVariant {
	return []pageVariant{{cert.Domestic, false}, {cert.Overseas, false}, {cert.Domestic, true}, {cert.Overseas, true}}
}

// expectable are characters that values have most often: a line of nothing
// else is set in the template's font, and the document need not bring its own.
const expectable = "年月日不詳（）・ー〜ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロワヲンヴ"

// face is the font of a template. The characters of ASCII go by their own
// codes.
type face struct {
	subset
	codes []uint16 // by glyph of the font; 0 for one that is not in here
}

// find returns the code of g, if it stands for what it does here.
func (f *face) find(g glyph) (uint16, bool) {
	if g.font != 0 || int(g.id) >= len(f.codes) {
		return 0, false
	}
	code := f.codes[g.id]
	return code, code != 0 && f.texts[code] == g.text
}

// has reports whether a line can be set in f alone.
func (f *face) has(glyphs []glyph) bool {
	for _, g := range glyphs {
		if _, ok := f.find(g); !ok {
			return false
		}
	}
	return true
}

// makeTemplates makes the templates of all kinds of page.
func (r *Renderer) makeTemplates() error {
	r.templates = map[pageVariant]*template{}
	for _, v := range pageVariants() {
		t := &template{cells: map[fixedText][]line{}}
		if err := t.collect(r.fonts, v); err != nil {
			return err
		}
		mark, _, err := shape(r.fonts, labelSpecimen)
		if err != nil {
			return fmt.Errorf("pdf: the specimen mark: %w", err)
		}
		if err := t.setFace(r.fonts, mark); err != nil {
			return err
		}
		if err := t.draw(mark); err != nil {
			return err
		}
		t.start = startOf(&t.face.subset)
		r.templates[v] = t
	}
	return nil
}

// collect lays out a page of a kind twice, for the sake of its fixed texts.
func (t *template) collect(fonts []*font, v pageVariant) error {
	crt := &cert.Certificate{Kind: v.kind}
	shc, err := qr.NewMatrix(21)
	if err != nil {
		return err
	}
	var vdsnc *qr.Matrix
	if v.kind == cert.Overseas {
		crt.Passport, vdsnc = &cert.Passport{}, shc
	}
	if v.written {
		crt.Written = " "
	}
	for _, earlier := range []bool{false, true} {
		crt.Earlier = earlier
		c := &composer{fonts: fonts, template: t, collecting: true, density: densities()[0]}
		c.document.Certificate = crt
		c.upper(crt)
		c.lower(crt, shc, vdsnc)
		if c.err != nil {
			return fmt.Errorf("pdf: lay out a template: %w", c.err)
		}
	}
	return nil
}

// firstPrintable and lastPrintable are the characters of ASCII that a line has.
const firstPrintable, lastPrintable = ' ', '~'

// setFace chooses the font of the template: its fixed texts, ASCII, and what
// values have most often.
func (t *template) setFace(fonts []*font, mark []glyph) error {
	f := &t.face
	f.reset(fonts[0])
	f.codes = make([]uint16, fonts[0].glyphs)
	var rest []glyph
	for _, l := range t.lines() {
		rest = append(rest, l.glyphs...)
	}
	rest = append(rest, mark...)
	for _, r := range expectable {
		if g, ok := plainGlyph(fonts, r); ok {
			g.text = string(r)
			rest = append(rest, g)
		}
	}
	put := func(g glyph) {
		if g.font != 0 || int(g.id) >= len(f.codes) || f.codes[g.id] != 0 {
			return
		}
		f.codes[g.id] = uint16(len(f.old))
		f.old, f.texts = append(f.old, g.id), append(f.texts, g.text)
	}
	rest = slices.DeleteFunc(rest, func(g glyph) bool { return len(g.text) == 1 }) // ASCII
	for len(f.old) < firstPrintable {
		if len(rest) == 0 {
			f.old, f.texts = append(f.old, 0), append(f.texts, "")
			continue
		}
		put(rest[0])
		rest = rest[1:]
	}
	for r := rune(firstPrintable); r <= lastPrintable; r++ {
		g, ok := plainGlyph(fonts, r)
		if g.text = string(r); ok && g.font == 0 && f.codes[g.id] == 0 {
			put(g)
		} else {
			f.old, f.texts = append(f.old, 0), append(f.texts, "")
		}
	}
	for _, g := range rest {
		put(g)
	}
	return f.close()
}

// lines lists the fixed lines in an order that is always the same.
func (t *template) lines() []*line {
	keys := make([]fixedText, 0, len(t.cells))
	for k := range t.cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, fixedText.compare)
	var out []*line
	for _, k := range keys {
		for i := range t.cells[k] {
			out = append(out, &t.cells[k][i])
		}
	}
	return out
}

// apart begins each part of what gofpdf draws for a template.
const apart = "%apart\n"

// draw has gofpdf draw the fixed lines, one by one, and the specimen mark, and
// takes its operators.
func (t *template) draw(mark []glyph) (err error) {
	// Should gofpdf panic, there is no renderer.
	defer func() {
		if recover() != nil {
			err = errDraw
		}
	}()
	d := &drawing{Fpdf: gofpdf.New("P", "mm", "A4", ""), face: &t.face}
	codes := map[uint16]uint16{}
	for code, g := range t.face.old[:len(t.face.texts)] {
		if code > 0 {
			codes[uint16(code)] = g
		}
	}
	small, err := t.face.font.cut(codes)
	if err != nil {
		return fmt.Errorf("pdf: cut font: %w", err)
	}
	d.AddUTF8FontFromBytes(staticFont, "", small)
	d.SetAutoPageBreak(false, 0)
	d.SetCompression(false)
	d.AddPage()
	d.RawWriteStr(apart)
	d.drawSpecimen(mark)
	var lines []*line
	for _, l := range t.lines() {
		if t.face.has(l.glyphs) && tellsItself(l.glyphs) {
			lines = append(lines, l)
			d.RawWriteStr(apart)
			d.drawLine(*l)
		}
	}
	d.RawWriteStr(apart)
	file, err := d.file()
	if err != nil {
		return err
	}
	parts := bytes.Split(file, []byte(apart))
	if len(parts) != len(lines)+3 {
		return errDraw
	}
	t.specimen = fontName.ReplaceAll(parts[1], []byte("/"+staticFont+" "))
	for i, l := range lines {
		m := textObject.FindSubmatch(parts[i+2])
		if m == nil {
			return errDraw
		}
		l.drawn = &drawn{before: m[1], after: append(m[2], '\n')}
	}
	return nil
}

var (
	fontName   = regexp.MustCompile(`/F[0-9a-f]{40} `)
	textObject = regexp.MustCompile(`(?s)\n((?:q [0-9. ]+ g )?BT )[0-9.]+ [0-9.]+( Td \(.*\) Tj ET(?: Q)?)\n`)
)
