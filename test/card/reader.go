// SPDX-License-Identifier: Apache-2.0

package card

import (
	"errors"
	"fmt"

	"kofu/cardauth"
)

// Reader drives a card by APDUs alone, as a phone or a terminal does. It has
// no state; the card has.
type Reader struct {
	// Transmit sends a command APDU to the card and returns the response.
	Transmit func(apdu []byte) (response []byte)
	// Extended makes it read with extended lengths, one command per file.
	Extended bool

	alg *algorithm // nil: today's cards'
}

// What a reader finds out.
var (
	ErrNotMyNumberCard = errors.New("card: not a My Number card") // the application is not on it
	ErrPINBlocked      = errors.New("card: PIN is blocked")
)

// PINError says that the PIN was wrong.
type PINError struct{ TriesLeft int }

// Error implements the error interface.
func (e PINError) Error() string { return fmt.Sprintf("card: wrong PIN, %d tries left", e.TriesLeft) }

// Is makes the wrong PIN that used up the last try a blocked one, too.
func (e PINError) Is(target error) bool { return target == ErrPINBlocked && e.TriesLeft == 0 }

// StatusError is any other answer of the card than 9000.
type StatusError struct {
	Command string
	SW      uint16
}

// Error implements the error interface.
func (e StatusError) Error() string { return fmt.Sprintf("card: %s answered %04X", e.Command, e.SW) }

// send transmits and takes the status word off.
func (r Reader) send(apdu ...byte) ([]byte, uint16) {
	answer := r.Transmit(apdu)
	if len(answer) < 2 {
		return nil, 0
	}
	n := len(answer) - 2
	return answer[:n], uint16(answer[n])<<8 | uint16(answer[n+1])
}

// Select selects the text application.
func (r Reader) Select() error { return r.selectApplication(AID) }

func (r Reader) selectApplication(aid string) error {
	apdu := append([]byte{0x00, 0xA4, 0x04, 0x0C, byte(len(aid))}, aid...)
	switch _, sw := r.send(apdu...); sw {
	case swOK:
		return nil
	case swNotFound:
		return ErrNotMyNumberCard
	default:
		return StatusError{"SELECT", sw}
	}
}

func (r Reader) selectFile(fid uint16) error {
	if _, sw := r.send(0x00, 0xA4, 0x02, 0x0C, 0x02, byte(fid>>8), byte(fid)); sw != swOK {
		return StatusError{"SELECT", sw}
	}
	return nil
}

// VerifyPIN shows the PIN to the card: nil, a [PINError] or [ErrPINBlocked].
func (r Reader) VerifyPIN(pin string) error { return r.Verify(0x0011, pin) }

// Verify shows a PIN (0011) or matching number (0014, 0015; 0012, 0013 in the
// surface application) to the card.
func (r Reader) Verify(fid uint16, value string) error { return r.show(fid, []byte(value)) }

func (r Reader) show(fid uint16, value []byte) error {
	if err := r.selectFile(fid); err != nil {
		return err
	}
	apdu := append([]byte{0x00, 0x20, 0x00, 0x80, byte(len(value))}, value...)
	switch _, sw := r.send(apdu...); {
	case sw == swOK:
		return nil
	case sw == swBlocked:
		return ErrPINBlocked
	case sw&0xFFF0 == swTriesLeft:
		return PINError{int(sw & 0x000F)}
	default:
		return StatusError{"VERIFY", sw}
	}
}

// TriesLeft asks how often the PIN may still be wrong, 0 if it is blocked.
func (r Reader) TriesLeft() (int, error) {
	if err := r.Select(); err != nil {
		return 0, err
	}
	if err := r.selectFile(0x0011); err != nil {
		return 0, err
	}
	switch _, sw := r.send(0x00, 0x20, 0x00, 0x80); {
	case sw == swBlocked:
		return 0, nil
	case sw&0xFFF0 == swTriesLeft:
		return int(sw & 0x000F), nil
	default:
		return 0, StatusError{"VERIFY", sw}
	}
}

// Read reads a whole file.
func (r Reader) Read(fid uint16) ([]byte, error) {
	if err := r.selectFile(fid); err != nil {
		return nil, err
	}
	var file []byte
	for {
		offset := len(file)
		le := []byte{0x00}
		if r.Extended {
			le = []byte{0x00, 0x00, 0x00}
		}
		data, sw := r.send(append([]byte{0x00, 0xB0, byte(offset >> 8), byte(offset)}, le...)...)
		file = append(file, data...)
		switch {
		case sw == swEndOfFile || sw == swPastEnd && offset > 0:
			return file, nil
		case sw != swOK:
			return nil, StatusError{"READ BINARY", sw}
		case len(data) == 0 || len(file) > 0x7FFF:
			return nil, StatusError{"READ BINARY", sw}
		}
	}
}

// ReadAll selects the application, shows the PIN and reads the five files.
func (r Reader) ReadAll(pin string) (cardauth.Files, error) {
	var files cardauth.Files
	if err := r.Select(); err != nil {
		return files, err
	}
	if err := r.VerifyPIN(pin); err != nil {
		return files, err
	}
	for _, f := range []struct {
		fid uint16
		to  *cardauth.Secret
	}{
		{0x0001, &files.EF0001}, {0x0002, &files.EF0002}, {0x0003, &files.EF0003},
		{0x0004, &files.EF0004}, {0x0007, &files.EF0007},
	} {
		data, err := r.Read(f.fid)
		if err != nil {
			return cardauth.Files{}, err
		}
		*f.to = data
	}
	return files, nil
}

// Sign has the card sign message; no PIN is needed. It selects the
// application, which forgets a PIN that was shown.
func (r Reader) Sign(message []byte) ([]byte, error) {
	if err := r.Select(); err != nil {
		return nil, err
	}
	return r.sign(message)
}

func (r Reader) algorithm() algorithm {
	if r.alg == nil {
		return today()
	}
	return *r.alg
}

// sign has the selected application sign message.
func (r Reader) sign(message []byte) ([]byte, error) {
	data := r.algorithm().input(message)
	apdu := append([]byte{0x80, 0x2A, 0x00, 0x00, byte(len(data))}, data...)
	sig, sw := r.send(append(apdu, 0x00)...)
	if sw != swOK {
		return nil, StatusError{"COMPUTE DIGITAL SIGNATURE", sw}
	}
	return sig, nil
}

// Prove does all that a challenge asks for: reads the files with the PIN and
// has the card sign the bound message.
func (r Reader) Prove(pin string, c cardauth.Challenge) (cardauth.Evidence, error) {
	files, err := r.ReadAll(pin)
	if err != nil {
		return cardauth.Evidence{}, err
	}
	sig, err := r.Sign(cardauth.BoundMessage(c.Bytes, files.EF0003, files.EF0007))
	if err != nil {
		return cardauth.Evidence{}, err
	}
	return cardauth.Evidence{Files: files, Signature: sig, Challenge: c.ID}, nil
}
