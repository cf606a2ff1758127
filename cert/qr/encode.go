// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"unicode/utf8"

	qrcode "github.com/skip2/go-qrcode"
)

// Encode returns the smallest symbol of level l that holds text: digits go
// into numeric segments, as SMART Health Cards asks ("shc:/" in bytes, then
// digits). It returns [ErrEmpty], [ErrText] or [ErrTooLong]. The caller
// compares Version with the limit of the format, such as 22 for SMART Health
// Cards.
func Encode(text string, l Level) (m *Matrix, err error) {
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
		copy(m.dark[y*m.Size:], row)
	}
	return m, nil
}
