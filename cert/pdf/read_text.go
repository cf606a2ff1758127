// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"math"
	"strings"
	"unicode/utf16"
)

// textState is the text state (9.3) and the text matrices (9.4).
type textState struct {
	font              *readFont
	size              float64
	char, word, scale float64 // Tc, Tw, Tz as a factor
	leading, rise     float64
	matrix, line      matrix
}

func newTextState() textState {
	one := matrix{1, 0, 0, 1, 0, 0}
	return textState{scale: 1, matrix: one, line: one}
}

// actual collects what stands under an ActualText.
type actual struct {
	text  string
	run   Run
	empty bool
}

// beginMarked opens a marked-content sequence (14.6).
func (in *interpreter) beginMarked(op keyword, v array) {
	if len(in.marked) >= 256 {
		return
	}
	var properties dict
	if op == "BDC" && len(v) == 2 {
		if key, ok := v[1].(name); ok {
			properties = in.file.dict(in.file.dict(in.resources["Properties"])[key])
		} else {
			properties = in.file.dict(v[1])
		}
	}
	text, ok := in.file.resolve(properties["ActualText"]).(str)
	ok = ok && in.actual == nil // the outermost counts
	if ok {
		in.actual = &actual{text: textString(string(text)), empty: true}
	}
	in.marked = append(in.marked, marked{ok, in.content, in.lang})
	if number, ok := in.file.resolve(properties["MCID"]).(float64); ok && in.depth == 0 && number >= 0 {
		in.content = int(number) + 1
	}
	if lang, ok := in.file.resolve(properties["Lang"]).(str); ok {
		in.lang = string(lang)
	}
}

// marked is an open marked-content sequence: whether it has an ActualText, and
// what there was before it.
type marked struct {
	actual  bool
	content int
	lang    string
}

func (in *interpreter) endMarked() {
	k := len(in.marked) - 1
	if k < 0 {
		return
	}
	open := in.marked[k]
	if open.actual {
		in.endActual()
	}
	in.marked, in.content, in.lang = in.marked[:k], open.content, open.lang
}

// endActual notes what stood under an ActualText.
func (in *interpreter) endActual() {
	if a := in.actual; a != nil && !a.empty {
		a.run.Text = a.text
		in.note(a.run)
	}
	in.actual = nil
}

func (in *interpreter) note(r Run) {
	r.content, r.lang = in.content, in.lang
	in.plain.run(r, in.page)
	in.page.Runs = append(in.page.Runs, r)
}

// add joins a run to that before it under one ActualText.
func (r *Run) add(next Run) {
	sin, cos := math.Sincos(r.Angle * math.Pi / 180)
	x, y := next.X-r.X, next.Y-r.Y
	along, across := x*cos-y*sin, x*sin+y*cos
	r.even = r.even && next.even && math.Abs(along-r.Width) < 0.5 && math.Abs(across) < 0.1 &&
		math.Abs(r.Angle-next.Angle) < 0.1 && math.Abs(r.Size-next.Size) < 0.1
	r.Width = max(r.Width, along+next.Width)
	r.Painted += next.Painted
	r.codes = append(r.codes, next.codes...)
	r.Ink, r.opaque = max(r.Ink, next.Ink), r.opaque && next.opaque
}

// textString decodes a PDF text string (7.9.2.2): UTF-16 with a byte order
// mark, UTF-8 with one, else taken as Latin-1.
func textString(s string) string {
	if rest, ok := strings.CutPrefix(s, "\xFE\xFF"); ok {
		return utf16BE(rest)
	}
	if rest, ok := strings.CutPrefix(s, "\xEF\xBB\xBF"); ok {
		return strings.ToValidUTF8(rest, "\uFFFD")
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func utf16BE(s string) string {
	units := make([]uint16, len(s)/2)
	for i := range units {
		units[i] = uint16(s[2*i])<<8 | uint16(s[2*i+1])
	}
	return string(utf16.Decode(units))
}

// textOperator executes the operators of text objects. It reports false for
// any other.
func (in *interpreter) textOperator(op keyword, v array, n []float64) bool {
	t := &in.state.text
	switch {
	case op == "BT":
		t.matrix, t.line = newTextState().matrix, newTextState().line
	case op == "Tf" && len(v) == 2:
		key, _ := v[0].(name)
		t.size, _ = v[1].(float64)
		t.font = in.font(in.file.dict(in.resources["Font"])[key])
	case op == "Td" && len(n) == 2:
		t.move(n[0], n[1])
	case op == "TD" && len(n) == 2:
		t.leading = -n[1]
		t.move(n[0], n[1])
	case op == "Tm" && len(n) == 6:
		t.matrix, t.line = matrix(n), matrix(n)
	case op == "T*":
		t.move(0, -t.leading)
	case op == "Tj" && len(v) == 1:
		in.show(v)
	case op == "TJ" && len(v) == 1:
		a, _ := v[0].(array)
		in.show(a)
	case op == "'" && len(v) == 1:
		t.move(0, -t.leading)
		in.show(v)
	case op == "\"" && len(v) == 3:
		t.word, _ = v[0].(float64)
		t.char, _ = v[1].(float64)
		t.move(0, -t.leading)
		in.show(v[2:])
	default:
		return t.set(op, n)
	}
	return true
}

// set executes the operators that set one value.
func (t *textState) set(op keyword, n []float64) bool {
	if len(n) != 1 {
		return false
	}
	switch op {
	case "Tc":
		t.char = n[0]
	case "Tw":
		t.word = n[0]
	case "Tz":
		t.scale = n[0] / 100
	case "TL":
		t.leading = n[0]
	case "Ts":
		t.rise = n[0]
	default:
		return false
	}
	return true
}

func (t *textState) move(x, y float64) {
	t.line = matrix{1, 0, 0, 1, x, y}.then(t.line)
	t.matrix = t.line
}

// show paints strings and, between them, moves by thousandths of an em.
func (in *interpreter) show(parts array) {
	t := &in.state.text
	if t.font == nil {
		in.plain.broken = true // a viewer may take some font or other
		return
	}
	var text strings.Builder
	var codes []painted
	start := matrix{1, 0, 0, 1, 0, t.rise}.then(t.matrix).then(in.state.matrix)
	length := 0.0
	for _, part := range parts {
		switch p := part.(type) {
		case float64:
			length -= p / 1000 * t.size * t.scale
		case str:
			for code, n := range t.font.codes(string(p)) {
				text.WriteString(t.font.text(code))
				if in.codes++; in.codes <= maxCodes {
					codes = append(codes, painted{t.font, code})
				} else {
					in.plain.broken = true
				}
				advance := t.font.width(code)/1000*t.size + t.char
				if n == 1 && code == ' ' {
					advance += t.word
				}
				length += advance * t.scale
			}
		}
	}
	t.matrix = matrix{1, 0, 0, 1, length, 0}.then(t.matrix)
	unit := math.Hypot(start[0], start[1]) // millimetres for one unit of text space
	run := Run{
		X: start[4], Y: start[5], Width: length * unit, Angle: start.angle(),
		Size: t.size * math.Hypot(start[2], start[3]) * 72 / 25.4, Text: text.String(),
		Painted: text.String(), Ink: in.state.ink, opaque: in.state.alpha >= 1, codes: codes, even: start.even(),
	}
	if math.Abs(run.Angle) < 0.01 {
		run.Angle = 0
	}
	if a := in.actual; a != nil {
		if a.empty {
			a.run, a.empty = run, false
		} else {
			a.run.add(run)
		}
		return
	}
	if run.Text != "" || len(codes) > 0 {
		in.note(run)
	}
}
