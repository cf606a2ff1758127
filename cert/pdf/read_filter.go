// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
)

// filter is one step of a stream's encoding (7.4).
type filter struct {
	name   name
	params dict
}

func (f *file) filters(s stream) []filter {
	var out []filter
	switch v := f.resolve(s.dict["Filter"]).(type) {
	case name:
		out = []filter{{v, f.dict(s.dict["DecodeParms"])}}
	case array:
		params := f.array(s.dict["DecodeParms"])
		for i, item := range v {
			n, _ := f.resolve(item).(name)
			var p dict
			if i < len(params) {
				p = f.dict(params[i])
			}
			out = append(out, filter{n, p})
		}
	}
	return out
}

// inflate returns the decoded bytes of a stream that is not an image.
func (f *file) inflate(s stream) ([]byte, error) {
	data, rest, err := f.decode(s)
	if err == nil && rest != nil {
		err = ErrMalformed
	}
	return data, err
}

// decode undoes the filters of s up to the first that is for pictures only,
// which it returns.
func (f *file) decode(s stream) (data []byte, rest []filter, err error) {
	data = s.raw
	all := f.filters(s)
	if len(all) > 8 {
		return nil, nil, ErrMalformed
	}
	for i, step := range all {
		switch step.name {
		case "FlateDecode", "Fl":
			if data, err = f.flate(data); err == nil {
				data, err = f.unpredict(data, step.params)
			}
		case "ASCIIHexDecode", "AHx":
			data, err = asciiHex(data)
		default:
			return data, all[i:], nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return data, nil, nil
}

// flate inflates as much as it can: many files lack the end.
func (f *file) flate(data []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, ErrMalformed
	}
	left := maxInflated - f.inflated
	out, err := io.ReadAll(io.LimitReader(z, int64(left)+1))
	f.inflated += len(out)
	switch {
	case len(out) > left:
		return nil, ErrTooLarge
	case err != nil && len(out) == 0:
		return nil, ErrMalformed
	}
	return out, nil
}

func asciiHex(data []byte) ([]byte, error) {
	if i := bytes.IndexByte(data, '>'); i >= 0 {
		data = data[:i]
	}
	kept := make([]byte, 0, len(data)+1)
	for _, c := range data {
		if !isSpace(c) {
			kept = append(kept, c)
		}
	}
	if len(kept)%2 == 1 {
		kept = append(kept, '0')
	}
	n, err := hex.Decode(kept, kept)
	if err != nil {
		return nil, ErrMalformed
	}
	return kept[:n], nil
}

// unpredict undoes a PNG predictor (7.4.4.4). TIFF's is not known here.
func (f *file) unpredict(data []byte, params dict) ([]byte, error) {
	predictor := f.number(params["Predictor"], 1)
	if predictor == 1 {
		return data, nil
	}
	colors, bits, columns := f.number(params["Colors"], 1), f.number(params["BitsPerComponent"], 8), f.number(params["Columns"], 1)
	if predictor < 10 || !(colors >= 1 && colors <= 32) || !(bits >= 1 && bits <= 16) || !(columns >= 1 && columns <= 1<<20) {
		return nil, ErrMalformed
	}
	pixel := max(1, int(colors*bits)/8)
	row := (int(colors*bits*columns) + 7) / 8
	if row > len(data) { // not one whole line, and a row that only claims to be long
		return nil, ErrMalformed
	}
	above := make([]byte, row)
	out := make([]byte, 0, len(data))
	for len(data) > 1 {
		kind, line := data[0], make([]byte, row)
		n := copy(line, data[1:])
		data = data[1+n:]
		if err := unfilter(kind, line, above, pixel); err != nil {
			return nil, err
		}
		out = append(out, line...)
		above = line
	}
	return out, nil
}

// unfilter undoes one line of PNG's filters (ISO/IEC 15948 9.2).
func unfilter(kind byte, line, above []byte, pixel int) error {
	if kind == 0 {
		return nil
	}
	for i := range line {
		var a, c byte
		if i >= pixel {
			a, c = line[i-pixel], above[i-pixel]
		}
		b := above[i]
		switch kind {
		case 1:
			line[i] += a
		case 2:
			line[i] += b
		case 3:
			line[i] += byte((int(a) + int(b)) / 2)
		case 4:
			line[i] += paeth(a, b, c)
		default:
			return ErrMalformed
		}
	}
	return nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	far := func(v byte) int { return max(p-int(v), int(v)-p) }
	switch {
	case far(a) <= far(b) && far(a) <= far(c):
		return a
	case far(b) <= far(c):
		return b
	}
	return c
}
