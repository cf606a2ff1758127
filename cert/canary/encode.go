// SPDX-License-Identifier: Apache-2.0

package canary

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// written is a text as some program writes it.
type written struct {
	how   string
	bytes []byte
}

// encodings lists the ways in which text is looked for directly. What they
// lack (one encoding inside another) is found by taking apart.
func encodings(text string) []written {
	plain := []written{
		{"utf-8", []byte(text)},
		{"utf-16le", inUTF16(text, binary.LittleEndian)},
		{"utf-16be", inUTF16(text, binary.BigEndian)},
		{"json", escaped(text, `\u%04x`, false)},
		{"json", escaped(text, `\u%04X`, false)},
		{"json", escaped(text, `\u%04x`, true)},
		{"json", escaped(text, `\u%04X`, true)},
	}
	list := plain
	for _, p := range plain {
		lower := hex.EncodeToString(p.bytes)
		list = append(list, written{"hex of " + p.how, []byte(lower)}, written{"hex of " + p.how, []byte(strings.ToUpper(lower))})
		for offset := range 3 {
			list = append(list,
				written{"base64 of " + p.how, inBase64(p.bytes, offset, base64.RawStdEncoding)},
				written{"base64 of " + p.how, inBase64(p.bytes, offset, base64.RawURLEncoding)})
		}
	}
	for _, form := range []string{"%%%02X", "%%%02x"} {
		for _, space := range []string{"%20", "+"} {
			list = append(list, written{"percent", percent(text, form, space, false)})
		}
		list = append(list, written{"percent", percent(text, form, "", true)})
	}
	return distinct(list)
}

// distinct leaves out what is too short, and what is there already.
func distinct(list []written) (out []written) {
	seen := map[string]bool{}
	for _, w := range list {
		if len(w.bytes) < shortest || len(w.bytes) < 8 && w.how != "utf-8" && !strings.HasPrefix(w.how, "utf-16") || seen[string(w.bytes)] {
			continue
		}
		seen[string(w.bytes)] = true
		out = append(out, w)
	}
	return out
}

func inUTF16(text string, order binary.AppendByteOrder) (b []byte) {
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// escaped writes what is not ASCII, or all of it, as units of UTF-16.
func escaped(text, form string, all bool) (b []byte) {
	for _, r := range text {
		if r < 0x80 && !all {
			b = append(b, byte(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			b = fmt.Appendf(b, form, unit)
		}
	}
	return b
}

func percent(text, form, space string, all bool) (b []byte) {
	for i := range len(text) {
		switch c := text[i]; {
		case !all && c == ' ':
			b = append(b, space...)
		case !all && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0):
			b = append(b, c)
		default:
			b = fmt.Appendf(b, form, c)
		}
	}
	return b
}

// inBase64 are the characters that do not depend on what stands around b when
// offset bytes (of three) stand before it.
func inBase64(b []byte, offset int, e *base64.Encoding) []byte {
	text := e.EncodeToString(append(make([]byte, offset, offset+len(b)), b...))
	return []byte(text[(8*offset+5)/6 : 8*(offset+len(b))/6])
}
