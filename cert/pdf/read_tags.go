// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"strings"

	"kofu/cert"
)

// Heard is one thing that a screen reader says of a page: a piece of text, or
// what is said in the place of a picture.
type Heard struct {
	cert.Redacted
	Path string // structure types from the root: "Document/Table/TR/TD"
	Text string
	Lang string // of the text where it is said, "" where only the document says
}

// maxHeard bounds how many elements of a structure tree are looked at, one met
// twice counting twice.
const maxHeard = 1 << 12

// listener walks the structure tree (14.7).
type listener struct {
	file *file
	runs map[int][]Run // by number of their marked content
	left int
	out  []Heard
}

// listen returns what a screen reader says of the first page, in its order;
// nil where the file has no structure.
func (f *file) listen(p *Page) []Heard {
	catalog := f.dict(f.trailer["Root"])
	if f.resolve(f.dict(catalog["MarkInfo"])["Marked"]) != true {
		return nil
	}
	l := &listener{file: f, runs: map[int][]Run{}, left: maxHeard}
	for _, r := range p.Runs {
		l.runs[r.content] = append(l.runs[r.content], r)
	}
	l.kids(f.dict(catalog["StructTreeRoot"])["K"], "", 0)
	return l.out
}

// kids says what an element holds.
func (l *listener) kids(v any, path string, depth int) {
	if l.left--; l.left < 0 || depth > maxNesting {
		return
	}
	switch k := l.file.resolve(v).(type) {
	case array:
		for _, kid := range k {
			l.kids(kid, path, depth+1)
		}
	case float64:
		l.say(int(k), path)
	case dict:
		if k["MCID"] != nil {
			l.say(int(l.file.number(k["MCID"], -1)), path)
			return
		}
		kind, ok := l.file.resolve(k["S"]).(name)
		if !ok {
			return
		}
		path = strings.TrimPrefix(path+"/"+string(kind), "/")
		for _, instead := range []name{"ActualText", "Alt"} {
			if text, ok := l.file.resolve(k[instead]).(str); ok {
				l.out = append(l.out, Heard{Path: path, Text: textString(string(text))})
				return
			}
		}
		l.kids(k["K"], path, depth+1)
	}
}

// say says the text of a marked content.
func (l *listener) say(number int, path string) {
	for _, r := range l.runs[number+1] {
		l.out = append(l.out, Heard{Path: path, Text: r.Text, Lang: r.lang})
	}
}
