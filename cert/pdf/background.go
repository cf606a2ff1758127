// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	_ "embed"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"

	"github.com/jung-kurt/gofpdf"
)

// words is the word of the copy-evident background: one character to a cell,
// '#' where the word is.
//
//go:embed background/words.txt
var words string

// The copy-evident background (複写けん制) is a picture of two colours, white
// and a light blue, in dots of a 600-dpi printer: vectors every printer widens
// in its own way, samples it does not. Cells of 12 × 12 dots are one ninth
// blue, all of them: in the ground as sixteen single dots, which copiers lose
// (200 to the inch), and in the words as one square of sixteen, which they
// keep (50 to the inch). A person sees one even tint. Sizes, colour and words
// are assumed; those of the papers in use are not published.
const (
	dot       = 25.4 / 600 // millimetres
	cellDots  = 12
	wordCells = 195 // cells of one word, its spaces included
	rowCells  = 40
	rowShift  = 97            // the second row begins within a word
	bandWide  = 2 * wordCells // cells of one picture
	bandHigh  = 2 * rowCells  // cells
	bands     = 7             // pictures below each other fill the printable page
	bandLeft  = 141 * dot     // corner of the first one
	bandTop   = 147 * dot
	clearance = 1.0            // millimetres of white around a symbol's quiet zone
	bandName  = "copy-evident" // for gofpdf
)

// tint is a light blue that printers have as an ink of its own: no screen of
// theirs tears the dots apart.
func tint() color.RGBA { return color.RGBA{0, 174, 239, 255} }

// band draws one picture of the background as PNG. The same program always
// gives the same bytes.
func band() ([]byte, error) {
	rows := strings.Fields(words)
	img := image.NewPaletted(image.Rect(0, 0, bandWide*cellDots, bandHigh*cellDots), color.Palette{color.White, tint()})
	for y := range bandHigh {
		row, shift := rows[y%rowCells], y/rowCells*rowShift
		fine, coarse := fineCell(), coarseCell(y)
		for x := range bandWide {
			cell := fine
			if row[(x+shift)%wordCells] == '#' {
				cell = coarse
			}
			for _, p := range cell {
				img.SetColorIndex(x*cellDots+p.X, y*cellDots+p.Y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(&out, img); err != nil {
		return nil, fmt.Errorf("pdf: draw the background: %w", err)
	}
	return out.Bytes(), nil
}

// fineCell lists the blue dots of a cell of the ground: every third, the rows
// not straight below each other.
func fineCell() []image.Point {
	var out []image.Point
	for i := range 16 {
		x, y := i%4, i/4
		out = append(out, image.Pt(3*x+y%2, 3*y+1))
	}
	return out
}

// coarseCell lists the blue dots of a cell of a word. From row to row the
// squares stand half a cell apart, which the eye minds less.
func coarseCell(row int) []image.Point {
	var out []image.Point
	for i := range 16 {
		out = append(out, image.Pt(1+6*(row%2)+i%4, 4+i/4))
	}
	return out
}

// drawBackground puts the background on the empty page.
func (d *drawing) drawBackground(picture []byte) {
	how := gofpdf.ImageOptions{ImageType: "PNG"}
	d.RegisterImageOptionsReader(bandName, how, bytes.NewReader(picture))
	for i := range bands {
		y := bandTop + float64(i*bandHigh*cellDots)*dot
		d.ImageOptions(bandName, bandLeft, y, bandWide*cellDots*dot, bandHigh*cellDots*dot, false, how, 0, "")
	}
}

// background is the copy-evident background as a file has it.
type background struct {
	operators []byte
	name      string
	objects   spool // numbered from firstOwn: the picture, then its colours
}

const backgroundObjects = 2

var (
	bandPicture = regexp.MustCompile(`(?s)\n(\d+) 0 obj\n(<</Type /XObject\n/Subtype /Image\n.*?/Indexed /DeviceRGB 1 )(\d+)( 0 R.*?/Length (\d+)>>\nstream\n)`)
	bandPalette = regexp.MustCompile(`(?s)^\d+ 0 obj\n(.*?)\nendobj\n`)
	bandNames   = regexp.MustCompile(`/(I[0-9a-f]{40}) Do`)
)

// newBackground has gofpdf put the picture on a page, and takes what it wrote.
func newBackground(picture []byte) (b *background, err error) {
	defer func() {
		if recover() != nil {
			b, err = nil, errDraw
		}
	}()
	d := &drawing{Fpdf: gofpdf.New("P", "mm", "A4", "")}
	d.SetAutoPageBreak(false, 0)
	d.SetCompression(false)
	d.AddPage()
	d.RawWriteStr(apart)
	d.drawBackground(picture)
	d.RawWriteStr(apart)
	file, err := d.file()
	if err != nil {
		return nil, err
	}
	parts := bytes.Split(file, []byte(apart))
	head := bandPicture.FindSubmatchIndex(file)
	if len(parts) != 3 || head == nil {
		return nil, errDraw
	}
	group := func(i int) string { return string(file[head[2*i]:head[2*i+1]]) }
	length, _ := strconv.Atoi(group(5))
	if rest := file[head[1]:]; length <= 0 || length > len(rest) || !bytes.HasPrefix(rest[length:], []byte("\nendstream")) {
		return nil, errDraw
	}
	at := bytes.Index(file, fmt.Appendf(nil, "\n%s 0 obj\n", group(3)))
	palette := bandPalette.FindSubmatch(file[at+1:])
	name := bandNames.FindSubmatch(parts[1])
	if at < 0 || palette == nil || name == nil {
		return nil, errDraw
	}
	b = &background{operators: parts[1], name: string(name[1])}
	b.objects.object(firstOwn, group(2)+strconv.Itoa(firstOwn+1)+group(4)+string(file[head[1]:head[1]+length])+"\nendstream")
	b.objects.object(firstOwn+1, string(palette[1]))
	return b, nil
}
