// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/jung-kurt/gofpdf"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// BenchmarkPage makes the same page of five doses with its symbols given in our
// way, in the straightforward one, gofpdf with the whole font and a rectangle
// to every stretch of dark modules, and by gofpdf with a font cut for the page;
// and, to compare, the largest symbol that a SMART Health Card may have.
func BenchmarkPage(b *testing.B) {
	r := renderer(b)
	font, err := os.ReadFile("font/NotoSansJP_400Regular.ttf")
	if err != nil {
		b.Fatal(err)
	}
	for name, d := range map[string]pdf.Document{
		"domestic": sample(plain(), cert.Domestic, 5, 1), "overseas": sample(plain(), cert.Overseas, 5, 1),
	} {
		shc, vdsnc, err := r.Encode(d)
		if err != nil {
			b.Fatal(err)
		}
		page, err := pdf.Read(render(b, r, d))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.RenderWith(d, shc, vdsnc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+" straightforward", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				straightforward(b, font, page)
			}
		})
		b.Run(name+" gofpdf, font cut", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.ReferenceWith(d, shc, vdsnc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("symbol of version 22", func(b *testing.B) {
		b.ReportAllocs()
		e, text := qr.NewEncoder(), "shc:/"+digits(rand.New(rand.NewPCG(1, 2)), 2385)
		for b.Loop() {
			if m, err := e.Encode(text, qr.L); err != nil || m.Version != 22 {
				b.Fatal(m.Version, err)
			}
		}
	})
}

// BenchmarkRender makes and checks whole pages, symbols included.
func BenchmarkRender(b *testing.B) {
	r := renderer(b)
	domestic, overseas := sample(plain(), cert.Domestic, 5, 1), sample(plain(), cert.Overseas, 5, 1)
	for name, d := range map[string]pdf.Document{"domestic": domestic, "overseas": overseas, "on a background": copyEvident(domestic)} {
		file := render(b, r, d)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				render(b, r, d)
			}
		})
		b.Run("check "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Check(file, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNew is what a process does once.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		renderer(b)
	}
}

// straightforward writes the texts and symbols of page as one would with
// gofpdf's own means.
func straightforward(b testing.TB, font []byte, page *pdf.Page) {
	doc := gofpdf.New("P", "mm", "A4", "")
	doc.AddUTF8FontFromBytes("noto", "", bytes.Clone(font))
	doc.AddPage()
	for _, run := range page.Runs {
		doc.SetFont("noto", "", run.Size)
		doc.Text(run.X, run.Y, run.Text)
	}
	for _, rule := range page.Rules {
		doc.Line(rule.X0, rule.Y0, rule.X1, rule.Y1)
	}
	for i, m := range page.Symbols {
		side := (page.Boxes[i].X1 - page.Boxes[i].X0) / float64(m.Size)
		for y := range m.Size {
			for x := range m.Size {
				if m.Dark(x, y) && !m.Dark(x-1, y) {
					n := 1
					for m.Dark(x+n, y) {
						n++
					}
					doc.Rect(page.Boxes[i].X0+float64(x)*side, page.Boxes[i].Y0+float64(y)*side, float64(n)*side, side, "F")
				}
			}
		}
	}
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		b.Fatal(err)
	}
}

// A page with its symbols given costs a fifteenth of the straightforward one
// at most. A ratio is compared, never times; the best of several turns, taken
// by turns, is what each can do.
func TestPageIsCheap(t *testing.T) {
	if testing.Short() || underRace {
		t.Skip("measures")
	}
	r := renderer(t)
	font, err := os.ReadFile("font/NotoSansJP_400Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	d := sample(plain(), cert.Domestic, 5, 1)
	shc, vdsnc, err := r.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	page, err := pdf.Read(render(t, r, d))
	if err != nil {
		t.Fatal(err)
	}
	best := func(least time.Duration, times int, f func()) time.Duration {
		begin := time.Now()
		for range times {
			f()
		}
		return min(least, time.Since(begin)/time.Duration(times))
	}
	ours, theirs := time.Hour, time.Hour
	for range 15 {
		ours = best(ours, 10, func() {
			if _, err := r.RenderWith(d, shc, vdsnc); err != nil {
				t.Fatal(err)
			}
		})
		theirs = best(theirs, 1, func() { straightforward(t, font, page) })
	}
	ratio := float64(theirs) / float64(ours)
	t.Logf("straightforward %v, ours %v: %.0f times", theirs, ours, ratio)
	if ratio < 15 {
		t.Errorf("only %.1f times cheaper than the straightforward page", ratio)
	}
}
