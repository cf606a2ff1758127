// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"kofu/cert"
	"kofu/cert/qr"
)

// MismatchError says that a finished page is not what it should be. Item is
// the name of what differs, never what stands there.
type MismatchError struct{ Item string }

// Error names the item.
func (e *MismatchError) Error() string { return "pdf: the page is not as it should be: " + e.Item }

// Check reads a finished file and holds it against d: it is one A4 page; its
// texts, in the order in which a person reads them, rows from top to bottom
// and columns from left to right, are the labels and values of d and nothing
// else; every code painted for them has, in the font that the file carries,
// the outline that r's fonts have for the character; the specimen mark is
// there if it should be, and only then; the symbols are flawless, large
// enough, clear of everything, and say d.SHC and d.VDSNC, or there are none
// where the applicant insists on a written name; the copy-evident
// background is there if it should be, and only then, whole and under all
// else; nothing is hidden and no other mark made; and a screen reader says the
// same. It returns a [*MismatchError], or what [Read] returns.
//
// What should be there is worked out here from the certificate and the fonts
// once more, not asked of the layout.
func (r *Renderer) Check(data []byte, d Document) error {
	if d.Certificate == nil {
		return &MismatchError{"certificate"}
	}
	p, f, err := read(data)
	if err != nil {
		return err
	}
	if p.CopyEvident != d.CopyEvident {
		return &MismatchError{"background"}
	}
	if p.Count != 1 || math.Abs(p.Width-210) > 0.5 || math.Abs(p.Height-297) > 0.5 || len(p.Images) > 0 {
		return &MismatchError{"page"}
	}
	upright, slanted := byAngle(p.Runs)
	proof := newProof(f, r.proofs)
	if err := checkSpecimen(p, slanted, d.Specimen, proof); err != nil {
		return err
	}
	if err := checkTexts(readingOrder(upright, p.Rules, p.Width), expected(d.Certificate), proof); err != nil {
		return err
	}
	if err := checkSymbols(p, upright, d); err != nil {
		return err
	}
	for _, r := range p.Rules {
		if r.X1-r.X0 < acrossPage*p.Width {
			return &MismatchError{"mark beside the items"}
		}
	}
	if !p.Plain {
		return &MismatchError{"ways of painting"}
	}
	return checkHeard(p, d)
}

func byAngle(runs []Run) (upright, slanted []Run) {
	for _, r := range runs {
		if r.Angle == 0 {
			upright = append(upright, r)
		} else {
			slanted = append(slanted, r)
		}
	}
	return upright, slanted
}

// The specimen mark: large, and light without being hard to see.
const (
	leastMark = 60.0 // points
	palest    = 0.95 // [Run.Ink]
)

func checkSpecimen(p *Page, slanted []Run, want bool, proof *proof) error {
	switch {
	case !want && len(slanted) == 0:
		return nil
	case !want || len(slanted) != 1:
		return &MismatchError{"specimen mark"}
	}
	mark := slanted[0]
	sin, cos := math.Sincos(mark.Angle * math.Pi / 180)
	x, y := mark.X+mark.Width*cos, mark.Y-mark.Width*sin
	line := Box{min(mark.X, x), min(mark.Y, y), max(mark.X, x), max(mark.Y, y)}
	if mark.Text != labelSpecimen || !proof.run(mark) || mark.Size < leastMark || mark.Ink > palest || !line.inside(p) {
		return &MismatchError{"specimen mark"}
	}
	return nil
}

// acrossPage is the part of the page's width that a rule takes at least.
const acrossPage = 0.6

// readingOrder sorts runs as a person reads them. Rules across the page part
// it into rows; runs of a row that stand above each other make a column.
func readingOrder(runs []Run, rules []Box, width float64) []Run {
	var edges []float64
	for _, r := range rules {
		if r.X1-r.X0 >= acrossPage*width && r.Y1-r.Y0 < 2 {
			edges = append(edges, r.Y0)
		}
	}
	slices.Sort(edges)
	rows := make([][]Run, len(edges)+1)
	for _, r := range runs {
		i, _ := slices.BinarySearch(edges, r.Y)
		rows[i] = append(rows[i], r)
	}
	var out []Run
	for _, row := range rows {
		slices.SortStableFunc(row, func(a, b Run) int { return cmp.Compare(a.X, b.X) })
		for len(row) > 0 {
			n, end := 1, row[0].X+row[0].Width
			for n < len(row) && row[n].X < end {
				end = max(end, row[n].X+row[n].Width)
				n++
			}
			column := row[:n]
			slices.SortStableFunc(column, func(a, b Run) int {
				if math.Abs(a.Y-b.Y) > 0.2 {
					return cmp.Compare(a.Y, b.Y)
				}
				return cmp.Compare(a.X, b.X)
			})
			out = append(out, column...)
			row = row[n:]
		}
	}
	return out
}

