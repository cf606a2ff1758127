// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"math"
)

// matrix is the PDF's [a b c d e f].
type matrix [6]float64

// then returns the matrix that applies m first and n after it.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// state is the part of the graphics state (8.4) that matters here.
type state struct {
	matrix matrix  // user space → millimetres on the page
	white  bool    // the fill colour
	ink    float64 // its brightest component: 0 for black, 1 for white
	alpha  float64 // opacity of fills
	pen    float64 // line width, in units of user space
	text   textState
}

// interpreter runs content streams (7.8.2) and notes what they paint.
type interpreter struct {
	file   *file
	page   *Page
	fonts  map[ref]*readFont
	steps  int
	pixels int
	codes  int // painted so far

	state     state
	saved     []state
	resources dict
	depth     int
	path      path
	marked    []marked // open marked-content sequences
	content   int      // number of the one in the structure tree, plus one; 0 for none
	lang      string   // of the innermost one that says
	actual    *actual
	placed    map[ref]bool // images noted already
	plain     plain
}

// paint runs one page.
func (in *interpreter) paint(l leaf, toPage matrix) error {
	var content []byte
	for _, part := range in.contents(l.object["Contents"]) {
		data, err := in.file.inflate(part)
		if err != nil {
			return err
		}
		content = append(append(content, data...), '\n')
		if len(content) > maxInflated {
			return ErrTooLarge
		}
	}
	in.state = state{matrix: toPage, alpha: 1, pen: 1, text: newTextState()}
	in.saved, in.marked, in.actual, in.path = nil, nil, nil, path{}
	in.content, in.lang = 0, ""
	in.resources = l.resources
	err := in.run(content)
	in.endActual() // an ActualText that is never closed
	return err
}

func (in *interpreter) contents(v any) []stream {
	var out []stream
	switch c := in.file.resolve(v).(type) {
	case stream:
		out = append(out, c)
	case array:
		for _, part := range c {
			if s, ok := in.file.resolve(part).(stream); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// run executes operators. Operands that do not fit make an operator do
// nothing.
func (in *interpreter) run(content []byte) error {
	l := &lexer{data: content}
	var operands array
	for {
		v := l.next(0)
		op, ok := v.(keyword)
		if !ok {
			if _, end := v.(endOfInput); end {
				return nil
			}
			if len(operands) < 64 {
				operands = append(operands, v)
			}
			continue
		}
		if in.steps++; in.steps > maxSteps {
			return ErrTooLarge
		}
		if op == "BI" {
			in.plain.operator(op)
			skipInlineImage(l)
		} else if err := in.operator(op, operands); err != nil {
			return err
		}
		operands = operands[:0]
	}
}

// skipInlineImage passes over BI … ID … EI. What is in it is not looked at.
func skipInlineImage(l *lexer) {
	rest := l.data[l.at:]
	for _, end := range [][]byte{[]byte("\nEI"), []byte(" EI")} {
		if i := bytes.Index(rest, end); i >= 0 {
			l.at += i + len(end)
			return
		}
	}
	l.at = len(l.data)
}

// operator executes one operator; text and paths have files of their own.
func (in *interpreter) operator(op keyword, v array) error {
	n := floats(v)
	in.plain.operator(op)
	switch {
	case op == "q":
		if len(in.saved) < 256 {
			in.saved = append(in.saved, in.state)
		}
	case op == "Q":
		if k := len(in.saved) - 1; k >= 0 {
			in.state, in.saved = in.saved[k], in.saved[:k]
		}
	case op == "cm" && len(n) == 6:
		in.state.matrix = matrix(n).then(in.state.matrix)
	case op == "g" || op == "rg" || op == "k" || op == "sc" || op == "scn":
		in.state.white, in.state.ink = white(op, n), ink(op, n)
	case op == "w" && len(n) == 1:
		in.state.pen = n[0]
	case op == "gs":
		in.state.alpha = in.alpha(v)
	case op == "BDC" || op == "BMC":
		in.beginMarked(op, v)
	case op == "EMC":
		in.endMarked()
	case op == "Do":
		return in.do(v)
	case in.textOperator(op, v, n):
	default:
		in.pathOperator(op, n)
	}
	return nil
}

// floats returns the operands if all of them are numbers, else nil.
func floats(v array) []float64 {
	out := make([]float64, len(v))
	for i, item := range v {
		f, ok := item.(float64)
		if !ok {
			return nil
		}
		out[i] = f
	}
	return out
}

// white reports whether a colour is paper white.
func white(op keyword, n []float64) bool {
	for _, c := range n {
		if op == "k" && c > 0.001 || op != "k" && c < 0.999 {
			return false
		}
	}
	return len(n) > 0
}

// do paints an external object. On a plain page that is the background or a
// symbol, and nothing else.
func (in *interpreter) do(operands array) error {
	if in.background(operands) || in.mask(operands) {
		return nil
	}
	in.plain.broken = true
	if len(operands) != 1 {
		return nil
	}
	return in.xobject(operands[0])
}

// xobject paints a form or notes an image.
func (in *interpreter) xobject(v any) error {
	key, ok := v.(name)
	if !ok {
		return nil
	}
	target := in.file.dict(in.resources["XObject"])[key]
	s, ok := in.file.resolve(target).(stream)
	if !ok {
		return nil
	}
	switch in.file.resolve(s.dict["Subtype"]) {
	case name("Image"):
		if r, ok := target.(ref); ok {
			if in.placed[r] {
				return nil
			}
			if in.placed == nil {
				in.placed = map[ref]bool{}
			}
			in.placed[r] = true
		}
		return in.image(s)
	case name("Form"):
		return in.form(s)
	}
	return nil
}

func (in *interpreter) form(s stream) error {
	if in.depth >= 8 {
		return nil
	}
	data, err := in.file.inflate(s)
	if err != nil {
		return err
	}
	state, saved, resources := in.state, in.saved, in.resources
	if m := in.file.numbers(s.dict["Matrix"]); len(m) == 6 {
		in.state.matrix = matrix(m).then(in.state.matrix)
	}
	if r := in.file.dict(s.dict["Resources"]); r != nil {
		in.resources = r
	}
	in.saved = nil
	in.depth++
	err = in.run(data)
	in.depth--
	in.state, in.saved, in.resources = state, saved, resources
	return err
}

// even reports whether m turns and scales, and does no more than that beside
// going from axes that point up to those of the page, which point down.
func (m matrix) even() bool {
	near := 0.001 * math.Hypot(m[0], m[1])
	return near > 0 && math.Abs(m[0]+m[3]) <= near && math.Abs(m[1]-m[2]) <= near
}

// angle is the direction of the x axis of m on the page, in degrees
// counter-clockwise.
func (m matrix) angle() float64 { return math.Atan2(-m[1], m[0]) * 180 / math.Pi }
