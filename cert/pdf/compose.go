// SPDX-License-Identifier: Apache-2.0

package pdf

import "fmt"

// composer fills a sheet. The first error stays.
type composer struct {
	*sheet
	density
	fonts []*font
	err   error
}

func (c *composer) shape(text string) []glyph {
	glyphs, _, err := shape(c.fonts, text)
	if err != nil && c.err == nil {
		c.err = err
	}
	return glyphs
}

// text is a text to be set in a style.
type text struct {
	style
	string
}

// cell is a stack of lines in a column.
type cell struct {
	x, width float64
	lines    []line
}

func (c *composer) cell(item string, x, width float64, texts ...text) cell {
	out := cell{x: x, width: width}
	for _, t := range texts {
		lines, ok := t.fit(c.shape(t.string), width)
		if !ok && c.err == nil {
			c.err = fmt.Errorf("pdf: item %s: %w", item, ErrNoRoom)
		}
		out.lines = append(out.lines, lines...)
	}
	return out
}

func (c *composer) labelCell(x, width float64, l label) cell {
	return c.cell("label", x, width, text{styleLabel, l.ja}, text{styleLabelEn, l.en})
}

func (s cell) height() float64 {
	h := 0.0
	for _, l := range s.lines {
		h += l.height()
	}
	return h
}

// row puts cells side by side, each in the middle of the row's height, and
// returns where the row ends.
func (c *composer) row(y float64, cells ...cell) float64 {
	height := 0.0
	for _, s := range cells {
		height = max(height, s.height())
	}
	for _, s := range cells {
		c.stack(s.x, y+c.pad+(height-s.height())/2, s.lines)
	}
	return y + height + 2*c.pad
}

// stack writes lines below each other, their left ends at x.
func (c *composer) stack(x, y float64, lines []line) float64 {
	for _, l := range lines {
		c.texts = append(c.texts, placedLine{x, y + 0.92*l.size*millimetre, l})
		y += l.height()
	}
	return y
}

// centred writes lines below each other around the middle x.
func (c *composer) centred(x, y float64, lines []line) float64 {
	for _, l := range lines {
		y = c.stack(x-l.width()/2, y, []line{l})
	}
	return y
}
