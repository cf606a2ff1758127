// SPDX-License-Identifier: Apache-2.0

package qr_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"slices"
	"testing"

	"kofu/cert/qr"
)

// paper is an A4 page of gray, onto which symbols are put the way a printer
// and a scanner would: module edges fall between pixels, and pixels show the
// mean of what they cover.
type paper struct {
	*image.Gray
	dpi float64
}

func newPaper(dpi float64) paper {
	p := paper{image.NewGray(image.Rect(0, 0, int(210*dpi/25.4), int(297*dpi/25.4))), dpi}
	for i := range p.Pix {
		p.Pix[i] = 255
	}
	return p
}

// put places m, mm wide with its quiet zone, turned by degrees.
func (p paper) put(m *qr.Matrix, xmm, ymm, mm, degrees float64) {
	perPixel := float64(m.Size+2*qr.QuietZone) / (mm * p.dpi / 25.4)
	x0, y0 := xmm*p.dpi/25.4, ymm*p.dpi/25.4
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	reach := int(1.5 * mm * p.dpi / 25.4)
	for py := max(0, int(y0)-reach); py < min(p.Rect.Max.Y, int(y0)+reach); py++ {
		for px := max(0, int(x0)-reach); px < min(p.Rect.Max.X, int(x0)+reach); px++ {
			dark := 0
			for s := range 16 {
				dx := float64(px) + float64(s%4)/4 + 0.125 - x0
				dy := float64(py) + float64(s/4)/4 + 0.125 - y0
				u, v := (dx*cos+dy*sin)*perPixel-qr.QuietZone, (-dx*sin+dy*cos)*perPixel-qr.QuietZone
				if m.Dark(int(math.Floor(u)), int(math.Floor(v))) {
					dark++
				}
			}
			if dark > 0 {
				p.SetGray(px, py, color.Gray{Y: byte(255 - dark*255/16)})
			}
		}
	}
}

func symbol(t testing.TB, text string) *qr.Matrix {
	t.Helper()
	m, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asJPEG is what a scanner makes of a page.
func asJPEG(t testing.TB, img image.Image, quality int) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadImageOfPage(t *testing.T) {
	shc := "shc:/" + digits(1670)
	long := "shc:/" + digits(2390)
	json := fmt.Sprintf(`{"data":{"msg":"%s"}}`, bytes.Repeat([]byte("vaccine 0123456789 "), 95))
	huge := fmt.Sprintf(`{"data":{"msg":"%s"}}`, bytes.Repeat([]byte("vaccine 0123456789 "), 140))
	for _, c := range []struct {
		name     string
		texts    []string
		dpi      float64
		mm       []float64
		degrees  float64
		quality  int
		notShort bool
	}{
		{name: "one, 200 dpi, 40 mm", texts: []string{shc}, dpi: 200, mm: []float64{40}},
		{name: "both, 200 dpi, 45 and 45 mm", texts: []string{shc, json}, dpi: 200, mm: []float64{45, 45}},
		{name: "both, 200 dpi, 45 and 60 mm", texts: []string{shc, json}, dpi: 200, mm: []float64{45, 60}},
		{name: "longest, 200 dpi", texts: []string{long, huge}, dpi: 200, mm: []float64{45, 60}, notShort: true},
		{name: "both, 150 dpi", texts: []string{shc, json}, dpi: 150, mm: []float64{45, 60}},
		{name: "both, 300 dpi", texts: []string{shc, json}, dpi: 300, mm: []float64{40, 45}, notShort: true},
		{name: "both, 200 dpi, askew", texts: []string{shc, json}, dpi: 200, mm: []float64{45, 60}, degrees: 2.3},
		{name: "both, 200 dpi, on its side", texts: []string{shc, json}, dpi: 200, mm: []float64{45, 60}, degrees: 91, notShort: true},
		{name: "both, 200 dpi, scanned as JPEG", texts: []string{shc, json}, dpi: 200, mm: []float64{45, 60}, quality: 70},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.notShort && testing.Short() {
				t.Skip("long")
			}
			p := newPaper(c.dpi)
			for i, text := range c.texts {
				m := symbol(t, text)
				p.put(m, 70+float64(i)*65.3, 150.7, c.mm[i], c.degrees)
			}
			var img image.Image = p
			if c.quality > 0 {
				img = asJPEG(t, p, c.quality)
			}
			got, err := qr.ReadImage(img)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.texts))
			if !slices.Equal(got, want) {
				t.Errorf("%d symbols read, want %d", len(got), len(want))
			}
		})
	}
}

func TestReadImageOfPNG(t *testing.T) {
	for _, n := range []int{5, 100, 835 * 2, 3000, 7000} {
		for _, scale := range []int{1, 2, 3, 8} {
			text := "shc:/" + digits(n)
			m := symbol(t, text)
			got, err := qr.ReadImage(m.Image(scale))
			if err != nil || len(got) != 1 || got[0] != text {
				t.Errorf("version %d, %d pixels a module: %v", m.Version, scale, err)
			}
		}
	}
}

func TestReadImageRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		img  image.Image
		want error
	}{
		"empty": {image.NewGray(image.Rect(0, 0, 0, 0)), qr.ErrUnread},
		"white": {newPaper(72), qr.ErrUnread},
		"huge":  {image.NewUniform(color.White), qr.ErrTooLarge},
	} {
		if _, err := qr.ReadImage(c.img); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
