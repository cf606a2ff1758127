// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
)

// framed puts a header with a two-byte length before the parts.
func framed(tag string, parts ...[]byte) []byte {
	value := slices.Concat(parts...)
	t, _ := hex.DecodeString(tag)
	return append(append(t, 0x82, byte(len(value)>>8), byte(len(value))), value...)
}

func FuzzReadObject(f *testing.F) {
	for _, s := range []string{"900101", "FF40820001AA", "5F81814E00", "FFFF", "0000", "9081", "90800000", ""} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		obj, n, ok := readObject(b)
		if !ok {
			return
		}
		if n > len(b) || !bytes.Equal(obj.raw, b[:n]) || !bytes.HasSuffix(obj.raw, obj.value) || cap(obj.value) != len(obj.value) {
			t.Fatalf("object of %d bytes out of %d", n, len(b))
		}
	})
}

func FuzzParseEF0001(f *testing.F) {
	f.Add(unhex(f, vectorEF0001))
	f.Add(unhex(f, vectorEF0001)[:15])
	f.Add(framed("FF10", []byte("53768667718A")))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseNumberFile(b)
		if err != nil {
			return
		}
		n, err := file.number()
		if err == nil && !bytes.Equal(n.Digits(), file.digits) {
			t.Fatal("other digits than in the file")
		}
		s, _ := schemeOf(RSA2048SHA256)
		if !file.matches(b, s, s.digest(b)) || file.matches(b, s, nil) {
			t.Fatal("digest")
		}
	})
}

func FuzzParseEF0002(f *testing.F) {
	f.Add(unhex(f, vectorEF0002))
	f.Add(append(unhex(f, vectorEF0002), 0xFF, 0x00))
	f.Add(framed("FF20", unhex(f, vectorEF0002)[3:]))
	f.Add(bytes.Replace(unhex(f, vectorEF0002), []byte("19800217"), []byte("19800200"), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseAttrFile(b)
		if err != nil {
			return
		}
		if !bytes.Contains(b, file.signed) || len(file.signed) < 8+1 {
			t.Fatal("what is hashed is not in the file")
		}
		for _, at := range file.at {
			if b[at] != 0xDF {
				t.Fatal("no object where one was read")
			}
		}
		_ = file.checkOffsets()
		if h, address, err := file.holder(); err == nil {
			if h.Name.Reveal() != string(file.name) || address.Reveal() != string(file.address) {
				t.Fatal("text does not keep its bytes")
			}
			if d := h.BirthDate; !d.IsZero() {
				if again, err := cert.ParseDate(d.Compact()); err != nil || again != d {
					t.Fatalf("no such date: %+v", d)
				}
			}
		}
	})
}

func FuzzParseEF0003(f *testing.F) {
	good := framed("FF30", append([]byte{0xDF, 0x31, 0x20}, make([]byte, 32)...), append([]byte{0xDF, 0x32, 0x20}, make([]byte, 32)...),
		framed("DF33", make([]byte, 256)))
	f.Add(good)
	f.Add(append(good, 0xFF))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseContentFile(b)
		if err == nil && !bytes.Contains(b, slices.Concat(file.signed[0], file.signed[1])) {
			t.Fatal("what is signed is not in the file")
		}
	})
}

func FuzzParseEF0004(f *testing.F) {
	key := append([]byte{0x90, 0x03, 0x01, 0x00, 0x01, 0x91, 0x82, 0x01, 0x00}, bytes.Repeat([]byte{0xC1}, 256)...)
	f.Add(framed("7F21", framed("5F4E", make([]byte, 32), key), framed("5F37", make([]byte, 256))))
	f.Add(framed("7F21", framed("5F4E", make([]byte, 32)), framed("5F37")))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseCertFile(b)
		if err != nil {
			return
		}
		if !bytes.Equal(slices.Concat(file.issuer[:], file.subject[:], file.key), file.body) {
			t.Fatal("body is not its parts")
		}
		for _, s := range []Suite{RSA2048SHA256, ECDSAP384SHA384} {
			row, _ := schemeOf(s)
			if key, ok := row.parseKey(file.key); ok && (len(file.key) != row.keySize || !row.anchorKey(key)) {
				t.Fatal("a key that its suite does not allow")
			}
		}
	})
}

func FuzzParseEF0007(f *testing.F) {
	f.Add(framed("FF50", framed("DF51", make([]byte, 265)), framed("DF52", make([]byte, 256))))
	f.Add(append(framed("FF50", framed("DF51"), framed("DF52")), 0x00))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseAuthKeyFile(b)
		if err == nil && (!bytes.HasSuffix(file.signed, file.key) || !bytes.Contains(b, file.signed)) {
			t.Fatal("what is signed is not in the file")
		}
	})
}

func FuzzParseSurface(f *testing.F) {
	birth, sex := append([]byte{0xDF, 0x22, 0x08}, "19850314"...), []byte{0xDF, 0x23, 0x01, '2'}
	key, sig := framed("DF24", make([]byte, 265)), framed("DF28", make([]byte, 256))
	f.Add(birth, sex, key, sig)
	f.Add(framed("DF22", []byte("198503**")), framed("DF23", []byte("9")), framed("DF24"), framed("DF28"))
	f.Add(slices.Concat(birth, sex), []byte{}, append(key, 0xFF), sig[1:])
	f.Fuzz(func(t *testing.T, birth, sex, key, sig []byte) {
		r, err := parseSurface(SurfaceFiles{Birth: birth, Sex: sex, Key: key, Signature: sig})
		if err != nil {
			return
		}
		if !bytes.HasSuffix(birth, r.birth) || !bytes.HasSuffix(sex, r.sex) || !bytes.HasSuffix(key, r.key) || !bytes.HasSuffix(sig, r.signature) {
			t.Fatal("a value is not the end of its object")
		}
		date, ok := parseBirthDate(r.birth)
		h := cert.Holder{BirthDate: date, Sex: cert.Sex(r.sex[0] - '0')}
		if (r.agrees(h) == nil) != ok {
			t.Fatal("does not agree with itself, or has a date that no calendar has")
		}
		h.Sex++
		if r.agrees(h) == nil {
			t.Fatal("agrees with another sex")
		}
	})
}

func FuzzParseAnchors(f *testing.F) {
	f.Add([]byte(`{"anchors":[]}`))
	f.Add([]byte(`{"anchors":[{"id":"39303030303333080530303100000000","suite":"rsa2048-sha256","key":"","environment":"test",` +
		`"valid_from":"2015-10-01","valid_until":"2035-09-30"}]}`))
	f.Add([]byte(`{"anchors":[{"id":"39303030303233080530303100000000","application":"surface","suite":"rsa2048-sha256"}]}`))
	f.Add([]byte(`{"anchors":[{"id":"39303030303333080530303100000000","suite":"ecdsap384-sha384",` +
		`"key":"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE","environment":"test"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAnchors(b, cert.Test)
		if (a == nil) == (err == nil) || err == nil && a.Len() == 0 {
			t.Fatalf("neither anchors nor error: %v", err)
		}
	})
}

func FuzzParseKeyID(f *testing.F) {
	f.Add("39303030303333080530303100000000")
	f.Add("5000033")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseKeyID(s); err == nil && id.String() != strings.ToLower(s) {
			t.Fatalf("%q reads as %s", s, id)
		}
	})
}
