// SPDX-License-Identifier: Apache-2.0

package card

import (
	"crypto"
	"crypto/subtle"
	"sync"
)

// AID names the text application (券面事項入力補助AP).
const AID = "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08"

// Card is one card. It may be used from several goroutines; each APDU is
// answered on its own, so readers that take turns should use [Card.Tap].
type Card struct {
	alg        algorithm
	key        crypto.Signer // file 0013: signs without any PIN
	warnsAtEnd bool
	field      sync.Mutex // held while the card lies on a reader, see Tap

	mu      sync.Mutex
	files   map[uint16][]byte
	secrets map[uint16]*secret // file 0011, 0012, 0014, 0015
	inApp   bool
	current uint16          // selected file, 0 for none
	opened  map[uint16]bool // secrets shown since the application was selected
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

// unlockedBy returns the secrets of which one opens a file; none for a file
// that anybody may read.
func unlockedBy(fid uint16) []uint16 {
	switch fid {
	case 0x0001:
		return []uint16{0x0011, 0x0014}
	case 0x0002:
		return []uint16{0x0011, 0x0015}
	case 0x0003, 0x0007:
		return []uint16{0x0011, 0x0014, 0x0015}
	}
	return nil
}

// Reset takes the card out of the field: what was selected and opened is
// gone, the tries that were used up are not.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inApp, c.current, c.opened = false, 0, nil
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
func (c *Card) Reader() Reader { return Reader{Transmit: c.Transmit, input: c.alg.input} }

// Unblock gives all tries of the PIN back, as a municipality's counter can.
func (c *Card) Unblock() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets[0x0011].left = c.secrets[0x0011].tries
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
		c.inApp, c.current, c.opened = false, 0, nil
		if string(cmd.data) != AID {
			return status(swNotFound)
		}
		c.inApp, c.opened = true, make(map[uint16]bool)
		return status(swOK)
	case cmd.p1 != 0x02:
		return status(swWrongP1P2)
	case len(cmd.data) != 2:
		return status(swWrongLength)
	}
	fid := uint16(cmd.data[0])<<8 | uint16(cmd.data[1])
	if !c.inApp || !c.exists(fid) {
		return status(swNotFound)
	}
	c.current = fid
	return status(swOK)
}

func (c *Card) exists(fid uint16) bool {
	_, file := c.files[fid]
	_, secret := c.secrets[fid]
	return file || secret
}

// selected returns the file a command is about: the one with the short
// identifier in ref, or the current one.
func (c *Card) selected(ref byte) (uint16, bool) {
	if sfi := uint16(ref & 0x1F); sfi != 0 && c.inApp {
		if !c.exists(sfi) {
			return 0, false
		}
		c.current = sfi
	}
	return c.current, c.inApp && c.current != 0
}

// verify answers VERIFY; without data it tells how many tries are left.
func (c *Card) verify(cmd command) []byte {
	if cmd.p1 != 0x00 || cmd.p2&0xE0 != 0x80 {
		return status(swWrongP1P2)
	}
	fid, ok := c.selected(cmd.p2)
	if !ok {
		return status(swNoFile)
	}
	s, ok := c.secrets[fid]
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
	fid, ok := c.selected(ref)
	if !ok {
		return status(swNoFile)
	}
	file, ok := c.files[fid]
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
	by := unlockedBy(fid)
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
	case !c.inApp:
		return status(swConditions)
	case cmd.p1 != 0x00 || cmd.p2 != 0x00:
		return status(swWrongP1P2)
	case cmd.le < 0:
		return status(swWrongLength)
	}
	sig, ok := c.alg.compute(c.key, cmd.data)
	switch {
	case !ok:
		return status(swWrongData)
	case cmd.le < len(sig):
		return status(swExactLength256)
	}
	return response(sig, swOK)
}
