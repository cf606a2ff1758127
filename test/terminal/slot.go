// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"errors"

	"kofu/cardauth"
	"kofu/test/card"
)

// Card is what is laid on the reader. It keeps its own count of PINs.
type Card interface {
	// VerifyPIN shows the PIN to the card: nil, a [card.PINError],
	// [card.ErrPINBlocked], [card.ErrNotMyNumberCard], or that it is not to be read.
	VerifyPIN(pin string) error
	// Files reads the five files, after the PIN was verified.
	Files() (cardauth.Files, error)
	// Sign has the card sign DigestInfo(SHA-256(message)); it asks for no PIN.
	Sign(message []byte) ([]byte, error)
}

// Chip makes a simulated card one for the slot, over APDUs alone.
func Chip(c *card.Card) Card { return chip{c.Reader(), c} }

type chip struct {
	card.Reader
	*card.Card
}

func (c chip) VerifyPIN(pin string) error {
	c.Reset()
	if err := c.Select(); err != nil {
		return err
	}
	return c.Reader.VerifyPIN(pin)
}

// Files reads without selecting the application anew, which would forget the
// PIN.
func (c chip) Files() (cardauth.Files, error) {
	var f cardauth.Files
	for _, file := range []struct {
		id uint16
		to *cardauth.Secret
	}{{0x0001, &f.EF0001}, {0x0002, &f.EF0002}, {0x0003, &f.EF0003}, {0x0004, &f.EF0004}, {0x0007, &f.EF0007}} {
		data, err := c.Read(file.id)
		if err != nil {
			return cardauth.Files{}, err
		}
		*file.to = data
	}
	return f, nil
}

func (c chip) Sign(message []byte) ([]byte, error) { return c.Reader.Sign(message) }

// Stranger is a card of another kind: a payment card, a driving licence.
type Stranger struct{}

// VerifyPIN implements [Card].
func (Stranger) VerifyPIN(string) error { return card.ErrNotMyNumberCard }

// Files implements [Card].
func (Stranger) Files() (cardauth.Files, error) { return cardauth.Files{}, card.ErrNotMyNumberCard }

// Sign implements [Card].
func (Stranger) Sign([]byte) ([]byte, error) { return nil, card.ErrNotMyNumberCard }

// What a card slot finds out.
var (
	ErrNoCard   = errors.New("terminal: no card on the reader")
	errSwapped  = errors.New("terminal: another card lies on the reader than before")
	errUnread   = errors.New("terminal: card does not answer")
	errSlotUsed = errors.New("terminal: a card is on the reader already")
)

// CardSlot is a tray for one card, and room for a second beside it, where it
// disturbs the first.
type CardSlot struct {
	PullDuringRead bool // the person takes the card away in the middle of the next reading
	SwapDuringRead bool // and lays another one there
	Unreadable     bool // no card answers

	first, second Card
	files         *cardauth.Files // of the card in the slot; wiped when it leaves
}

// Insert lays a card on the reader.
func (s *CardSlot) Insert(c Card) error {
	if s.first != nil {
		return errSlotUsed
	}
	s.first = c
	return nil
}

// InsertSecond lays another card beside the one that is there.
func (s *CardSlot) InsertSecond(c Card) { s.second = c }

// RemoveSecond takes it away again.
func (s *CardSlot) RemoveSecond() { s.second = nil }

// Remove takes the card from the reader, or returns nil where none is.
func (s *CardSlot) Remove() Card {
	c := s.first
	s.first = nil
	s.Wipe()
	return c
}

// Occupied reports whether a card is on the reader.
func (s *CardSlot) Occupied() bool { return s.first != nil }

// Crowded reports whether two are.
func (s *CardSlot) Crowded() bool { return s.second != nil }

// Wipe forgets what was read.
func (s *CardSlot) Wipe() {
	if s.files != nil {
		for _, f := range []cardauth.Secret{s.files.EF0001, s.files.EF0002, s.files.EF0003, s.files.EF0004, s.files.EF0007} {
			f.Wipe()
		}
	}
	s.files = nil
}

func (s *CardSlot) verify(pin string) error {
	switch {
	case s.first == nil:
		return ErrNoCard
	case s.Unreadable:
		return errUnread
	}
	return s.first.VerifyPIN(pin)
}

// read returns the files, read once as long as the card stays, and the
// signature over what challenge binds to them.
func (s *CardSlot) read(challenge []byte) (*CardFiles, error) {
	switch {
	case s.first == nil:
		return nil, ErrNoCard
	case s.Unreadable:
		return nil, errUnread
	}
	if s.files == nil {
		files, err := s.first.Files()
		if err != nil {
			return nil, err
		}
		s.files = &files
	}
	if s.PullDuringRead {
		s.PullDuringRead = false
		s.Remove()
		return nil, ErrNoCard
	}
	if s.SwapDuringRead {
		s.SwapDuringRead = false
		s.Wipe()
		return nil, errSwapped
	}
	var bound [32]byte
	if copy(bound[:], challenge) != len(bound) {
		return nil, errors.New("terminal: challenge is not of 32 bytes")
	}
	signature, err := s.first.Sign(cardauth.BoundMessage(bound, s.files.EF0003, s.files.EF0007))
	if err != nil {
		return nil, err
	}
	f := s.files
	return &CardFiles{f.EF0001, f.EF0002, f.EF0003, f.EF0004, f.EF0007, signature}, nil
}
