// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// image notes a picture (8.9) in gray, RGB, CMYK or a palette of these, raw
// or as JPEG. Any other is passed over.
func (in *interpreter) image(s stream) error {
	data, rest, err := in.file.decode(s)
	if err != nil {
		return nil // one broken picture is no reason to read nothing
	}
	w, h := in.file.number(s.dict["Width"], 0), in.file.number(s.dict["Height"], 0)
	if !(w >= 1 && h >= 1 && w <= maxPixels && h <= maxPixels && w*h <= float64(maxPixels-in.pixels)) {
		return nil
	}
	var img image.Image
	switch {
	case len(rest) == 0:
		img = in.raw(s.dict, data, int(w), int(h))
	case len(rest) == 1 && (rest[0].name == "DCTDecode" || rest[0].name == "DCT"):
		img = in.jpeg(data)
	}
	if img == nil {
		return nil
	}
	in.pixels += img.Bounds().Dx() * img.Bounds().Dy()
	in.page.Images = append(in.page.Images, img)
	return nil
}

func (in *interpreter) jpeg(data []byte) image.Image {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > (maxPixels-in.pixels)/c.Height {
		return nil
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return img
}

// space is a colour space, reduced to what a reader of symbols needs.
type space struct {
	parts   int    // components
	palette []byte // of an indexed space
	base    *space // of the palette's colours
}

func (in *interpreter) space(v any, depth int) *space {
	v = in.file.resolve(v)
	if depth > 4 {
		return nil
	}
	switch v {
	case name("DeviceGray"), name("G"), name("CalGray"):
		return &space{parts: 1}
	case name("DeviceRGB"), name("RGB"):
		return &space{parts: 3}
	case name("DeviceCMYK"), name("CMYK"):
		return &space{parts: 4}
	}
	a, _ := v.(array)
	if len(a) < 2 {
		return nil
	}
	switch in.file.resolve(a[0]) {
	case name("ICCBased"):
		if n := in.file.number(in.file.dict(a[1])["N"], 0); n == 1 || n == 3 || n == 4 {
			return &space{parts: int(n)}
		}
	case name("CalGray"):
		return &space{parts: 1}
	case name("CalRGB"), name("Lab"):
		return &space{parts: 3}
	case name("Indexed"), name("I"):
		if len(a) != 4 {
			return nil
		}
		out := &space{parts: 1, base: in.space(a[1], depth+1)}
		switch p := in.file.resolve(a[3]).(type) {
		case str:
			out.palette = []byte(p)
		case stream:
			out.palette, _ = in.file.inflate(p)
		}
		if out.base != nil && out.base.palette == nil {
			return out
		}
	}
	return nil
}

// raw makes a picture of sample values of 1, 2, 4 or 8 bits.
func (in *interpreter) raw(d dict, data []byte, w, h int) image.Image {
	bits := int(in.file.number(d["BitsPerComponent"], 8))
	s := in.space(d["ColorSpace"], 0)
	if in.file.resolve(d["ImageMask"]) == true {
		s, bits = &space{parts: 1}, 1
	}
	if s == nil || bits != 1 && bits != 2 && bits != 4 && bits != 8 {
		return nil
	}
	row := (w*s.parts*bits + 7) / 8
	if len(data) < row*h {
		return nil
	}
	decode := in.file.numbers(d["Decode"])
	inverted := s.palette == nil && len(decode) >= 2 && decode[0] > decode[1]
	out := image.NewGray(image.Rect(0, 0, w, h))
	sample := make([]byte, s.parts)
	gray := func() byte {
		v := s.lightness(sample, bits)
		if inverted {
			return 255 - v
		}
		return v
	}
	var known [256]byte // the gray of every value, where a pixel is one sample
	for v := 0; s.parts == 1 && v < 1<<bits; v++ {
		sample[0] = byte(v)
		known[v] = gray()
	}
	for y := range h {
		line, pixels := data[y*row:], out.Pix[y*out.Stride:][:w]
		for x := range pixels {
			for k := range sample {
				at := (x*s.parts + k) * bits
				sample[k] = line[at/8] >> (8 - bits - at%8) & byte(1<<bits-1)
			}
			if s.parts == 1 {
				pixels[x] = known[sample[0]]
			} else {
				pixels[x] = gray()
			}
		}
	}
	return out
}

// lightness is the gray of one pixel.
func (s *space) lightness(sample []byte, bits int) byte {
	if s.base != nil {
		n := s.base.parts
		at := int(sample[0]) * n
		if at+n > len(s.palette) {
			return 255
		}
		return s.base.lightness(s.palette[at:at+n], 8)
	}
	full := func(v byte) byte { return byte(int(v) * 255 / (1<<bits - 1)) }
	switch s.parts {
	case 1:
		return full(sample[0])
	case 3:
		return color.GrayModel.Convert(color.RGBA{full(sample[0]), full(sample[1]), full(sample[2]), 255}).(color.Gray).Y
	}
	return color.GrayModel.Convert(color.CMYK{C: full(sample[0]), M: full(sample[1]), Y: full(sample[2]), K: full(sample[3])}).(color.Gray).Y
}
