// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"image"
	"testing"
	"unicode/utf8"

	"kofu/cert/qr"
)

// pack writes a matrix as its version and its modules, eight to a byte.
func pack(m *qr.Matrix) []byte {
	b := make([]byte, 1+(m.Size*m.Size+7)/8)
	b[0] = byte(m.Version)
	for i := range m.Size * m.Size {
		if m.Dark(i%m.Size, i/m.Size) {
			b[1+i/8] |= 1 << (i % 8)
		}
	}
	return b
}

func unpack(b []byte) (*qr.Matrix, error) {
	if len(b) == 0 {
		return nil, qr.ErrMatrix
	}
	m, err := qr.NewMatrix(17 + 4*int(b[0]))
	if err != nil {
		return nil, err
	}
	for i := range min(m.Size*m.Size, 8*(len(b)-1)) {
		m.Set(i%m.Size, i/m.Size, b[1+i/8]>>(i%8)&1 == 1)
	}
	return m, nil
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"a", "shc:/" + digits(500), "新型", "ABC"} {
		for l := qr.L; l <= qr.H; l++ {
			m, err := qr.Encode(text, l)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(pack(m))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := unpack(data)
		if err != nil {
			return
		}
		text, err := qr.Read(m)
		if err == nil && !utf8.ValidString(text) {
			t.Error("Read gave text that is not UTF-8")
		}
		if exact, err := qr.ReadExact(m); err == nil && exact != text {
			t.Error("Read and ReadExact differ")
		}
	})
}

func FuzzReadImage(f *testing.F) {
	for _, text := range []string{"a", "shc:/" + digits(300)} {
		img := symbol(f, text).Image(2)
		pix := make([]byte, len(img.Pix))
		for i, p := range img.Pix {
			pix[i] = 255 * (1 - p)
		}
		f.Add(uint16(img.Rect.Dx()), pix)
	}
	f.Add(uint16(3), []byte("0123456789"))
	f.Fuzz(func(t *testing.T, width uint16, pix []byte) {
		w := int(width)%400 + 1
		h := min(len(pix)/w, 400)
		img := &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
		texts, err := qr.ReadImage(img)
		if (err == nil) != (len(texts) > 0) {
			t.Errorf("%d texts with error %v", len(texts), err)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("shc:/0123", 0)
	f.Add("ABC新", 3)
	f.Add("", 1)
	f.Add("A1234567 AB1234567890123abc:1234567890.", 2)
	e := qr.NewEncoder()
	f.Fuzz(func(t *testing.T, text string, level int) {
		if len(text) > 600 {
			return // reading a large symbol takes milliseconds
		}
		m, err := e.Encode(text, qr.Level(level))
		if err != nil {
			return
		}
		if got, err := qr.ReadExact(m); err != nil || got != text {
			t.Errorf("%q, level %d: read %q, %v", text, level, got, err)
		}
	})
}
