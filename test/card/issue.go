// SPDX-License-Identifier: Apache-2.0

package card

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"kofu/cert"
)

// Holder is what a card is issued with. All of it is made up.
type Holder struct {
	MyNumber     string // 12 digits with a good check digit
	Name         string // UTF-8, family and given name usually split by U+3000
	Address      string // UTF-8
	BirthDate    string // YYYYMMDD, Gregorian; 00 for what is not known
	Sex          string // 1 male, 2 female, 0 not known, 9 not applicable, 3
	PIN          string // 4 digits, of the text application
	ExpiryYear   string // 4 digits; with SecurityCode makes 照合番号B, which is blocked otherwise
	SecurityCode string // 4 digits, printed on the card

	// NonMinimal makes a card like some real ones: leading zeros in lengths,
	// filler after EF0002, and a warning (6282) where a read meets the end.
	NonMinimal bool
	// UniqueKey makes keys for this card alone; others share a few.
	UniqueKey bool
}

// ErrHolder is returned for a [Holder] that no card could be issued for.
var ErrHolder = errors.New("card: holder cannot be written on a card")

func (h Holder) check() error {
	if _, err := cert.ParseMyNumber([]byte(h.MyNumber)); err != nil {
		return fmt.Errorf("%w: My Number", ErrHolder)
	}
	switch {
	case h.Name == "":
		return fmt.Errorf("%w: name", ErrHolder)
	case len(h.BirthDate) != 8 || len(h.Sex) != 1:
		return fmt.Errorf("%w: birth date or sex", ErrHolder)
	case !isDigits(h.PIN, 4):
		return fmt.Errorf("%w: PIN", ErrHolder)
	}
	return nil
}

// Issue makes a card.
func (m *Municipality) Issue(h Holder) (*Card, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	return m.IssueFiles(h, EncodeEF0001(h.MyNumber), EncodeEF0002(h))
}

// IssueFiles makes a card whose text application holds these two files,
// properly signed, whatever is in them: tests make with it what no
// municipality would write. Its surface application is h's.
func (m *Municipality) IssueFiles(h Holder, ef0001, ef0002 []byte) (*Card, error) {
	key, err := m.cardKey(m.pki.pool, h.UniqueKey)
	if err != nil {
		return nil, err
	}
	ef0003, err := m.EF0003(ef0001, ef0002)
	if err != nil {
		return nil, err
	}
	ef0007, err := m.EF0007(m.pki.alg.field(key.Public()))
	if err != nil {
		return nil, err
	}
	text := &application{
		key: key,
		files: map[uint16][]byte{
			0x0001: bytes.Clone(ef0001), 0x0002: bytes.Clone(ef0002), 0x0003: ef0003, 0x0004: bytes.Clone(m.ef0004),
			0x0005: encodeEF0005(m.ID, h.NonMinimal), 0x0007: ef0007, 0x0008: bytes.Repeat([]byte{0xFF}, 16),
		},
		secrets: map[uint16]*secret{
			0x0011: newSecret(h.PIN, 3),
			0x0012: {},
			0x0014: newSecret(h.MyNumber, 10),
			0x0015: newSecret(MatchingNumberB(h), 10),
		},
		opens: map[uint16][]uint16{
			0x0001: {0x0011, 0x0014}, 0x0002: {0x0011, 0x0015}, 0x0003: {0x0011, 0x0014, 0x0015}, 0x0007: {0x0011, 0x0014, 0x0015},
		},
	}
	return &Card{
		alg: m.pki.alg, warnsAtEnd: h.NonMinimal, text: text,
		surface: sync.OnceValues(func() (*application, error) { return m.surfaceApplication(h) }),
	}, nil
}

// cardKey returns a key of the pool, or one for a card alone.
func (m *Municipality) cardKey(pool *keyPool, unique bool) (crypto.Signer, error) {
	if !unique {
		return pool.take()
	}
	key, err := m.pki.alg.generate()
	if err != nil {
		return nil, fmt.Errorf("card: make a card's key: %w", err)
	}
	return key, nil
}

// MatchingNumberB returns the 照合番号B of a card, 14 digits: birth date with
// the year of the Japanese era, year of expiry, security code. It is "" if the
// holder's card has none.
func MatchingNumberB(h Holder) string {
	if !isDigits(h.ExpiryYear, 4) || !isDigits(h.SecurityCode, 4) || eraDate(h.BirthDate) == "" {
		return ""
	}
	return eraDate(h.BirthDate) + h.ExpiryYear + h.SecurityCode
}

// eraDate writes YYYYMMDD as YYMMDD with the year of the Japanese era, "" if it
// cannot.
func eraDate(birth string) string {
	if !isDigits(birth, 8) {
		return ""
	}
	eras := []struct {
		from string
		year int // the year before its first
	}{{"20190501", 2018}, {"19890108", 1988}, {"19261225", 1925}, {"19120730", 1911}, {"18680125", 1867}}
	year, err := strconv.Atoi(birth[:4])
	if err != nil {
		return ""
	}
	for _, era := range eras {
		if birth >= era.from {
			return fmt.Sprintf("%02d%s", year-era.year, birth[4:])
		}
	}
	return ""
}
