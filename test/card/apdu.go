// SPDX-License-Identifier: Apache-2.0

package card

// Status words that the card answers with (ISO/IEC 7816-4, 5.6).
const (
	swOK             = 0x9000
	swEndOfFile      = 0x6282 // fewer bytes than asked for
	swTriesLeft      = 0x63C0 // and how many in the last digit
	swWrongLength    = 0x6700
	swIncompatible   = 0x6981 // the selected file is of another kind
	swNotAllowed     = 0x6982 // security status not satisfied
	swBlocked        = 0x6984
	swConditions     = 0x6985
	swNoFile         = 0x6986 // no file selected
	swWrongData      = 0x6A80
	swNotFound       = 0x6A82
	swWrongP1P2      = 0x6A86
	swPastEnd        = 0x6B00
	swFailed         = 0x6F00 // no precise diagnosis
	swExactLength256 = 0x6C00 // ask for 256 bytes
	swWrongINS       = 0x6D00
	swWrongCLA       = 0x6E00
)

// command is a command APDU taken apart.
type command struct {
	cla, ins, p1, p2 byte
	data             []byte
	le               int // bytes expected at most; -1 without Le
}

// parseCommand reads the seven forms of ISO/IEC 7816-4, 5.1: with and without
// data and Le, short and extended.
func parseCommand(b []byte) (command, bool) {
	if len(b) < 4 {
		return command{}, false
	}
	c := command{cla: b[0], ins: b[1], p1: b[2], p2: b[3], le: -1}
	body := b[4:]
	switch {
	case len(body) == 0:
		return c, true
	case len(body) == 1:
		c.le = orMax(int(body[0]), 256)
		return c, true
	case body[0] != 0:
		return c.withData(body[1:], int(body[0]), 1)
	case len(body) == 3:
		c.le = orMax(int(body[1])<<8|int(body[2]), 65536)
		return c, true
	case len(body) > 3:
		return c.withData(body[3:], int(body[1])<<8|int(body[2]), 2)
	}
	return command{}, false
}

// withData reads lc bytes and an Le of leSize bytes that may follow.
func (c command) withData(b []byte, lc, leSize int) (command, bool) {
	if lc == 0 || len(b) != lc && len(b) != lc+leSize {
		return command{}, false
	}
	c.data = b[:lc]
	switch le := b[lc:]; len(le) {
	case 1:
		c.le = orMax(int(le[0]), 256)
	case 2:
		c.le = orMax(int(le[0])<<8|int(le[1]), 65536)
	}
	return c, true
}

// orMax reads an Le: zero stands for the most there can be.
func orMax(le, most int) int {
	if le == 0 {
		return most
	}
	return le
}

// status writes a response without data.
func status(sw uint16) []byte { return []byte{byte(sw >> 8), byte(sw)} }

// response writes data and a status word.
func response(data []byte, sw uint16) []byte {
	return append(append(make([]byte, 0, len(data)+2), data...), status(sw)...)
}
