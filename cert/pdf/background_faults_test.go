// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// bandObject is the picture of the background in a finished file.
var bandObject = regexp.MustCompile(`(?s)\n(\d+) 0 obj\s*<</Type /XObject\s+/Subtype /Image\s+/Width 4680.*?>>\s*stream\r?\n`)

const bandKeys = "/Type /XObject /Subtype /Image /Width 4680 /Height 960 /BitsPerComponent 1 "

// repaint puts another picture in the place of the background's: with these
// entries, and with samples changed by edit.
func repaint(t *testing.T, file []byte, entries string, edit func([]byte)) []byte {
	t.Helper()
	m := bandObject.FindSubmatchIndex(file)
	if m == nil {
		t.Fatal("no picture")
	}
	z, err := zlib.NewReader(bytes.NewReader(file[m[1]:]))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var samples []byte
	for row := range slices.Chunk(rows, 1+4680/8) {
		samples = append(samples, row[1:]...)
	}
	edit(samples)
	return update(t, file, string(file[m[2]:m[3]]), streamOf(entries, string(samples)))
}

const bandColors = "/ColorSpace [/Indexed /DeviceRGB 1 <FFFFFF00AEEF>] "

var (
	bandLine  = regexp.MustCompile(`q 561\.60000 0 0 115\.20000 16\.92000 [0-9.]+ cm /I[0-9a-f]+ Do Q\n`)
	whiteArea = regexp.MustCompile(`[0-9.]+ [0-9.]+ [0-9.]+ -[0-9.]+ re f\n`)
)

// onPage edits what the pictures of the background are painted with.
type onPage struct {
	*testing.T
	file []byte
}

func (p onPage) content(edit func([]byte) []byte) []byte {
	return rewrite(p.T, p.file, isContent, edit)
}

// lines edits the seven lines that paint the background.
func (p onPage) lines(edit func(lines [][]byte) [][]byte) []byte {
	return p.content(func(b []byte) []byte {
		all := bandLine.FindAll(b, -1)
		if len(all) != 7 {
			p.Fatalf("%d pictures", len(all))
		}
		return bytes.Replace(b, bytes.Join(all, nil), bytes.Join(edit(slices.Clone(all)), nil), 1)
	})
}

// first changes the line that paints the first picture.
func (p onPage) first(old, new string) []byte {
	return p.lines(func(l [][]byte) [][]byte {
		l[0] = bytes.Replace(l[0], []byte(old), []byte(new), 1)
		return l
	})
}

// moved paints the background after what stands first in the content, with
// nothing after everything.
func (p onPage) moved(after string) []byte {
	return p.content(func(b []byte) []byte {
		all := bytes.Join(bandLine.FindAll(b, -1), nil)
		b = bandLine.ReplaceAll(b, nil)
		i := len(b)
		if after != "" {
			i = bytes.Index(b, []byte(after)) + len(after)
		}
		return slices.Concat(b[:i], []byte("\n"), all, b[i:])
	})
}

func (p onPage) before(s string) []byte { return p.first("q ", s+"\nq ") }

func (p onPage) after(s string) []byte {
	return p.content(func(b []byte) []byte { return append(b, "\n"+s+"\n"...) })
}

// wrongPlaces are files of one page, each with its background not where it
// belongs.
func wrongPlaces(t *testing.T, file []byte) map[string][]byte {
	p := onPage{t, file}
	return map[string][]byte{
		"missing":                  p.lines(func([][]byte) [][]byte { return nil }),
		"one picture missing":      p.lines(func(l [][]byte) [][]byte { return slices.Delete(l, 3, 4) }),
		"the last picture missing": p.lines(func(l [][]byte) [][]byte { return l[:6] }),
		"one picture twice":        p.lines(func(l [][]byte) [][]byte { return append(l, l[6]) }),
		"twice":                    p.lines(func(l [][]byte) [][]byte { return slices.Repeat(l, 2) }),
		"another order":            p.lines(func(l [][]byte) [][]byte { l[0], l[1] = l[1], l[0]; return l }),
		"a picture moved":          p.first("16.92000", "17.00000"),
		"a picture larger":         p.first("561.60000", "563.00000"),
		"a picture mirrored":       p.first("561.60000 0 0 115.20000 16.92000", "-561.60000 0 0 115.20000 578.52000"),
		"a picture turned":         p.first("q ", "q 0.999 0.01 -0.01 0.999 0 0 cm "),
		"over everything":          p.moved(""),
		"over the first text":      p.moved("ET"),
		"over a white area":        p.moved(" re f\n"),
		"within an ActualText":     p.before("/Span <</ActualText (x)>> BDC"),
		"after a text":             p.before("BT 60 400 Td (\x00A) Tj ET"),
		"transparent":              withState(t, p.before("/T gs"), "/ca 0.01"),
		"clipped":                  p.before("0 0 300 300 re W n"),
		"behind the symbols":       p.content(func(b []byte) []byte { return whiteArea.ReplaceAll(b, nil) }),
		"behind one symbol":        p.content(func(b []byte) []byte { return bytes.Replace(b, whiteArea.Find(b), nil, 1) }),
		"in a quiet zone":          p.content(narrower),
	}
}

