// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/jung-kurt/gofpdf"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// BenchmarkRender makes the same domestic page of five doses in our way and in
// the straightforward one: gofpdf with the whole font, one rectangle to every
// stretch of dark modules of what go-qrcode makes. Both encode the symbol.
func BenchmarkRender(b *testing.B) {
	r := renderer(b)
	domestic, overseas := sample(plain(), cert.Domestic, 5, 1), sample(plain(), cert.Overseas, 5, 1)
	font, err := os.ReadFile("font/NotoSansJP_400Regular.ttf")
	if err != nil {
		b.Fatal(err)
	}
	file := render(b, r, domestic)
	page, err := pdf.Read(file)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("domestic", func(b *testing.B) {
		for b.Loop() {
			render(b, r, domestic)
		}
	})
	b.Run("whole font", func(b *testing.B) {
		for b.Loop() {
			straightforward(b, bytes.Clone(font), page, domestic.SHC)
		}
	})
	b.Run("overseas", func(b *testing.B) {
		for b.Loop() {
			render(b, r, overseas)
		}
	})
	b.Run("on a background", func(b *testing.B) {
		for b.Loop() {
			render(b, r, copyEvident(domestic))
		}
	})
	b.Run("symbol alone", func(b *testing.B) {
		e := qr.NewEncoder()
		for b.Loop() {
			if _, err := e.Encode(domestic.SHC, qr.M); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if err := r.Check(file, domestic); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check with background", func(b *testing.B) {
		d := copyEvident(domestic)
		file := render(b, r, d)
		for b.Loop() {
			if err := r.Check(file, d); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// straightforward writes the texts and symbol of page as one would with
// gofpdf's own means.
func straightforward(b *testing.B, font []byte, page *pdf.Page, shc string) {
	doc := gofpdf.New("P", "mm", "A4", "")
	doc.AddUTF8FontFromBytes("noto", "", font)
	doc.AddPage()
	for _, run := range page.Runs {
		doc.SetFont("noto", "", run.Size)
		doc.Text(run.X, run.Y, run.Text)
	}
	for _, rule := range page.Rules {
		doc.Line(rule.X0, rule.Y0, rule.X1, rule.Y1)
	}
	m, err := qr.Skip2{}.Encode(shc, qr.M)
	if err != nil {
		b.Fatal(err)
	}
	side := (page.Boxes[0].X1 - page.Boxes[0].X0) / float64(m.Size)
	for y := range m.Size {
		for x := range m.Size {
			if m.Dark(x, y) && !m.Dark(x-1, y) {
				n := 1
				for m.Dark(x+n, y) {
					n++
				}
				doc.Rect(page.Boxes[0].X0+float64(x)*side, page.Boxes[0].Y0+float64(y)*side, float64(n)*side, side, "F")
			}
		}
	}
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		b.Fatal(err)
	}
}
