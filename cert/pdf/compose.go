// SPDX-License-Identifier: Apache-2.0

package pdf

import "fmt"

// composer fills a sheet. The first error stays.
type composer struct {
	sheet
	density
	fonts    []*font
	template *template
	err      error
	now      part // what is being laid out

	// Where the glyphs, lines and columns lie. All of these, like the sheet,
	// may tell what the document says.
	glyphs  []glyph
	lines   []line
	columns []cell

	// What a cell holds does not depend on the density: the cells of the first
	// are those of the others, in their order.
	cells []cell
	next  int

	collecting bool // fixed texts are new to the template
}

// clear forgets the document.
func (c *composer) clear() {
	clear(c.texts[:cap(c.texts)])
	clear(c.symbols[:cap(c.symbols)])
	clear(c.glyphs)
	clear(c.lines)
	clear(c.columns[:cap(c.columns)])
	clear(c.cells)
	*c = composer{
		sheet: sheet{texts: c.texts[:0], rules: c.rules[:0], symbols: c.symbols[:0]}, fonts: c.fonts,
		glyphs: c.glyphs[:0], lines: c.lines[:0], columns: c.columns[:0], cells: c.cells[:0],
	}
}

// begin empties the sheet for a layout of this density.
func (c *composer) begin(space density) {
	c.density, c.next = space, 0
	c.texts, c.rules, c.symbols = c.texts[:0], c.rules[:0], c.symbols[:0]
}

func (c *composer) shape(text string) []glyph {
	from := len(c.glyphs)
	glyphs, _, err := appendShaped(c.glyphs, c.fonts, text)
	if err != nil {
		if c.err == nil {
			c.err = err
		}
		return nil
	}
	c.glyphs = glyphs
	return glyphs[from:len(glyphs):len(glyphs)]
}

// text is a text to be set in a style.
type text struct {
	style
	string
}

// cell is a stack of lines in a column.
type cell struct {
	x      float64
	lines  []line
	role   role
	begins bool // a part of the page, which those after it in its row go on with
}

func (c *composer) cell(item string, x, width float64, texts ...text) cell {
	if c.next++; c.next <= len(c.cells) {
		return c.cells[c.next-1]
	}
	from := len(c.lines)
	for _, t := range texts {
		var ok bool
		if c.lines, ok = t.appendFitted(c.lines, c.shape(t.string), width); !ok && c.err == nil {
			c.err = fmt.Errorf("pdf: item %s: %w", item, ErrNoRoom)
		}
	}
	out := cell{x: x, lines: c.lines[from:len(c.lines):len(c.lines)]}
	c.cells = append(c.cells, out)
	return out
}

// fixed is a cell of a text in both languages that the template has.
func (c *composer) fixed(x, width float64, texts ...text) cell {
	from := len(c.lines)
	for _, t := range texts {
		key := fixedText{t, width}
		lines, known := c.template.cells[key]
		if !known {
			var ok bool
			if lines, ok = t.appendFitted(nil, c.shape(t.string), width); !ok && c.err == nil {
				c.err = fmt.Errorf("pdf: item label: %w", ErrNoRoom)
			}
			if c.collecting {
				c.template.cells[key] = lines
			}
		}
		c.lines = append(c.lines, lines...)
	}
	return cell{x: x, lines: c.lines[from:len(c.lines):len(c.lines)]}
}

func (c *composer) labelCell(x, width float64, l label) cell {
	out := c.fixed(x, width, text{styleLabel, l.ja}, text{styleLabelEn, l.en})
	out.begins = true
	return out
}

func (s cell) height() float64 {
	h := 0.0
	for _, l := range s.lines {
		h += l.height()
	}
	return h
}

// as begins a part of the page.
func (c *composer) as(r role) { c.now.role, c.now.item = r, c.now.item+1 }

// row puts cells side by side, each in the middle of the row's height, and
// returns where the row ends.
func (c *composer) row(y float64, cells ...cell) float64 {
	height := 0.0
	for _, s := range cells {
		height = max(height, s.height())
	}
	c.now.row++
	for i, s := range cells {
		if i == 0 || s.begins {
			c.as(s.role)
		}
		c.stack(s.x, y+c.pad+(height-s.height())/2, s.lines)
	}
	return y + height + 2*c.pad
}

// stack writes lines below each other, their left ends at x.
func (c *composer) stack(x, y float64, lines []line) float64 {
	for _, l := range lines {
		c.texts = append(c.texts, placedLine{x, y + 0.92*l.size*millimetre, l, c.now})
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
