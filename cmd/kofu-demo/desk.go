// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"kofu/cardauth/passport"
	"kofu/test/card"
	"kofu/test/vrs"
)

// desk is where the residents' cards and passports lie.
type desk struct {
	pki       *card.PKI
	residents []vrs.Resident

	mu    sync.Mutex
	towns map[string]*card.Municipality // by five digits
	cards map[string]*card.Card         // by resident; made when first wanted
	other *card.Municipality            // of an authority that nobody here knows
}

var (
	errNobody    = errors.New("no such resident")
	errSignature = errors.New("the card does not sign")
)

func newDesk() (*desk, error) {
	pki, err := card.NewPKI("9000033")
	if err != nil {
		return nil, fmt.Errorf("make the cards' authority: %w", err)
	}
	return &desk{pki: pki, residents: vrs.Residents(), towns: map[string]*card.Municipality{}, cards: map[string]*card.Card{}}, nil
}

func (d *desk) resident(id string) (vrs.Resident, error) {
	for _, r := range d.residents {
		if r.ID == id {
			return r, nil
		}
	}
	return vrs.Resident{}, errNobody
}

// card returns the card of a resident, always the same one.
func (d *desk) card(id string) (*card.Card, error) {
	r, err := d.resident(id)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.cards[id]; c != nil {
		return c, nil
	}
	code := string(r.Municipality[:5])
	if d.towns[code] == nil {
		town, err := d.pki.NewMunicipality(code)
		if err != nil {
			return nil, fmt.Errorf("make a municipality's key: %w", err)
		}
		d.towns[code] = town
	}
	c, err := d.towns[code].Issue(holder(r))
	if err != nil {
		return nil, fmt.Errorf("make a card: %w", err)
	}
	d.cards[id] = c
	return c, nil
}

func holder(r vrs.Resident) card.Holder {
	return card.Holder{MyNumber: r.Number, Name: r.Name, Address: r.Address, BirthDate: r.Birth.Compact(), Sex: sexDigit(r), PIN: r.PIN}
}

// foreignCard makes a card for a resident by an authority that the service
// does not know.
func (d *desk) foreignCard(id string) (*card.Card, error) {
	r, err := d.resident(id)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.other == nil {
		pki, err := card.NewPKI("9000066")
		if err != nil {
			return nil, fmt.Errorf("make another authority: %w", err)
		}
		if d.other, err = pki.NewMunicipality(string(r.Municipality[:5])); err != nil {
			return nil, fmt.Errorf("make another municipality's key: %w", err)
		}
	}
	c, err := d.other.Issue(holder(r))
	if err != nil {
		return nil, fmt.Errorf("make a card: %w", err)
	}
	return c, nil
}

func sexDigit(r vrs.Resident) string { return strconv.Itoa(int(r.Sex)) }

// mrz returns the two lines of a resident's passport, nil for none.
func mrz(r vrs.Resident) (*[2]string, error) {
	if r.Passport == nil {
		return nil, nil
	}
	one, two, err := passport.MRZ(r.Passport)
	if err != nil {
		return nil, fmt.Errorf("passport of %s: %w", r.ID, err)
	}
	return &[2]string{one, two}, nil
}

// reading is what a reader is to do with a card.
type reading struct {
	PIN     string `json:"pin"`
	Message []byte `json:"message,omitzero"` // what the card signs; without one it does not
	Surface bool   `json:"surface,omitzero"` // reads the surface application, too, and has that one sign
	Foreign bool   `json:"foreign,omitzero"` // a card of an authority that the service does not know
}

// seen is what the reader has of the card, named as in an application.
type seen struct {
	EF0001    []byte   `json:"ef0001"`
	EF0002    []byte   `json:"ef0002"`
	EF0003    []byte   `json:"ef0003"`
	EF0004    []byte   `json:"ef0004"`
	EF0007    []byte   `json:"ef0007,omitzero"` // not where the surface application signs
	Signature []byte   `json:"signature,omitzero"`
	Surface   *surface `json:"surface,omitzero"`
}

type surface struct {
	Birth     []byte `json:"birth"`
	Sex       []byte `json:"sex"`
	Key       []byte `json:"key"`
	Pictures  []byte `json:"pictures"`
	Photo     []byte `json:"photo"`
	Signature []byte `json:"signature"`
	EF0004    []byte `json:"ef0004"`
}

// read shows the PIN to a card, reads its files and, given a message, has it
// sign. The errors are errNobody, card.ErrPINBlocked, card.PINError, and
// others of the card.
func (d *desk) read(id string, what reading) (got seen, err error) {
	issue := d.card
	if what.Foreign {
		issue = d.foreignCard
	}
	r, err := d.resident(id)
	if err != nil {
		return got, err
	}
	c, err := issue(id)
	if err != nil {
		return got, err
	}
	err = c.Tap(func(reader card.Reader) error {
		f, err := reader.ReadAll(what.PIN)
		if err != nil {
			return err
		}
		got = seen{EF0001: f.EF0001, EF0002: f.EF0002, EF0003: f.EF0003, EF0004: f.EF0004, EF0007: f.EF0007}
		if what.Surface {
			if got.Surface, err = face(reader, r.Number); err != nil {
				return err
			}
			got.EF0007 = nil
		}
		if what.Message != nil { // the application read last signs
			got.Signature, err = sign(reader, what.Message)
		}
		return err
	})
	return got, err
}

// face reads the surface application, which stays selected.
func face(r card.Reader, number string) (*surface, error) {
	s, err := r.ReadSurface([]byte(number))
	if err != nil {
		return nil, err
	}
	return &surface{s.Birth, s.Sex, s.Key, s.Pictures, s.Photo, s.Signature, s.EF0004}, nil
}

// sign has the application that is selected sign the SHA-256 of message; 32
// bytes are taken for that hash itself.
func sign(r card.Reader, message []byte) ([]byte, error) {
	digest := message
	if len(message) != sha256.Size {
		sum := sha256.Sum256(message)
		digest = sum[:]
	}
	// DigestInfo of SHA-256 (RFC 8017 section 9.2, note 1)
	info := append([]byte{0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, digest...)
	command := append([]byte{0x80, 0x2A, 0x00, 0x00, byte(len(info))}, info...)
	answer := r.Transmit(append(command, 0x00))
	if n := len(answer) - 2; n > 0 && answer[n] == 0x90 && answer[n+1] == 0x00 {
		return answer[:n], nil
	}
	return nil, errSignature
}

func (d *desk) unblock(id string) error {
	c, err := d.card(id)
	if err == nil {
		c.Unblock()
	}
	return err
}
