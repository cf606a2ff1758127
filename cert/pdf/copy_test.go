// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"image"
	"image/draw"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// latentMap tells, for a place on the page in millimetres, whether a word of
// the background is there.
func latentMap(t *testing.T) func(x, y float64) bool {
	t.Helper()
	data, err := os.ReadFile("background/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(data))
	if len(lines) != 40 || slices.ContainsFunc(lines, func(l string) bool { return len(l) != 195 || strings.Trim(l, "#.") != "" }) {
		t.Fatal("words.txt is not 40 lines of 195 cells")
	}
	const cell = 12 * 25.4 / 600
	return func(x, y float64) bool {
		i, j := int((x-5.969)/cell), int((y-6.223)/cell)
		return lines[j%40][(i+j/40%2*97)%195] == '#'
	}
}

// tones are mean gray and part of dark pixels (0 to 1) of the words and of the
// ground of the background, where nothing else is painted.
type tones struct{ word, ground, darkWord, darkGround float64 }

// The part of the page that is looked at: a page of one dose is nearly empty
// there. Inches from the upper edge.
const partTop, partHigh = 4, 3

// grayRaster is that part in dots of a resolution.
func grayRaster(t *testing.T, file []byte, resolution int) *image.Gray {
	t.Helper()
	img := decodeFile(t, raster(t, file, "-r", strconv.Itoa(resolution), "-gray", "-png",
		"-x", "0", "-W", strconv.Itoa(resolution*826/100), "-y", strconv.Itoa(partTop*resolution), "-H", strconv.Itoa(partHigh*resolution)))
	if gray, ok := img.(*image.Gray); ok {
		return gray
	}
	out := image.NewGray(img.Bounds())
	draw.Draw(out, out.Rect, img, out.Rect.Min, draw.Src)
	return out
}

func measure(t *testing.T, gray *image.Gray, resolution float64, page *pdf.Page, dark byte) tones {
	t.Helper()
	taken := slices.Concat(page.Rules, page.Boxes)
	for _, r := range page.Runs {
		taken = append(taken, r.Box())
	}
	var sum, darks, n [2]float64
	latent, b, mm := latentMap(t), gray.Rect, 25.4/resolution
	for j := range b.Dy() {
		y := partTop*25.4 + (float64(j)+0.5)*mm
		near := slices.DeleteFunc(slices.Clone(taken), func(b pdf.Box) bool { return y < b.Y0-6 || y > b.Y1+6 })
		for i := range b.Dx() {
			x := (float64(i) + 0.5) * mm
			if x < 7 || x > 203 || y < partTop*25.4+1 || y > (partTop+partHigh)*25.4-1 ||
				slices.ContainsFunc(near, func(b pdf.Box) bool { return x > b.X0-6 && x < b.X1+6 }) {
				continue
			}
			k, v := 0, gray.Pix[j*gray.Stride+i]
			if latent(x, y) {
				k = 1
			}
			sum[k] += float64(v)
			n[k]++
			if v < dark {
				darks[k]++
			}
		}
	}
	if n[0] < 1000 || n[1] < 1000 {
		t.Fatalf("%.0f and %.0f pixels to look at", n[0], n[1])
	}
	return tones{sum[1] / n[1], sum[0] / n[0], darks[1] / n[1], darks[0] / n[0]}
}

// photocopy scans a page that was printed at 600 dpi as an office copier does,
// at 200 dpi: the lens spreads a point over 0.05 mm (standard deviation), and
// what is nearly white becomes white, so that the paper does not show.
func photocopy(t *testing.T, file []byte) *image.Gray {
	t.Helper()
	page := grayRaster(t, file, 600)
	const spread, reach, step = 0.05 * 600 / 25.4, 4, 3
	var lens [2*reach + 1]float32
	for i := range lens {
		lens[i] = float32(math.Exp(-math.Pow(float64(i-reach), 2)/(2*spread*spread)) / (spread * math.Sqrt(2*math.Pi)))
	}
	w, h := page.Rect.Dx()/step, page.Rect.Dy()
	across := make([]float32, w*h)
	for y := range h {
		row := page.Pix[y*page.Stride:][:page.Rect.Dx()]
		for x := 1; x < w-1; x++ {
			for i, v := range lens {
				across[y*w+x] += v * float32(row[max(0, x*step+1+i-reach)])
			}
		}
	}
	out := image.NewGray(image.Rect(0, 0, w, h/step))
	for y := 1; y < h/step-1; y++ {
		for x := range w {
			v := float32(0)
			for i, part := range lens {
				v += part * across[max(0, y*step+1+i-reach)*w+x]
			}
			out.Pix[y*out.Stride+x] = byte(min(255, v*255/235))
		}
	}
	return out
}

// On the page a person sees one even tint; on a photocopy the words stand out
// of it. The figures are gray levels of 255.
func TestWordsShowOnPhotocopyOnly(t *testing.T) {
	t.Parallel() // slow under the race detector
	d := copyEvident(sample(plain(), cert.Domestic, 1, 0))
	file := render(t, renderer(t), d)
	page, err := pdf.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, resolution := range []int{150, 200, 300, 600} {
		m := measure(t, grayRaster(t, file, resolution), float64(resolution), page, 0)
		t.Logf("original at %d dpi: word %.1f, ground %.1f", resolution, m.word, m.ground)
		if math.Abs(m.word-m.ground) > 1.5 {
			t.Errorf("original at %d dpi: word %.1f, ground %.1f", resolution, m.word, m.ground)
		}
		if m.word < 230 || m.ground < 230 {
			t.Errorf("original at %d dpi: not a light tint", resolution)
		}
	}
	m := measure(t, photocopy(t, file), 200, page, 215)
	t.Logf("photocopy: word %.1f, ground %.1f; in two tones black: %.1f %% of word, %.1f %% of ground", m.word, m.ground, 100*m.darkWord, 100*m.darkGround)
	if m.ground-m.word < 8 || m.ground < 250 {
		t.Errorf("photocopy: word %.1f, ground %.1f", m.word, m.ground)
	}
	if m.darkWord < 0.08 || m.darkGround > 0.01 {
		t.Errorf("photocopy in two tones: black %.3f of the word, %.3f of the ground", m.darkWord, m.darkGround)
	}
}
