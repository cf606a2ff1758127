// SPDX-License-Identifier: Apache-2.0

package card

import (
	"crypto"
	"crypto/subtle"
	"sync"
)

// AID names the text application (券面事項入力補助AP), SurfaceAID the surface
// application (券面事項確認AP).
const (
	AID        = "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08"
	SurfaceAID = "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02"
)

// Card is one card. It may be used from several goroutines; each APDU is
// answered on its own, so readers that take turns should use [Card.Tap].
type Card struct {
	alg        algorithm
	warnsAtEnd bool
	field      sync.Mutex                   // held while the card lies on a reader, see Tap
	surface    func() (*application, error) // made when first selected: most cards' never is

	mu       sync.Mutex
	text     *application
	selected *application    // nil for none
	current  uint16          // selected file, 0 for none
	opened   map[uint16]bool // secrets shown since the application was selected
}

// application is what a card holds for one of its applications.
type application struct {
	key     crypto.Signer // signs without any PIN
	files   map[uint16][]byte
	secrets map[uint16]*secret
	opens   map[uint16][]uint16 // which secrets open a file, one being enough; none for a file that anybody may read
}

// secret is a PIN or matching number with its tries. The zero secret is
// blocked for good.
type secret struct {
	value       []byte
	tries, left int
}

func newSecret(value string, tries int) *secret {
	if value == "" {
		return &secret{}
	}
	return &secret{[]byte(value), tries, tries}
}

// Reset takes the card out of the field: what was selected and opened is
// gone, the tries that were used up are not.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.selected, c.current, c.opened = nil, 0, nil
}

// Tap holds the card to a reader while f runs. Others wait.
func (c *Card) Tap(f func(Reader) error) error {
	c.field.Lock()
	defer c.field.Unlock()
	c.Reset()
	defer c.Reset()
	return f(c.Reader())
}

// Reader returns a reader with this card on it.
func (c *Card) Reader() Reader { return Reader{Transmit: c.Transmit, alg: &c.alg} }

// Unblock gives all tries of the PIN back, as a municipality's counter can.
func (c *Card) Unblock() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.secrets[0x0011].left = c.text.secrets[0x0011].tries
}

// Transmit answers one command APDU, short or extended. Whatever comes, it
// answers.
func (c *Card) Transmit(apdu []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	cmd, ok := parseCommand(apdu)
	if !ok {
		return status(swWrongLength)
	}
	switch {
	case cmd.cla == 0x80 && cmd.ins == 0x2A:
		return c.computeSignature(cmd)
	case cmd.cla != 0x00 && cmd.cla != 0x80:
		return status(swWrongCLA)
	case cmd.cla == 0x80:
		return status(swWrongINS)
	}
	switch cmd.ins {
	case 0xA4:
		return c.selectFile(cmd)
	case 0x20:
		return c.verify(cmd)
	case 0xB0:
		return c.readBinary(cmd)
	case 0x88:
		return status(swConditions)
	}
	return status(swWrongINS)
}

// selectFile answers SELECT by AID (P1 04) or by file identifier (P1 02).
func (c *Card) selectFile(cmd command) []byte {
	switch {
	case cmd.p2 != 0x0C && cmd.p2 != 0x00:
		return status(swWrongP1P2)
	case cmd.p1 == 0x04:
		return c.selectApplication(string(cmd.data))
	case cmd.p1 != 0x02:
		return status(swWrongP1P2)
	case len(cmd.data) != 2:
		return status(swWrongLength)
	}
	fid := uint16(cmd.data[0])<<8 | uint16(cmd.data[1])
	if c.selected == nil || !c.selected.exists(fid) {
		return status(swNotFound)
	}
	c.current = fid
	return status(swOK)
}

func (c *Card) selectApplication(aid string) []byte {
	c.selected, c.current, c.opened = nil, 0, nil
	switch aid {
	case AID:
		c.selected = c.text
	case SurfaceAID:
		surface, err := c.surface()
		if err != nil {
			return status(swFailed)
		}
		c.selected = surface
	default:
		return status(swNotFound)
	}
	c.opened = make(map[uint16]bool)
	return status(swOK)
}

func (a *application) exists(fid uint16) bool {
	_, file := a.files[fid]
	_, secret := a.secrets[fid]
	return file || secret
}

// file returns the file a command is about: the one with the short identifier
// in ref, or the current one.
func (c *Card) file(ref byte) (uint16, bool) {
	if sfi := uint16(ref & 0x1F); sfi != 0 && c.selected != nil {
		if !c.selected.exists(sfi) {
			return 0, false
		}
		c.current = sfi
	}
	return c.current, c.selected != nil && c.current != 0
}

// verify answers VERIFY; without data it tells how many tries are left.
func (c *Card) verify(cmd command) []byte {
	if cmd.p1 != 0x00 || cmd.p2&0xE0 != 0x80 {
		return status(swWrongP1P2)
	}
	fid, ok := c.file(cmd.p2)
	if !ok {
		return status(swNoFile)
	}
	s, ok := c.selected.secrets[fid]
	switch {
	case !ok:
		return status(swIncompatible)
	case s.left == 0:
		return status(swBlocked)
	case len(cmd.data) == 0:
		return status(swTriesLeft | uint16(s.left))
	case subtle.ConstantTimeCompare(cmd.data, s.value) == 1:
		s.left = s.tries
		c.opened[fid] = true
		return status(swOK)
	}
	s.left--
	delete(c.opened, fid)
	return status(swTriesLeft | uint16(s.left))
}

// readBinary answers READ BINARY at a 15-bit offset, or, with bit 8 of P1
// set, of the file with a short identifier at an 8-bit offset.
func (c *Card) readBinary(cmd command) []byte {
	ref, offset := byte(0), int(cmd.p1)<<8|int(cmd.p2)
	if cmd.p1&0x80 != 0 {
		ref, offset = cmd.p1&0x1F, int(cmd.p2)
	}
	fid, ok := c.file(ref)
	if !ok {
		return status(swNoFile)
	}
	file, ok := c.selected.files[fid]
	switch {
	case !ok:
		return status(swIncompatible)
	case !c.mayRead(fid):
		return status(swNotAllowed)
	case cmd.le < 0 || cmd.data != nil:
		return status(swWrongLength)
	case offset >= len(file):
		return status(swPastEnd)
	}
	data := file[offset:min(offset+cmd.le, len(file))]
	if c.warnsAtEnd && len(data) < cmd.le {
		return response(data, swEndOfFile)
	}
	return response(data, swOK)
}

func (c *Card) mayRead(fid uint16) bool {
	by := c.selected.opens[fid]
	for _, s := range by {
		if c.opened[s] {
			return true
		}
	}
	return len(by) == 0
}

// computeSignature answers COMPUTE DIGITAL SIGNATURE with P1 00: the card
// pads and signs what it is given, with the application's key, and asks for no
// PIN.
func (c *Card) computeSignature(cmd command) []byte {
	switch {
	case c.selected == nil:
		return status(swConditions)
	case cmd.p1 != 0x00 || cmd.p2 != 0x00:
		return status(swWrongP1P2)
	case cmd.le < 0:
		return status(swWrongLength)
	}
	sig, ok := c.alg.compute(c.selected.key, cmd.data)
	switch {
	case !ok:
		return status(swWrongData)
	case cmd.le < len(sig):
		return status(swExactLength256)
	}
	return response(sig, swOK)
}
