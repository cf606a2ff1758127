// SPDX-License-Identifier: Apache-2.0

package pdf

import "bytes"

// entry is where an object lies: at an offset of the file, or as the n-th in
// an object stream.
type entry struct {
	offset int
	inside int // number of the object stream, 0 for none
	n      int
}

// file gives the objects of a PDF file.
type file struct {
	data     []byte
	entries  map[int]entry
	trailer  dict
	objects  map[int]any // read so far; busy while being read
	packed   map[int][]any
	inflated int // bytes
}

// busy stands in for an object that is just being read, so that an object
// that leads to itself ends there.
type busy struct{}

func openFile(data []byte) (*file, error) {
	if len(data) > maxFile {
		return nil, ErrTooLarge
	}
	if i := bytes.Index(data[:min(len(data), 1024)], []byte("%PDF-")); i < 0 {
		return nil, ErrNotPDF
	}
	f := &file{data: data}
	f.reset()
	if !f.readTables() || f.dict(f.dict(f.trailer["Root"])["Pages"]) == nil {
		f.reset()
		f.scan()
	}
	if f.trailer["Encrypt"] != nil {
		return nil, ErrEncrypted
	}
	return f, nil
}

func (f *file) reset() {
	f.entries, f.trailer = map[int]entry{}, dict{}
	f.objects, f.packed = map[int]any{}, map[int][]any{}
}

// load returns an object by its number; nil where there is none.
func (f *file) load(number int) any {
	if v, ok := f.objects[number]; ok {
		if v == (busy{}) {
			return nil
		}
		return v
	}
	e, ok := f.entries[number]
	if !ok {
		return nil
	}
	f.objects[number] = busy{}
	var v any
	if e.inside == 0 {
		v = f.objectAt(e.offset, number)
	} else if all := f.unpack(e.inside); e.n >= 0 && e.n < len(all) {
		v = all[e.n]
	}
	f.objects[number] = v
	return v
}

// objectAt reads "n g obj … endobj" at an offset. number is what n has to be,
// or -1.
func (f *file) objectAt(at, number int) any {
	if at < 0 || at >= len(f.data) {
		return nil
	}
	l := &lexer{data: f.data, at: at}
	n, ok1 := l.next(0).(float64)
	_, ok2 := l.next(0).(float64)
	if !ok1 || !ok2 || l.next(0) != keyword("obj") || number >= 0 && int(n) != number {
		return nil
	}
	v := l.object()
	d, ok := v.(dict)
	if !ok {
		return v
	}
	after := l.at
	if l.next(0) != keyword("stream") {
		l.at = after
		return d
	}
	if l.peek(0) == '\r' {
		l.at++
	}
	if l.peek(0) == '\n' {
		l.at++
	}
	return stream{d, f.body(l.at, d)}
}

// body returns the bytes of a stream: Length of them if endstream follows
// there, else all up to the next endstream.
func (f *file) body(start int, d dict) []byte {
	if start > len(f.data) {
		return nil
	}
	if n, ok := f.resolve(d["Length"]).(float64); ok && n >= 0 && int(n) <= len(f.data)-start {
		end := start + int(n)
		l := &lexer{data: f.data, at: end}
		if l.next(0) == keyword("endstream") {
			return f.data[start:end]
		}
	}
	i := bytes.Index(f.data[start:], []byte("endstream"))
	if i < 0 {
		return nil
	}
	return bytes.TrimRight(f.data[start:start+i], "\r\n")
}

// unpack returns the objects of an object stream (7.5.7).
func (f *file) unpack(number int) []any {
	if all, ok := f.packed[number]; ok {
		return all
	}
	f.packed[number] = nil
	s, ok := f.load(number).(stream)
	if !ok {
		return nil
	}
	data, err := f.inflate(s)
	first, ok := f.resolve(s.dict["First"]).(float64)
	if err != nil || !ok {
		return nil
	}
	var all []any
	head := &lexer{data: data}
	for len(all) < 1<<16 {
		_, ok1 := head.next(0).(float64)
		at, ok2 := head.next(0).(float64)
		if !ok1 || !ok2 || float64(head.at) > first+1 {
			break
		}
		start := int(first) + int(at)
		if start < 0 || start > len(data) {
			break
		}
		all = append(all, (&lexer{data: data, at: start}).object())
	}
	f.packed[number] = all
	return all
}

func (f *file) unpackNumbers(s stream) []int {
	data, err := f.inflate(s)
	count, ok := f.resolve(s.dict["N"]).(float64)
	if err != nil || !ok {
		return nil
	}
	var out []int
	head := &lexer{data: data}
	for float64(len(out)) < min(count, 1<<16) {
		n, ok1 := head.next(0).(float64)
		if _, ok2 := head.next(0).(float64); !ok1 || !ok2 {
			break
		}
		out = append(out, int(n))
	}
	return out
}

// resolve follows references.
func (f *file) resolve(v any) any {
	for range maxNesting {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		v = f.load(r.number)
	}
	return nil
}

// dict returns the dictionary that v is or leads to, that of a stream
// included; else nil.
func (f *file) dict(v any) dict {
	switch d := f.resolve(v).(type) {
	case dict:
		return d
	case stream:
		return d.dict
	}
	return nil
}

func (f *file) array(v any) array {
	a, _ := f.resolve(v).(array)
	return a
}

// numbers returns an array of numbers; nil where v is anything else.
func (f *file) numbers(v any) []float64 {
	a := f.array(v)
	if a == nil {
		return nil
	}
	out := make([]float64, len(a))
	for i, item := range a {
		n, ok := f.resolve(item).(float64)
		if !ok {
			return nil
		}
		out[i] = n
	}
	return out
}

func (f *file) number(v any, otherwise float64) float64 {
	if n, ok := f.resolve(v).(float64); ok {
		return n
	}
	return otherwise
}
