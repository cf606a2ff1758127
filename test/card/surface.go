// SPDX-License-Identifier: Apache-2.0

package card

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// SurfaceSigner is a municipality's key for the surface application.
type SurfaceSigner struct {
	EF0004 []byte // certificate of the key
	key    crypto.Signer
	alg    algorithm
}

// Surface returns the municipality's key for the surface application.
func (m *Municipality) Surface() (*SurfaceSigner, error) { return m.surface() }

// Sign signs anything as EF0001 and EF0005 are signed.
func (s *SurfaceSigner) Sign(data []byte) ([]byte, error) {
	sig, err := s.alg.sign(s.key, s.alg.digest(data))
	if err != nil {
		return nil, fmt.Errorf("card: sign for the surface application: %w", err)
	}
	return sig, nil
}

// SignDigests signs digests as EF0002 is signed, where there are three: of
// DF22 to DF24, of DF25 and DF26, and of DF27. Tests make bad ones with it.
func (s *SurfaceSigner) SignDigests(digests ...[]byte) ([]byte, error) {
	sig, err := s.alg.signAll(s.key, digests...)
	if err != nil {
		return nil, fmt.Errorf("card: sign for the surface application: %w", err)
	}
	return sig, nil
}

// EF0002 writes and signs the face of h's card with this key field, whatever
// they are. For a NonMinimal card it has leading zeros in lengths and filler at
// the end.
func (s *SurfaceSigner) EF0002(h Holder, keyField []byte) ([]byte, error) {
	write := TLV
	if h.NonMinimal {
		write = LongTLV
	}
	holder := slices.Concat(write(0xDF22, []byte(h.BirthDate)), write(0xDF23, []byte(h.Sex)), TLV(0xDF24, keyField))
	pictures := slices.Concat(write(0xDF25, picture(h.Name, 192, 24)), write(0xDF26, picture(h.Address, 192, 48)))
	photo := write(0xDF27, photograph(h.Name))
	sig, err := s.SignDigests(s.alg.digest(holder), s.alg.digest(pictures), s.alg.digest(photo))
	if err != nil {
		return nil, err
	}
	rest := slices.Concat(TLV(0xDF28, sig), TLV(0xDF29, []byte(expiry(h))), write(0xDF2A, picture(h.SecurityCode, 24, 12)))
	body := slices.Concat(holder, pictures, photo, rest)
	file := LongTLV(0xFF20, TLV(0xDF21, faceOffsets(body)), body)
	for h.NonMinimal && len(file)%16 != 0 {
		file = append(file, 0xFF)
	}
	return file, nil
}

// faceOffsets is the value of DF21: where each of the nine objects is, from the
// start of the file. Two bytes each, as in the text application, is assumed.
func faceOffsets(body []byte) []byte {
	const before = 5 + 3 + 2*9 // FF20 82 xx xx, DF21 12, offsets
	var offsets []byte
	for at := 0; at < len(body); {
		offsets = binary.BigEndian.AppendUint16(offsets, uint16(before+at))
		_, _, n := cut(body[at:])
		at += n
	}
	return offsets
}

// expiry is DF29: the birthday in the year of expiry.
func expiry(h Holder) string {
	if !isDigits(h.ExpiryYear, 4) || !isDigits(h.BirthDate, 8) {
		return "00000000"
	}
	return h.ExpiryYear + h.BirthDate[4:]
}

// surfaceApplication is the second application of h's card.
func (m *Municipality) surfaceApplication(h Holder) (*application, error) {
	s, err := m.surface()
	if err != nil {
		return nil, err
	}
	key, err := m.cardKey(m.pki.surfacePool, h.UniqueKey)
	if err != nil {
		return nil, err
	}
	field := s.alg.field(key.Public())
	ef0002, err := s.EF0002(h, field)
	if err != nil {
		return nil, err
	}
	ef0001, err := s.record(0xFF10, TLV(0xDF11, []byte(h.BirthDate)), TLV(0xDF12, field), 0xDF13)
	if err != nil {
		return nil, err
	}
	ef0005, err := s.record(0xFF40, TLV(0xDF41, picture(h.MyNumber, 72, 12)), TLV(0xDF42, field), 0xDF43)
	if err != nil {
		return nil, err
	}
	return &application{
		key: key,
		files: map[uint16][]byte{
			0x0001: ef0001, 0x0002: ef0002, 0x0003: encodeSurfaceEF0003(m.ID), 0x0004: bytes.Clone(s.EF0004), 0x0005: ef0005,
		},
		secrets: map[uint16]*secret{
			0x0011: newSecret(eraDate(h.BirthDate), 10),
			0x0012: newSecret(MatchingNumberB(h), 10),
			0x0013: newSecret(h.MyNumber, 10),
		},
		opens: map[uint16][]uint16{0x0001: {0x0011}, 0x0002: {0x0012, 0x0013}, 0x0005: {0x0013}},
	}, nil
}

// record writes a file of two objects and a signature over both.
func (s *SurfaceSigner) record(tag uint32, first, second []byte, sigTag uint32) ([]byte, error) {
	sig, err := s.Sign(slices.Concat(first, second))
	if err != nil {
		return nil, err
	}
	return TLV(tag, first, second, TLV(sigTag, sig)), nil
}

// encodeSurfaceEF0003 writes the file about the application: layout, a key id,
// version, the municipality's code and a block of unknown meaning. No signature
// covers it.
func encodeSurfaceEF0003(id KeyID) []byte {
	return TLV(0xFF30,
		TLV(0xDF31, []byte{0x06, 0x03, 0x0E, 0x01}), TLV(0xDF32, id[:]), TLV(0xDF33, []byte{0}), TLV(0xDF34, id[:5]),
		TLV(0xDF35, id[:], make([]byte, 256)),
	)
}

// picture is a PNG in black and white with a pattern that depends on text.
func picture(text string, width, height int) []byte {
	sum := sha256.Sum256([]byte(text))
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.Black})
	for i := range img.Pix {
		img.Pix[i] = sum[i/8%len(sum)] >> (i % 8) & 1
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil { // not into memory
		return nil
	}
	return b.Bytes()
}

// photograph stands for a JPEG 2000 file: its signature box, and bytes that
// depend on text.
func photograph(text string) []byte {
	b := []byte{0, 0, 0, 12, 'j', 'P', ' ', ' ', '\r', '\n', 0x87, '\n'}
	for sum := sha256.Sum256([]byte(text)); len(b) < 3000; sum = sha256.Sum256(sum[:]) {
		b = append(b, sum[:]...)
	}
	return b
}
