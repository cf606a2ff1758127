// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"slices"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common/reedsolomon"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

// Read returns the text of m. Damage within the reach of error correction is
// put right; bytes are taken as UTF-8.
func Read(m *Matrix) (text string, err error) {
	defer recovered(&err)
	return decode(bitMatrix(m))
}

// ReadExact is Read for a symbol straight from the writer: besides being
// readable, every module must be exactly what ISO/IEC 18004 puts there for
// the codewords read, with nothing to correct; else [ErrDamaged].
func ReadExact(m *Matrix) (text string, err error) {
	defer recovered(&err)
	if err := exact(m); err != nil {
		return "", err
	}
	return decode(bitMatrix(m))
}

// recovered turns a panic of the third-party decoder into an error: it works
// on whatever a picture seemed to show, and indexes without checking
// everywhere.
func recovered(err *error) {
	if recover() != nil {
		*err = errRecovered
	}
}

func bitMatrix(m *Matrix) *gozxing.BitMatrix {
	bits, err := gozxing.NewSquareBitMatrix(m.Size)
	if err != nil {
		return nil // not reached: the size was checked when m was made
	}
	for y := range m.Size {
		for x := range m.Size {
			if m.Dark(x, y) {
				bits.Set(x, y)
			}
		}
	}
	return bits
}

func utf8Hint() map[gozxing.DecodeHintType]any {
	return map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"}
}

func decode(bits *gozxing.BitMatrix) (string, error) {
	res, err := decoder.NewDecoder().Decode(bits, utf8Hint())
	if err != nil {
		return "", ErrUnread // the library's text could quote the symbol
	}
	for _, seg := range res.GetByteSegments() {
		if !utf8.Valid(seg) {
			return "", ErrText
		}
	}
	return res.GetText(), nil
}

// exact reads the codewords of m, has each block's error correction find
// nothing, and lays the codewords out again to compare module by module.
func exact(m *Matrix) error {
	parser, err := decoder.NewBitMatrixParser(bitMatrix(m))
	if err != nil {
		return ErrUnread
	}
	format, err := parser.ReadFormatInformation()
	if err != nil {
		return ErrUnread
	}
	version, err := parser.ReadVersion()
	if err != nil {
		return ErrUnread
	}
	codewords, err := parser.ReadCodewords()
	if err != nil {
		return ErrUnread
	}
	level := format.GetErrorCorrectionLevel()
	if err := flawless(codewords, version, level); err != nil {
		return err
	}
	data := gozxing.NewEmptyBitArray()
	for _, c := range codewords {
		if err := data.AppendBits(int(c), 8); err != nil {
			return ErrUnread
		}
	}
	again := encoder.NewByteMatrix(m.Size, m.Size)
	if err := encoder.MatrixUtil_buildMatrix(data, level, version, int(format.GetDataMask()), again); err != nil {
		return ErrUnread
	}
	for y := range m.Size {
		for x := range m.Size {
			if (again.Get(x, y) == 1) != m.Dark(x, y) {
				return ErrDamaged
			}
		}
	}
	return nil
}

func flawless(codewords []byte, v *decoder.Version, l decoder.ErrorCorrectionLevel) error {
	blocks, err := decoder.DataBlock_GetDataBlocks(codewords, v, l)
	if err != nil {
		return ErrUnread
	}
	rs := reedsolomon.NewReedSolomonDecoder(reedsolomon.GenericGF_QR_CODE_FIELD_256)
	for _, b := range blocks {
		read := make([]int, len(b.GetCodewords()))
		for i, c := range b.GetCodewords() {
			read[i] = int(c)
		}
		corrected := slices.Clone(read)
		if err := rs.Decode(corrected, len(read)-b.GetNumDataCodewords()); err != nil {
			return ErrUnread
		}
		if !slices.Equal(read, corrected) {
			return ErrDamaged
		}
	}
	return nil
}
