// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"cmp"
	"image"
	"image/draw"
	"slices"

	"github.com/makiuchi-d/gozxing"
)

// maxPixels bounds the work on one picture: an A4 page at 600 dpi has 35
// million pixels.
const maxPixels = 40_000_000

// found is one symbol on a picture.
type found struct {
	text string
	quad [4]point // corners of the symbol, clockwise from its upper left
}

// ReadImage returns the text of every symbol on img, from top to bottom and
// left to right, or [ErrUnread] where there is none. Dense symbols are read
// down to about two and a half pixels per module.
//
// The finder patterns are located with the decoding library; which size the
// symbol has and where its modules lie is worked out here, because the
// library's own guess fails beyond version 25 or so at print resolution.
func ReadImage(img image.Image) ([]string, error) {
	b := img.Bounds()
	switch {
	case b.Dx() <= 0 || b.Dy() <= 0:
		return nil, ErrUnread
	case b.Dx() > maxPixels/b.Dy():
		return nil, ErrTooLarge
	}
	gray := flatten(img)
	var all []found
	for _, try := range attempts(gray) {
		open := try.symbols(&all)
		if open == 0 && len(all) > 0 {
			break // every finder pattern seen belongs to a symbol that was read
		}
	}
	if len(all) == 0 {
		return nil, ErrUnread
	}
	slices.SortStableFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.quad[0].y, b.quad[0].y), cmp.Compare(a.quad[0].x, b.quad[0].x))
	})
	texts := make([]string, len(all))
	for i, f := range all {
		texts[i] = f.text
	}
	return texts, nil
}

// flatten returns img in shades of gray on white paper, its origin at 0, 0.
func flatten(img image.Image) *image.Gray {
	b := img.Bounds()
	gray := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(gray, gray.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(gray, gray.Rect, img, b.Min, draw.Over)
	return gray
}

// enlarge doubles a picture with linear interpolation.
func enlarge(src *image.Gray) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	for y := range 2 * h {
		// Centres of the new pixels lie a quarter pixel beside the old ones.
		near, far := y/2, min(max(y/2+2*(y&1)-1, 0), h-1)
		a, c := src.Pix[near*src.Stride:], src.Pix[far*src.Stride:]
		row := dst.Pix[y*dst.Stride:]
		for x := range 2 * w {
			n, f := x/2, min(max(x/2+2*(x&1)-1, 0), w-1)
			row[x] = byte((9*int(a[n]) + 3*int(a[f]) + 3*int(c[n]) + int(c[f]) + 8) / 16)
		}
	}
	return dst
}

// attempt is one way to look at a picture: scale times as large as the
// original, turned into black and white by bits.
type attempt struct {
	gray  *image.Gray // the original
	scale float64
	bits  func() *gozxing.BitMatrix // nil where it fails
}

func attempts(gray *image.Gray) []attempt {
	binary := func(src func() *image.Gray, how func(gozxing.LuminanceSource) gozxing.Binarizer) func() *gozxing.BitMatrix {
		return func() *gozxing.BitMatrix {
			bits, err := how(gozxing.NewLuminanceSourceFromImage(src())).GetBlackMatrix()
			if err != nil {
				return nil
			}
			return bits
		}
	}
	same := func() *image.Gray { return gray }
	tries := []attempt{
		{gray, 1, binary(same, gozxing.NewHybridBinarizer)},
		{gray, 1, binary(same, gozxing.NewGlobalHistgramBinarizer)},
	}
	if gray.Rect.Dx()*gray.Rect.Dy() <= maxPixels/4 {
		double := func() *image.Gray { return enlarge(gray) }
		tries = append(tries, attempt{gray, 2, binary(double, gozxing.NewHybridBinarizer)})
	}
	return tries
}
