// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"unicode/utf8"

	qrcode "github.com/skip2/go-qrcode"
)

// Skip2 writes symbols with github.com/skip2/go-qrcode, whose versions are the
// same as those of [Encoder]. It takes two hundred times as long; it is there
// to compare with, and for whoever trusts a library more than us.
type Skip2 struct{}

// Name tells this writer from others.
func (Skip2) Name() string { return "skip2" }

// Encode does what [Encoder.Encode] does, but for the choice of the mask: runs
// of five modules count for nothing in it.
func (Skip2) Encode(text string, l Level) (m *Matrix, err error) {
	switch {
	case text == "":
		return nil, ErrEmpty
	case !utf8.ValidString(text):
		return nil, ErrText
	}
	levels := [...]qrcode.RecoveryLevel{L: qrcode.Low, M: qrcode.Medium, Q: qrcode.High, H: qrcode.Highest}
	if l < L || l > H {
		return nil, ErrEncode
	}
	// The library reports a broken invariant of its own through log.Panic;
	// that must not take the process down.
	defer func() {
		if recover() != nil {
			m, err = nil, ErrEncode
		}
	}()
	code, err := qrcode.New(text, levels[l])
	if err != nil {
		return nil, ErrTooLong // the only error that non-empty text can cause
	}
	code.DisableBorder = true
	return fromRows(code.Bitmap())
}

func fromRows(rows [][]bool) (*Matrix, error) {
	m, err := NewMatrix(len(rows))
	if err != nil {
		return nil, err
	}
	for y, row := range rows {
		if len(row) != m.Size {
			return nil, ErrMatrix
		}
		for x, dark := range row {
			m.Set(x, y, dark)
		}
	}
	return m, nil
}
