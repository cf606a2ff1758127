// SPDX-License-Identifier: Apache-2.0

package card

import (
	"bytes"
	"errors"

	"kofu/cardauth"
)

// ErrForm is what a reader says of a file that it cannot take apart.
var ErrForm = errors.New("card: file is not what it has to be")

// SelectSurface selects the surface application.
func (r Reader) SelectSurface() error { return r.selectApplication(SurfaceAID) }

// ReadSurface selects the surface application, opens the card's face with the
// My Number (照合番号A) and returns what of it is sent. Pictures and photograph
// are hashed and wiped here.
func (r Reader) ReadSurface(number []byte) (cardauth.SurfaceFiles, error) {
	if err := r.SelectSurface(); err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	if err := r.show(0x0013, number); err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	face, err := r.Read(0x0002)
	if err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	defer clear(face)
	ef0004, err := r.Read(0x0004)
	if err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	return cutFace(face, ef0004, r.algorithm())
}

// CutFace returns what a reader of today's cards sends of the surface
// application's EF0002 and EF0004.
func CutFace(ef0002, ef0004 []byte) (cardauth.SurfaceFiles, error) {
	return cutFace(ef0002, ef0004, today())
}

func cutFace(ef0002, ef0004 []byte, alg algorithm) (cardauth.SurfaceFiles, error) {
	tag, body, n := cut(ef0002)
	if n == 0 || tag != 0xFF20 {
		return cardauth.SurfaceFiles{}, ErrForm
	}
	var objects [10][]byte // DF21 to DF2A
	for i := range objects {
		tag, _, n := cut(body)
		if n == 0 || tag != uint32(0xDF21+i) {
			return cardauth.SurfaceFiles{}, ErrForm
		}
		objects[i], body = body[:n], body[n:]
	}
	return cardauth.SurfaceFiles{
		Birth: bytes.Clone(objects[1]), Sex: bytes.Clone(objects[2]), Key: bytes.Clone(objects[3]),
		Pictures: alg.digest(objects[4], objects[5]), Photo: alg.digest(objects[6]),
		Signature: bytes.Clone(objects[7]), EF0004: bytes.Clone(ef0004),
	}, nil
}

// cut reads the data object at the start of b: its tag of two bytes, its value,
// and how long it is, 0 if there is none.
func cut(b []byte) (tag uint32, value []byte, n int) {
	if len(b) < 3 {
		return 0, nil, 0
	}
	tag, length, at := uint32(b[0])<<8|uint32(b[1]), int(b[2]), 3
	switch {
	case length == 0x81 && len(b) >= 4:
		length, at = int(b[3]), 4
	case length == 0x82 && len(b) >= 5:
		length, at = int(b[3])<<8|int(b[4]), 5
	case length >= 0x80:
		return 0, nil, 0
	}
	if length > len(b)-at {
		return 0, nil, 0
	}
	return tag, b[at : at+length], at + length
}

// SignSurface has the card sign message with the surface application's key; no
// PIN is needed. It selects the application.
func (r Reader) SignSurface(message []byte) ([]byte, error) {
	if err := r.SelectSurface(); err != nil {
		return nil, err
	}
	return r.sign(message)
}

// ProveSurface does all that a challenge asks for where the surface application
// binds: reads the files with the PIN, the face with the number in them, and has
// the card sign the message. EF0007 is not sent.
func (r Reader) ProveSurface(pin string, c cardauth.Challenge) (cardauth.Evidence, error) {
	files, err := r.ReadAll(pin)
	if err != nil {
		return cardauth.Evidence{}, err
	}
	files.EF0007 = nil
	_, number, _ := cut(files.EF0001)
	surface, err := r.ReadSurface(number)
	if err != nil {
		return cardauth.Evidence{}, err
	}
	sig, err := r.SignSurface(cardauth.SurfaceMessage(c.Bytes, files.EF0003, surface))
	if err != nil {
		return cardauth.Evidence{}, err
	}
	return cardauth.Evidence{Files: files, Surface: &surface, Signature: sig, Challenge: c.ID}, nil
}
