// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// readTables follows the cross-reference tables and streams from the end of
// the file (7.5.4, 7.5.8). The first entry found for an object is its newest.
func (f *file) readTables() bool {
	tail := f.data[max(0, len(f.data)-2048):]
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return false
	}
	l := &lexer{data: tail, at: i + len("startxref")}
	next, ok := l.next(0).(float64)
	var done []int
	for ok {
		at := int(next)
		if at < 0 || at >= len(f.data) || slices.Contains(done, at) || len(done) > 256 {
			return false
		}
		done = append(done, at)
		trailer, good := f.readTable(at)
		if !good {
			return false
		}
		for k, v := range trailer {
			if _, old := f.trailer[k]; !old {
				f.trailer[k] = v
			}
		}
		if hybrid, has := trailer["XRefStm"].(float64); has {
			f.readTable(int(hybrid))
		}
		next, ok = trailer["Prev"].(float64)
	}
	return len(done) > 0
}

func (f *file) readTable(at int) (dict, bool) {
	if at < 0 || at >= len(f.data) {
		return nil, false
	}
	l := &lexer{data: f.data, at: at}
	if l.next(0) != keyword("xref") {
		return f.readTableStream(at)
	}
	for {
		first, ok := l.next(0).(float64)
		if !ok { // the keyword trailer
			d, ok := l.next(0).(dict)
			return d, ok
		}
		count, ok := l.next(0).(float64)
		if !ok || count < 0 || count > float64(len(f.data))/10 {
			return nil, false
		}
		for i := range int(count) {
			offset, ok1 := l.next(0).(float64)
			_, ok2 := l.next(0).(float64)
			kind := l.next(0)
			if !ok1 || !ok2 {
				return nil, false
			}
			if kind == keyword("n") {
				f.enter(int(first)+i, entry{offset: int(offset)})
			}
		}
	}
}

func (f *file) enter(number int, e entry) {
	if _, old := f.entries[number]; !old {
		f.entries[number] = e
	}
}

func (f *file) readTableStream(at int) (dict, bool) {
	s, ok := f.objectAt(at, -1).(stream)
	if !ok || s.dict["Type"] != name("XRef") {
		return nil, false
	}
	data, err := f.inflate(s)
	w := f.numbers(s.dict["W"])
	if err != nil || len(w) != 3 {
		return nil, false
	}
	width := 0
	for _, n := range w {
		if n < 0 || n > 8 {
			return nil, false
		}
		width += int(n)
	}
	index := f.numbers(s.dict["Index"])
	if index == nil {
		index = f.numbers(array{0.0, s.dict["Size"]})
	}
	for i := 0; i+1 < len(index) && width > 0; i += 2 {
		for n := int(index[i]); n < int(index[i])+int(index[i+1]) && len(data) >= width; n++ {
			var field [3]int
			field[0] = 1 // the default where the first field is absent
			for k, rest := 0, data; k < 3; k++ {
				if w[k] > 0 {
					field[k] = 0
				}
				for range int(w[k]) {
					field[k] = field[k]<<8 | int(rest[0])
					rest = rest[1:]
				}
			}
			data = data[width:]
			switch field[0] {
			case 1:
				f.enter(n, entry{offset: field[1]})
			case 2:
				f.enter(n, entry{inside: field[1], n: field[2]})
			}
		}
	}
	return s.dict, true
}

var objectStart = regexp.MustCompile(`(?:^|[\r\n \t])([0-9]{1,9})[ \t\r\n]+[0-9]{1,5}[ \t\r\n]+obj\b`)

// scan finds objects where the tables are of no use; of two objects with one
// number the later one counts.
func (f *file) scan() {
	for _, m := range objectStart.FindAllSubmatchIndex(f.data, 1<<18) {
		n, err := strconv.Atoi(string(f.data[m[2]:m[3]]))
		if err == nil {
			f.entries[n] = entry{offset: m[2]}
		}
	}
	for _, at := range allIndexes(f.data, []byte("trailer")) {
		l := &lexer{data: f.data, at: at + len("trailer")}
		if d, ok := l.next(0).(dict); ok {
			for k, v := range d {
				f.trailer[k] = v
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(f.entries)) {
		s, ok := f.load(n).(stream)
		switch {
		case ok && s.dict["Type"] == name("XRef"):
			for k, v := range s.dict {
				f.trailer[k] = v
			}
		case ok && s.dict["Type"] == name("ObjStm"):
			for i, number := range f.unpackNumbers(s) {
				f.enter(number, entry{inside: n, n: i})
			}
		}
	}
	if f.dict(f.trailer["Root"]) == nil {
		for _, n := range slices.Sorted(maps.Keys(f.entries)) {
			if d := f.dict(ref{number: n}); d != nil && d["Type"] == name("Catalog") {
				f.trailer["Root"] = ref{number: n}
			}
		}
	}
}

func allIndexes(data, what []byte) []int {
	var out []int
	for from := 0; len(out) < 1000; {
		i := bytes.Index(data[from:], what)
		if i < 0 {
			return out
		}
		out = append(out, from+i)
		from += i + len(what)
	}
	return out
}