// checkTexts holds the runs against the items. What a run says it says in
// outlines, too.
func checkTexts(runs []Run, items []item, proof *proof) error {
	texts := make([]string, len(runs))
	for i, r := range runs {
		texts[i] = r.Text
	}
	return checkItems(texts, items, "", func(i int) bool { return proof.run(runs[i]) })
}

// checkItems takes each item off the front of the texts; a long item may take
// several, and only the blanks at its line breaks are not there. Of each text
// right is asked. how is added to the name of an item that is not so.
func checkItems(texts []string, items []item, how string, right func(int) bool) error {
	next := 0
	for _, it := range items {
		rest := it.text
		for first := true; rest != ""; first = false {
			if !first {
				if rest = strings.TrimLeftFunc(rest, unicode.IsSpace); rest == "" {
					break
				}
			}
			if next >= len(texts) || texts[next] == "" || !strings.HasPrefix(rest, texts[next]) {
				return &MismatchError{it.name + how}
			}
			if !right(next) {
				return &MismatchError{it.name + " as painted"}
			}
			rest = rest[len(texts[next]):]
			next++
		}
	}
	if next < len(texts) {
		return &MismatchError{"text beside the items" + how}
	}
	return nil
}

// checkHeard holds what a screen reader says against the items: the same texts
// in the same order, the specimen mark before them, and in the place of each
// symbol, before the captions, what it is.
func checkHeard(p *Page, d Document) error {
	items := expected(d.Certificate)
	if d.Specimen {
		items = slices.Insert(items, 0, item{"specimen mark", labelSpecimen})
	}
	if d.Certificate.Written == "" {
		says := []item{{"symbol", labelSHCHeard.ja + " " + labelSHCHeard.en}}
		if d.Certificate.Kind == cert.Overseas {
			says = append(says, item{"symbol", labelVDSNCHeard.ja + " " + labelVDSNCHeard.en})
		}
		caption := slices.Index(items, item{"label", labelSHC.ja})
		items = slices.Insert(items, max(0, caption), says...)
	}
	texts := make([]string, len(p.Heard))
	for i, h := range p.Heard {
		texts[i] = h.Text
	}
	return checkItems(texts, items, " as heard", func(int) bool { return true })
}

// Least sides of the symbols with their quiet zones, in millimetres: without
// them that is 40 for the largest SMART Health Card (version 22) and 45 for any
// VDS-NC of version 25 or more, which is what a
// 200-dpi scan of the page can still be read from.
const (
	leastSHC   = 44.0
	leastVDSNC = 48.0
)

// wantedSymbol is a symbol that has to be there.
type wantedSymbol struct {
	item, text string
	least      float64
}

// wantedSymbols lists the symbols from left to right. It reports false for a
// document that has some and must not.
func wantedSymbols(d Document) ([]wantedSymbol, bool) {
	if d.Certificate.Written != "" {
		return nil, d.SHC == "" && d.VDSNC == ""
	}
	want := []wantedSymbol{{"SHC", d.SHC, leastSHC}}
	if d.Certificate.Kind == cert.Overseas {
		want = append(want, wantedSymbol{"VDS-NC", d.VDSNC, leastVDSNC})
	}
	return want, true
}

func checkSymbols(p *Page, runs []Run, d Document) error {
	want, ok := wantedSymbols(d)
	if !ok || len(p.Symbols) != len(want) {
		return &MismatchError{"symbols"}
	}
	order := []int{0, 1}[:len(want)]
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p.Boxes[a].X0, p.Boxes[b].X0) })
	for i, w := range want {
		m, box := p.Symbols[order[i]], p.Boxes[order[i]]
		text, err := qr.ReadExact(m)
		if err != nil || text != w.text {
			return &MismatchError{w.item}
		}
		quiet := qr.QuietZone * (box.X1 - box.X0) / float64(m.Size)
		zone := Box{box.X0 - quiet, box.Y0 - quiet, box.X1 + quiet, box.Y1 + quiet}
		if zone.X1-zone.X0 < w.least-0.01 {
			return &MismatchError{w.item + " size"}
		}
		for _, r := range runs {
			if zone.Overlaps(r.Box()) {
				return &MismatchError{w.item + " quiet zone"}
			}
		}
		for _, r := range p.Rules {
			if zone.Overlaps(r) {
				return &MismatchError{w.item + " quiet zone"}
			}
		}
	}
	return nil
}