// strayMarks are files of one page, each with something painted beside its
// background that may be taken for a part of it.
func strayMarks(t *testing.T, file []byte) map[string][]byte {
	p := onPage{t, file}
	return map[string][]byte{
		"a mark":          p.after("0 0.682 0.937 rg 60 400 .5 .5 re f"),
		"a grey mark":     p.after("0.9 g 60 400 .5 .5 re f"),
		"a short line":    p.after(".5 w 60 400 m 60.5 400 l S"),
		"a full stop":     p.after("BT 60 400 Td (\x00.) Tj ET"),
		"a hole":          p.after("1 g 60 400 9 9 re f"),
		"a hole at once":  p.lines(func(l [][]byte) [][]byte { return append(l, []byte("1 g 60 400 9 9 re f\n")) }),
		"another picture": pictured(t, file),
	}
}

// wrongPictures are files of one page, each with another picture in place of
// its background's.
func wrongPictures(t *testing.T, file []byte) map[string][]byte {
	none := func([]byte) {}
	inColors := func(space string) []byte { return repaint(t, file, bandKeys+"/ColorSpace "+space+" ", none) }
	with := func(entry string) []byte { return repaint(t, file, bandKeys+bandColors+entry, none) }
	edited := func(edit func([]byte)) []byte { return repaint(t, file, bandKeys+bandColors, edit) }
	return map[string][]byte{
		"another tint":             inColors("[/Indexed /DeviceRGB 1 <FFFFFF00AEEE>]"),
		"black":                    inColors("[/Indexed /DeviceRGB 1 <FFFFFF000000>]"),
		"light on dark":            inColors("[/Indexed /DeviceRGB 1 <00AEEFFFFFFF>]"),
		"colours of another space": inColors("[/Indexed /Lab 1 <FFFFFF00AEEF>]"),
		"colours remapped":         withResource(t, file, "/ColorSpace <</DefaultRGB [/CalRGB <</WhitePoint [1 1 1] /Gamma [9 9 9]>>]>>"),
		"one sample less":          edited(func(b []byte) { b[slices.Index(b, 0x49)] = 0x48 }),
		"a stray sample":           edited(func(b []byte) { b[300*585+200] ^= 1 }),
		"fine dots only":           edited(leaveGround),
		"a black square": edited(func(b []byte) {
			for y := range 40 {
				copy(b[(400+y)*585+200:], "\xFF\xFF\xFF\xFF")
			}
		}),
		"decoded":       with("/Decode [1 0] "),
		"blurred":       with("/Interpolate true "),
		"masked":        with("/Mask [1 1] "),
		"optional":      with("/OC <</Type /OCG>> "),
		"a mask":        repaint(t, file, bandKeys+"/ImageMask true ", none),
		"too long":      repaint(t, file, strings.Replace(bandKeys, "960", "959", 1)+bandColors, none),
		"not a picture": repaint(t, file, strings.Replace(bandKeys, "Image", "Form", 1)+bandColors, none),
	}
}

// narrower takes a little off the white below the first symbol.
func narrower(b []byte) []byte {
	area := whiteArea.Find(b)
	var x, y, w, h float64
	if _, err := fmt.Sscanf(string(area), "%f %f %f %f", &x, &y, &w, &h); err != nil {
		return b
	}
	return bytes.Replace(b, area, fmt.Appendf(nil, "%.2f %.2f %.2f %.2f re f\n", x, y, w-2, h+2), 1)
}

// leaveGround writes the ground over every word.
func leaveGround(b []byte) {
	for y := range 960 {
		clear(b[y*585 : (y+1)*585])
		for x := range 4680 {
			if y%3 == 1 && x%3 == y/3%2 {
				b[y*585+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
}

// Rows: R1.4
func TestCheckCatchesBackgroundFaults(t *testing.T) {
	t.Parallel() // slow under the race detector
	r := renderer(t)
	d := copyEvident(sample(plain(), cert.Overseas, 2, 0))
	file := render(t, r, d)
	// Neither the update nor the other way of writing the picture is what is caught.
	if err := r.Check(repaint(t, file, bandKeys+bandColors, func([]byte) {}), d); err != nil {
		t.Fatal(err)
	}
	if err := r.Check(rewrite(t, file, isContent, func(b []byte) []byte { return append(b, ' ', '\n') }), d); err != nil {
		t.Fatal(err)
	}
	// Where the background itself is whole, something else is wrong. A file that
	// is plain all the same is a fault only of this document.
	items := map[string]string{
		"one picture twice": "page", "twice": "page", "another picture": "page", "a full stop": "label", "a short line": "mark beside the items",
		"a mark": "mark beside the items", "a grey mark": "mark beside the items",
		"a hole": "ways of painting", "a hole at once": "ways of painting",
		"behind the symbols": "ways of painting", "behind one symbol": "ways of painting", "in a quiet zone": "ways of painting",
	}
	isPlain := []string{"missing", "a short line", "a full stop"}
	faults := wrongPlaces(t, file)
	maps.Copy(faults, wrongPictures(t, file))
	maps.Copy(faults, strayMarks(t, file))
	for name, file := range faults {
		t.Run(name, func(t *testing.T) {
			want := cmp.Or(items[name], "background")
			var mismatch *pdf.MismatchError
			if err := r.Check(file, d); !errors.As(err, &mismatch) || mismatch.Item != want {
				t.Errorf("Check: %v, want %q", err, want)
			}
			if page, err := pdf.Read(file); err != nil || page.Plain != slices.Contains(isPlain, name) {
				t.Errorf("Read: plain, %v", err)
			}
		})
	}
}
