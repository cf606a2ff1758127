// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"rsc.io/qr/coding"
)

// TestPlansAreThoseOfOthers holds tables and patterns against a library of its
// own origin, and numbers of codewords against the reader's.
func TestPlansAreThoseOfOthers(t *testing.T) {
	for v := 1; v <= 40; v++ {
		version, err := decoder.Version_GetVersionForNumber(v)
		if err != nil {
			t.Fatal(err)
		}
		for l := L; l <= H; l++ {
			lay := newLayout(v, l)
			theirs, err := coding.NewPlan(coding.Version(v), coding.Level(l), 0)
			if err != nil {
				t.Fatal(err)
			}
			if lay.total != version.GetTotalCodewords() || lay.data != theirs.DataBytes || lay.blocks != theirs.Blocks || lay.blocks*lay.check != theirs.CheckBytes {
				t.Fatalf("version %d, level %d: %+v", v, l, lay)
			}
			p := newPlan(v, l, nil)
			for m := range masks {
				if m != (v+int(l))%masks && v != 7 && v != 32 {
					continue
				}
				if theirs, err = coding.NewPlan(coding.Version(v), coding.Level(l), coding.Mask(m)); err != nil {
					t.Fatal(err)
				}
				comparePlan(t, p, m, theirs)
			}
		}
	}
}

func comparePlan(t *testing.T, p *plan, m int, theirs *coding.Plan) {
	t.Helper()
	if len(theirs.Pixel) != p.size {
		t.Fatalf("version %d has size %d", p.version, p.size)
	}
	wrong := 0
	for y, pixels := range theirs.Pixel {
		for x, pixel := range pixels {
			b, o := p.bit(x, y), p.bit(y, x)
			dark := pixel&coding.Black != 0
			if (p.upright[m][b>>6]>>(b&63)&1 == 1) != dark || (p.turned[m][o>>6]>>(o&63)&1 == 1) != dark {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("version %d, mask %d: %d modules differ", p.version, m, wrong)
	}
}

// TestSymbolsAreThoseOfAnother makes whole symbols of every version and level,
// with padding of all lengths, as a library of its own origin does when it is
// told segments and mask.
func TestSymbolsAreThoseOfAnother(t *testing.T) {
	e := NewEncoder()
	for v := 1; v <= 40; v++ {
		for l := L; l <= H; l++ {
			room := e.capacity[v][l] - 11 - (v*7+int(l))%9 // octets, those of "shc:/" and of both heads left out
			text := "shc:/" + strings.Repeat("2604918375", max(1, room*24/10/10))
			m, err := e.Encode(text, l)
			if err != nil {
				t.Fatal(err)
			}
			segments := []coding.Encoding{coding.String(text[:5]), coding.Num(text[5:])}
			same := 0
			for mask := range masks {
				p, err := coding.NewPlan(coding.Version(m.Version), coding.Level(l), coding.Mask(mask))
				if err != nil {
					t.Fatal(err)
				}
				code, err := p.Encode(segments...)
				if err != nil {
					t.Fatal(err)
				}
				if identical(m, code) {
					same++
				}
			}
			if same != 1 {
				t.Errorf("version %d, level %d: like %d symbols of the other library", m.Version, l, same)
			}
		}
	}
}

func identical(m *Matrix, code *coding.Code) bool {
	for i := range m.Size * m.Size {
		if m.Dark(i%m.Size, i/m.Size) != code.Black(i%m.Size, i/m.Size) {
			return false
		}
	}
	return code.Size == m.Size
}
