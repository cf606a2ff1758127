// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"strconv"
)

// The objects of ISO 32000-1 7.3, besides bool, float64 and nil.
type (
	name    string
	str     string // the bytes of a string
	array   []any
	dict    map[name]any
	keyword string // operators, obj, R, …
	ref     struct{ number, generation int }
	stream  struct {
		dict
		raw []byte
	}
)

// endOfInput is what the lexer returns at the end and after an error.
type endOfInput struct{}

// lexer takes objects from bytes. It never fails: what it cannot read it
// passes over.
type lexer struct {
	data []byte
	at   int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) skipSpace() {
	for l.at < len(l.data) {
		switch c := l.data[l.at]; {
		case isSpace(c):
			l.at++
		case c == '%':
			for l.at < len(l.data) && l.data[l.at] != '\n' && l.data[l.at] != '\r' {
				l.at++
			}
		default:
			return
		}
	}
}

// next returns the next object. References are not put together here: "7 0 R"
// comes as two numbers and a keyword (see [lexer.object]).
func (l *lexer) next(depth int) any {
	l.skipSpace()
	if l.at >= len(l.data) || depth > maxNesting {
		l.at = len(l.data)
		return endOfInput{}
	}
	c := l.data[l.at]
	switch {
	case c == '/':
		return l.name()
	case c == '(':
		return l.literal()
	case c == '<' && l.peek(1) == '<':
		l.at += 2
		return l.dict(depth + 1)
	case c == '<':
		return l.hex()
	case c == '[':
		l.at++
		return l.array(depth + 1)
	case c == ')' || c == '{' || c == '}':
		l.at++
		return keyword(c)
	case c == ']' || c == '>':
		l.at++
		if c == '>' && l.peek(0) == '>' {
			l.at++
			return keyword(">>")
		}
		return keyword(c)
	}
	return l.word()
}

func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.data) {
		return l.data[l.at+n]
	}
	return 0
}

func (l *lexer) word() any {
	start := l.at
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		l.at++
	}
	w := string(l.data[start:l.at])
	switch w {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if c := w[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if v, err := strconv.ParseFloat(w, 64); err == nil && v > -1e12 && v < 1e12 {
			return v
		}
	}
	return keyword(w)
}

func (l *lexer) name() name {
	l.at++
	var out []byte
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		c := l.data[l.at]
		l.at++
		if c == '#' && l.at+2 <= len(l.data) {
			if v, err := strconv.ParseUint(string(l.data[l.at:l.at+2]), 16, 8); err == nil {
				c = byte(v)
				l.at += 2
			}
		}
		out = append(out, c)
	}
	return name(out)
}

func (l *lexer) hex() str {
	l.at++
	var out []byte
	digits, value := 0, byte(0)
	for l.at < len(l.data) {
		c := l.data[l.at]
		l.at++
		if c == '>' {
			break
		}
		v, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			continue
		}
		value = value<<4 | byte(v)
		if digits++; digits%2 == 0 {
			out = append(out, value)
		}
	}
	if digits%2 == 1 {
		out = append(out, value<<4)
	}
	return str(out)
}

// literal reads a string in parentheses (7.3.4.2).
func (l *lexer) literal() str {
	l.at++
	var out []byte
	for open := 1; l.at < len(l.data); {
		c := l.data[l.at]
		l.at++
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return str(out)
			}
		case '\r':
			if l.peek(0) == '\n' {
				l.at++
			}
			c = '\n'
		case '\\':
			var ok bool
			if c, ok = l.escape(); !ok {
				continue
			}
		}
		out = append(out, c)
	}
	return str(out)
}

// escape reads what follows a backslash; false for a line that goes on.
func (l *lexer) escape() (byte, bool) {
	c := l.peek(0)
	l.at++
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case '\r':
		if l.peek(0) == '\n' {
			l.at++
		}
		return 0, false
	case '\n':
		return 0, false
	}
	if c < '0' || c > '7' {
		return c, true
	}
	v := int(c - '0')
	for range 2 {
		if d := l.peek(0); d >= '0' && d <= '7' {
			v = v*8 + int(d-'0')
			l.at++
		}
	}
	return byte(v), true
}

func (l *lexer) array(depth int) array {
	out := array{}
	for {
		switch v := l.next(depth); v {
		case keyword("]"), endOfInput{}:
			return out
		case keyword("R"):
			out = joinRef(out)
		default:
			out = append(out, v)
		}
	}
}

// joinRef turns the last two numbers into a reference.
func joinRef(a array) array {
	if len(a) < 2 {
		return a
	}
	n, ok1 := a[len(a)-2].(float64)
	g, ok2 := a[len(a)-1].(float64)
	if !ok1 || !ok2 {
		return a
	}
	return append(a[:len(a)-2], ref{int(n), int(g)})
}

func (l *lexer) dict(depth int) dict {
	out := dict{}
	var items array
	for {
		v := l.next(depth)
		end := v == keyword(">>") || v == endOfInput{}
		switch {
		case v == keyword("R"):
			items = joinRef(items)
			continue
		case !end:
			items = append(items, v)
			continue
		}
		for i := 0; i+1 < len(items); i += 2 {
			if k, ok := items[i].(name); ok {
				out[k] = items[i+1]
			}
		}
		return out
	}
}

// object reads one object that may be a reference.
func (l *lexer) object() any {
	v := l.next(0)
	if _, ok := v.(float64); !ok {
		return v
	}
	kept := l.at
	if g, ok := l.next(0).(float64); ok {
		if l.next(0) == keyword("R") {
			return ref{int(v.(float64)), int(g)}
		}
	}
	l.at = kept
	return v
}
