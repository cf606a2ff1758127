// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"errors"
	"image"

	"kofu/cert"
	"kofu/cert/qr"
)

// Errors of [Read]. None of them quotes the file.
var (
	ErrNotPDF    = errors.New("pdf: not a PDF file")
	ErrMalformed = errors.New("pdf: file is broken")
	ErrTooLarge  = errors.New("pdf: file is too large to be read")
	ErrEncrypted = errors.New("pdf: file is encrypted")
)

// Bounds on what reading one file may cost.
const (
	maxFile     = 32 << 20
	maxInflated = 112 << 20 // all streams together: an A4 page in colour at 600 dpi has 104 MB
	maxPages    = 32
	maxPixels   = 40_000_000 // all images together
	maxSteps    = 2_000_000  // operators of all content streams together
	maxNesting  = 24         // of arrays and dictionaries, and of objects that lead to others
)

// Page is what a finished file shows: the runs of text, the symbols and the
// images of all its pages in the order in which they are painted.
// Measures are millimetres from the upper left corner of the page.
type Page struct {
	cert.Redacted
	Count         int     // pages in the file
	Width, Height float64 // of the first page
	Runs          []Run
	Symbols       []*qr.Matrix  // QR Code symbols painted as vectors
	Boxes         []Box         // where each of Symbols lies, without its quiet zone
	Rules         []Box         // other lines and areas painted, white ones left out
	Images        []image.Image // pictures, such as a scanned certificate, the background left out

	// CopyEvident reports whether all of the copy-evident background lies under
	// everything else. There is only one that counts, by place, colours and
	// every sample. With a part of it a page is not plain, and one that covers
	// anything is among Images.
	CopyEvident bool

	// Heard is what a screen reader says of the page, in its order: the file's
	// structure, not the order of painting. It is nil where the file has none.
	Heard []Heard

	// Plain reports whether the file is one page painted only in the ways in
	// which this package paints. Symbols of any other file are not to be
	// believed from the file: nothing may hide between them and the reader.
	Plain bool
}

// Run is one piece of text: what one operator paints, or all that stands
// under one ActualText.
type Run struct {
	cert.Redacted
	X, Y  float64 // left end of the baseline
	Width float64
	Size  float64 // of the type, in points
	Angle float64 // degrees counter-clockwise; 0 for text that runs from left to right
	Text  string  // the ActualText where there is one, else Painted

	// Painted is what the painted codes say by the font's ToUnicode map. A
	// code of the Private Use Area says nothing; Text tells what it is for.
	Painted string

	// Ink is the brightest component of the colour, 0 for black and 1 for
	// white.
	Ink float64

	codes   []painted
	opaque  bool
	even    bool   // neither mirrored nor skewed, and in one line
	content int    // number of its marked content in the structure tree, plus one; 0 for none
	lang    string // as marked
}

// Box is an upright rectangle.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Overlaps reports whether b and o share more than an edge.
func (b Box) Overlaps(o Box) bool {
	return b.X0 < o.X1 && o.X0 < b.X1 && b.Y0 < o.Y1 && o.Y0 < b.Y1
}

// Box is about where the ink of an upright run is.
func (r Run) Box() Box {
	const mm = 25.4 / 72
	return Box{r.X, r.Y - 0.9*r.Size*mm, r.X + r.Width, r.Y + 0.22*r.Size*mm}
}

// Read reads a finished PDF file (ISO 32000-1). It understands more than this
// package writes, so that a certificate that was saved again or scanned can
// still be looked at: cross-reference and object streams, nested forms, the
// filters Flate, ASCIIHex and DCT. Whatever else a file has is passed over.
func Read(data []byte) (*Page, error) {
	p, _, err := read(data)
	return p, err
}

// read also returns the file, for the fonts in it.
func read(data []byte) (*Page, *file, error) {
	f, err := openFile(data)
	if err != nil {
		return nil, nil, err
	}
	leaves, err := f.pages()
	if err != nil {
		return nil, nil, err
	}
	p := &Page{Count: len(leaves)}
	in := &interpreter{file: f, page: p, fonts: map[ref]*readFont{}}
	for i, leaf := range leaves[:min(len(leaves), maxPages)] {
		w, h, toPage := mediaBox(f, leaf)
		if i == 0 {
			p.Width, p.Height = w, h
		}
		in.plain.leaf(f, leaf)
		if err := in.paint(leaf, toPage); err != nil {
			return nil, nil, err
		}
	}
	p.CopyEvident = in.plain.bands == latentBands
	p.Heard = f.listen(p)
	p.Plain = in.plain.page(p)
	return p, f, nil
}

// leaf is a page object with what it inherits.
type leaf struct {
	object    dict
	resources dict
	mediaBox  array
	altered   bool // a node above it turns or crops it
}

// pages walks the page tree.
func (f *file) pages() ([]leaf, error) {
	catalog := f.dict(f.trailer["Root"])
	if catalog == nil {
		return nil, ErrMalformed
	}
	var out []leaf
	seen := map[ref]bool{}
	var walk func(node any, above leaf, depth int) error
	walk = func(node any, above leaf, depth int) error {
		if r, ok := node.(ref); ok {
			if seen[r] {
				return ErrMalformed
			}
			seen[r] = true
		}
		d := f.dict(node)
		if d == nil || depth > maxNesting || len(out) > 4*maxPages {
			return ErrMalformed
		}
		here := leaf{object: d, resources: above.resources, mediaBox: above.mediaBox, altered: above.altered}
		if r := f.dict(d["Resources"]); r != nil {
			here.resources = r
		}
		if m := f.array(d["MediaBox"]); m != nil {
			here.mediaBox = m
		}
		kids := f.array(d["Kids"])
		if kids == nil {
			out = append(out, here)
			return nil
		}
		here.altered = here.altered || d["Rotate"] != nil || d["CropBox"] != nil
		for _, kid := range kids {
			if err := walk(kid, here, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(catalog["Pages"], leaf{}, 0); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, ErrMalformed
	}
	return out, nil
}

// mediaBox returns the size of a page in millimetres and the matrix from its
// user space to millimetres from the upper left corner.
func mediaBox(f *file, l leaf) (w, h float64, toPage matrix) {
	var c [4]float64
	copy(c[:], f.numbers(l.mediaBox))
	const mm = 25.4 / 72
	x0, y0, x1, y1 := min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3])
	return (x1 - x0) * mm, (y1 - y0) * mm, matrix{mm, 0, 0, -mm, -x0 * mm, y1 * mm}
}
