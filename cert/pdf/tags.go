// SPDX-License-Identifier: Apache-2.0

package pdf

// role is what a part of the page is to those who listen to it: a standard
// structure type (ISO 32000-1 14.8.4).
type role uint8

const (
	paragraph role = iota
	heading
	caption
	columnHead
	rowHead
	datum
	figure
	doseTable
	tableRow
	document
)

// tagNames are the structure types, with attributes where they need some.
var tagNames = [...]string{
	paragraph: "/P", heading: "/H1", caption: "/P", columnHead: "/TH /A <</O /Table /Scope /Column>>", rowHead: "/TH /A <</O /Table /Scope /Row>>",
	datum: "/TD", figure: "/Figure", doseTable: "/Table", tableRow: "/TR", document: "/Document",
}

// part is what a line belongs to. Lines that stand together are one part.
type part struct {
	role role
	item int // tells parts from each other
	row  int // of the table
}

// node is an element of the structure tree. The tree is a list in which every
// element comes after its parent, in the order of reading.
type node struct {
	role        role
	parent      int // place in the list; -1 for the root's only child
	first, last int // marked content, by number: from first to before last
	kid, next   int // places of its first child and its next sibling; 0 for none
	youngest    int // place of its last child
	symbol      int // of a figure
}

// mark opens marked content of the tree, of n's.
func (w *writing) mark(tag string, n *node) {
	w.spool.text(tag, " <</MCID ")
	w.int(w.marks)
	if w.marks++; n.last == 0 {
		n.first = w.marks - 1
	}
	n.last = w.marks
}

// grow adds an element and returns its place.
func (w *writing) grow(r role, parent int) int {
	n := len(w.nodes)
	w.nodes = append(w.nodes, node{role: r, parent: parent})
	if parent >= 0 {
		if above := &w.nodes[parent]; above.kid == 0 {
			above.kid, above.youngest = n, n
		} else {
			w.nodes[above.youngest].next, above.youngest = n, n
		}
	}
	return n
}

// nodeOf returns the element that the next line belongs to, a new one where
// the last line belonged to another. Elements of the table are in a row of it.
func (w *writing) nodeOf(p part) *node {
	if w.at.item == p.item && w.at.node > 0 {
		return &w.nodes[w.at.node]
	}
	parent := 0
	switch p.role {
	case columnHead, rowHead, datum:
		if w.at.table == 0 {
			w.at.table = w.grow(doseTable, 0)
		}
		if w.at.row != p.row || w.at.rowNode == 0 {
			w.at.row, w.at.rowNode = p.row, w.grow(tableRow, w.at.table)
		}
		parent = w.at.rowNode
	case caption:
		w.growFigures()
	}
	w.at.item, w.at.node = p.item, w.grow(p.role, parent)
	return &w.nodes[w.at.node]
}

// growFigures puts the symbols, which are painted before all text, where they
// are to be read: before the first of their captions.
func (w *writing) growFigures() {
	for i := range w.figures {
		if f := &w.figures[i]; f.last > 0 {
			n := w.grow(figure, 0)
			w.nodes[n].first, w.nodes[n].last, w.nodes[n].symbol = f.first, f.last, i
			*f = node{}
		}
	}
}

// tree writes the structure tree (14.7) from object number on, and returns the
// first number after it.
func (w *writing) tree(number int) int {
	w.spool.begin(objectTree)
	w.spool.text("<</Type /StructTreeRoot /K ")
	w.ref(number)
	w.spool.text(" /ParentTree <</Nums [0 [")
	owner := w.owners()
	for _, n := range owner {
		w.ref(number + n)
		w.spool.text(" ")
	}
	w.spool.text("]]>> /ParentTreeNextKey 1>>")
	w.end()
	for i, n := range w.nodes {
		w.spool.begin(number + i)
		w.spool.text("<</S ", tagNames[n.role])
		w.spool.text(" /P ")
		if n.parent < 0 {
			w.ref(objectTree)
		} else {
			w.ref(number + n.parent)
		}
		if n.role == figure {
			w.alternative(n.symbol)
		}
		w.spool.text(" /K [")
		for k := n.first; k < n.last; k++ {
			w.int(k)
			w.spool.text(" ")
		}
		for k := n.kid; k != 0; k = w.nodes[k].next {
			w.ref(number + k)
			w.spool.text(" ")
		}
		if w.spool.text("]"); n.last > 0 {
			w.spool.text(" /Pg 3 0 R")
		}
		w.spool.text(">>")
		w.end()
	}
	return number + len(w.nodes)
}

// owners lists the element of each marked content.
func (w *writing) owners() []int {
	for len(w.owner) < w.marks {
		w.owner = append(w.owner, 0)
	}
	for i, n := range w.nodes {
		for k := n.first; k < n.last; k++ {
			w.owner[k] = i
		}
	}
	return w.owner
}

// alternative writes what is said in the place of a symbol, and where it is.
func (w *writing) alternative(symbol int) {
	says := [...]label{labelSHCHeard, labelVDSNCHeard}[symbol]
	w.spool.text(" /Alt <FEFF")
	w.b = appendUTF16(w.b, says.ja)
	w.spool.text("0020")
	w.b = appendUTF16(w.b, says.en)
	w.spool.text("> /A <</O /Layout /BBox [")
	p := w.symbols[symbol]
	w.numbers(p.x/millimetre, fromBelow(p.y+p.side), (p.x+p.side)/millimetre, fromBelow(p.y))
	w.spool.text("]>>")
}
