// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"fmt"
	"strconv"
	"sync"

	"kofu/cert"
	"kofu/cert/qr"
)

// writing is where one document is written. All of it may tell what the
// document says.
type writing struct {
	composer
	spool
	program []byte
	own     []subset // by font: what the template's font lacks
	size    float64  // of the type that is set, 0 for none
	font    int      // that it is set in: a number of Renderer.fonts, or -1 for the template's

	nodes   []node  // of the structure tree, the document first
	figures [2]node // symbols that are painted and not yet in the tree
	marks   int     // marked contents of the tree so far
	owner   []int   // of each of them: the place of its element among nodes
	at      place   // in the tree
}

// place is where in the structure tree the last line belongs.
type place struct{ item, node, table, row, rowNode int }

const fromTemplate = -1

// clear forgets the document.
func (w *writing) clear() {
	clear(w.b)
	w.spool = spool{b: w.b[:0], starts: w.starts[:0]}
	for i := range w.own {
		w.own[i].reset(w.own[i].font)
	}
	w.composer.clear()
	clear(w.program)
	w.program = w.program[:0]
	w.size, w.font = 0, 0
	w.nodes, w.figures, w.marks, w.owner, w.at = w.nodes[:0], [2]node{}, 0, w.owner[:0], place{}
}

// newWritings returns places to write in, empty ones every time.
func newWritings(fonts []*font) *sync.Pool {
	return &sync.Pool{New: func() any {
		w := &writing{composer: composer{fonts: fonts}, own: make([]subset, len(fonts))}
		for i, f := range fonts {
			w.own[i].reset(f)
		}
		return w
	}}
}

// writing returns an empty one, which has to be released.
func (r *Renderer) writing() *writing { return r.writings.Get().(*writing) }

func (r *Renderer) release(w *writing) {
	w.clear()
	r.writings.Put(w)
}

// render lays out and writes a page with these symbols.
func (r *Renderer) render(d Document, shc, vdsnc *qr.Matrix) ([]byte, error) {
	w := r.writing()
	defer r.release(w)
	if w.template = r.templates[variantOfPage(d.Certificate)]; w.template == nil {
		return nil, fmt.Errorf("pdf: item kind: %w", ErrDocument)
	}
	if err := w.place(d, shc, vdsnc); err != nil {
		return nil, err
	}
	return r.finish(w)
}

// finish writes the file of what has been laid out: the beginning that all
// pages of its kind share, and after it what is this document's own.
func (r *Renderer) finish(w *writing) ([]byte, error) {
	s := &w.sheet
	w.content(r.background)
	w.info(s.document.Certificate)
	next, beside := firstOwn, (*spool)(nil)
	if s.document.CopyEvident {
		next, beside = next+backgroundObjects, &r.background.objects
	}
	symbols := next
	for _, p := range s.symbols {
		w.symbol(next, p)
		next++
	}
	fonts := next
	for i := range w.own {
		f := &w.own[i]
		if !f.used() {
			continue
		}
		if err := f.close(); err != nil {
			return nil, err
		}
		clear(w.program)
		w.program = f.appendProgram(w.program[:0])
		program := r.lent.font(w.program)
		w.spool.font(next, f, r.tags[i], program, len(program))
		w.beginStream(next+4, "")
		w.b = f.appendToUnicode(w.b)
		w.endStream()
		next += fontObjects
	}
	next = w.tree(next)
	w.resources(r.background, symbols, fonts)
	return join(next, &w.template.start, beside, &w.spool), nil
}

// resources lists what the content names.
func (w *writing) resources(band *background, symbols, fonts int) {
	s := &w.sheet
	w.spool.begin(objectResources)
	w.text("<</Font <</", staticFont, " ")
	w.ref(objectFont)
	for i := range w.own {
		if w.own[i].used() {
			w.text(" /")
			w.fontName(i)
			w.text(" ")
			w.ref(fonts)
			fonts += fontObjects
		}
	}
	w.text(">> /XObject <<")
	if s.document.CopyEvident {
		w.text("/", band.name, " ")
		w.ref(firstOwn)
	}
	for i := range s.symbols {
		w.text(" /", symbolNames[i], " ")
		w.ref(symbols + i)
	}
	w.text(">>>>")
	w.end()
}

// info is what a viewer shows about the file: nothing about the holder, and no
// time but the certificate's own.
func (w *writing) info(c *cert.Certificate) {
	w.spool.begin(objectInfo)
	w.text("<</Title <FEFF")
	w.b = appendUTF16(w.b, labelTitle.ja)
	w.b = appendUTF16(w.b, " ")
	w.b = appendUTF16(w.b, labelTitle.en)
	at := c.IssuedAt.UTC().AppendFormat(make([]byte, 0, 16), "20060102150405") // without an offset readers take it for UTC
	w.text("> /Creator (kofu) /Producer (kofu) /CreationDate (D:", string(at), ") /ModDate (D:", string(at), ")>>")
	w.end()
}

// symbol writes a symbol as a mask of one sample to a module: what it is, and
// what printers enlarge without widening a module by the dots of its edge. One
// byte more than its samples keeps programs that pack every bilevel picture
// with a fax code, to which a symbol is noise, from making it larger.
func (w *writing) symbol(number int, p placedSymbol) {
	w.spool.begin(number)
	w.text("<</Type /XObject /Subtype /Image /ImageMask true /Decode [1 0] /BitsPerComponent 1 /Width ")
	w.int(p.Size)
	w.text(" /Height ")
	w.int(p.Size)
	w.text(" /Length ")
	w.int((p.Size+7)/8*p.Size + 1)
	w.text(">>\nstream\n")
	w.b = append(p.AppendBits(w.b), 0)
	w.text("\nendstream")
	w.end()
}

// join puts the parts of a file together, a table of their objects after them
// (ISO 32000-1 7.5.4). Numbers below size that no part has are free.
func join(size int, parts ...*spool) []byte {
	length := 0
	at := make([]int, size)
	for _, p := range parts {
		if p == nil {
			continue
		}
		for _, o := range p.starts {
			at[o.number] = length + o.at
		}
		length += len(p.b)
	}
	out := make([]byte, 0, length+20*size+128)
	for _, p := range parts {
		if p != nil {
			out = append(out, p.b...)
		}
	}
	out = append(append(append(out, "xref\n0 "...), strconv.Itoa(size)...), "\n0000000000 65535 f \n"...)
	for _, n := range at[1:] {
		var entry [20]byte
		copy(entry[:], "0000000000 00000 n \n")
		for i := 9; n > 0; i-- {
			entry[i] = byte('0' + n%10)
			n /= 10
		}
		out = append(out, entry[:]...)
	}
	out = append(append(out, "trailer\n<</Size "...), strconv.Itoa(size)...)
	out = append(out, " /Root 5 0 R /Info 6 0 R>>\nstartxref\n"...)
	return append(strconv.AppendInt(out, int64(length), 10), "\n%%EOF\n"...)
}
