// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"slices"
)

// Trouble is what becomes of a sheet.
type Trouble struct {
	// Kind is jam, out_of_paper or broken, as the protocol calls it.
	Kind string
	// HalfOut leaves the sheet of a jam in the tray, half out and not
	// confirmed; whoever clears the jam takes it away.
	HalfOut bool
}

// Sheet is a sheet of paper.
type Sheet struct {
	Number int
	PDF    []byte // what is on it
	Half   bool   // came out half way
}

// Printer prints one sheet after the other into a tray behind the shutter.
type Printer struct {
	// Troubles come when a sheet is printed, by its number, once each.
	Troubles map[int]Trouble

	fault     string
	tray      []Sheet
	Retracted int // sheets drawn back into the machine, and shredded there
	Wasted    int // sheets that a jam has spoilt
	Fed       int // all sheets that were drawn from the stock
}

// Fault returns what stops the printer, or "".
func (p *Printer) Fault() string { return p.fault }

// Break stops the printer now.
func (p *Printer) Break(kind string) { p.fault = kind }

// Fix clears a jam and fills up paper; what hangs half out is thrown away.
func (p *Printer) Fix() {
	p.fault = ""
	before := len(p.tray)
	p.tray = slices.DeleteFunc(p.tray, func(s Sheet) bool { return s.Half })
	p.Wasted += before - len(p.tray)
}

// print prints sheet n and reports whether it is confirmed out.
func (p *Printer) print(n int, pdf []byte) bool {
	if t, ok := p.Troubles[n]; ok && p.fault == "" {
		delete(p.Troubles, n)
		p.fault = t.Kind
		switch {
		case t.Kind == "jam" && t.HalfOut:
			p.Fed++
			p.tray = append(p.tray, Sheet{Number: n, PDF: bytes.Clone(pdf), Half: true})
		case t.Kind == "jam":
			p.Fed++
			p.Wasted++
		}
	}
	if p.fault != "" {
		return false
	}
	p.Fed++
	p.tray = append(p.tray, Sheet{Number: n, PDF: bytes.Clone(pdf)})
	return true
}

// Tray returns how many whole sheets lie in the tray.
func (p *Printer) Tray() int {
	n := 0
	for _, s := range p.tray {
		if !s.Half {
			n++
		}
	}
	return n
}

// Take empties the tray; sheets that hang half out stay with the machine.
func (p *Printer) Take() []Sheet {
	var taken, left []Sheet
	for _, s := range p.tray {
		if s.Half {
			left = append(left, s)
		} else {
			taken = append(taken, s)
		}
	}
	p.tray = left
	return taken
}

// retract draws what was not taken back, and shreds it.
func (p *Printer) retract() {
	p.Retracted += len(p.tray)
	for _, s := range p.tray {
		clear(s.PDF)
	}
	p.tray = nil
}
