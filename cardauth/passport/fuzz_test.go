// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"crypto/elliptic"
	"errors"
	"strings"
	"testing"
)

// FuzzParseMRZ: nothing panics, every error is of this package, and what was
// read and can be written again reads the same.
func FuzzParseMRZ(f *testing.F) {
	f.Add(specimen1, specimen2)
	f.Add(pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "85<<<<", "<", "300101", "", "<"))
	f.Add(pad("P<D<<MUSTERMANN", 44), line2("C01X", "D", "<<<<<<", "F", "270228", "12", ""))
	f.Add("", strings.Repeat("<", 44))
	f.Fuzz(func(t *testing.T, l1, l2 string) {
		if len(l2) == lineLength && l2[0]%2 == 0 { // half of them with right check digits, or few would get further
			l := withCheck(l2[0:9]) + l2[10:13] + withCheck(l2[13:19]) + l2[20:21] + withCheck(l2[21:27]) + withCheck(l2[28:42])
			l2 = l + string(rune(checkDigit(l[0:10], l[13:20], l[21:43])))
		}
		p, err := ParseMRZ(l1, l2, today())
		if err != nil {
			if p != nil || !errors.Is(err, ErrMRZ) {
				t.Fatalf("unexpected error %v", err)
			}
			return
		}
		w1, w2, err := MRZ(p)
		if err != nil {
			t.Fatalf("cannot be written again: %v", err)
		}
		again, err := ParseMRZ(w1, w2, today())
		if err != nil || again.Number != p.Number || again.BirthDate != p.BirthDate || again.Expiry != p.Expiry || again.Sex != p.Sex {
			t.Fatalf("reads otherwise the second time: %v", err)
		}
	})
}

// FuzzDER: the readers of algorithms, keys and certificates take any bytes, and
// read nothing where there is something left over.
func FuzzDER(f *testing.F) {
	f.Add([]byte("\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"))
	f.Add([]byte("\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07"))
	f.Add([]byte("\x30\x00"))
	f.Add([]byte("\x02\x83\x00\xFF\xFF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newReader(b)
		for r.more() {
			before := len(r.rest)
			if e := r.any(); r.ok() && (len(e.raw) < 2 || len(r.rest) != before-len(e.raw)) {
				t.Fatal("read without going on")
			}
		}
		longer := append(b[:len(b):len(b)], 0)
		if _, ok := readPublicKey(b); ok {
			if _, ok := readPublicKey(longer); ok {
				t.Fatal("a key with something left over")
			}
		}
		if _, ok := readCertificate(b); ok {
			if _, ok := readCertificate(longer); ok {
				t.Fatal("a certificate with something left over")
			}
		}
		if s := pssScheme(b); s.family != unknownFamily && pssScheme(longer).family != unknownFamily {
			t.Fatal("parameters with something left over")
		}
		if sameCurve(b, elliptic.P256().Params()) && sameCurve(longer, elliptic.P256().Params()) {
			t.Fatal("a curve with something left over")
		}
		if _, code := readSecurityObject(b); code == "" {
			if _, code := readSecurityObject(longer); code == "" {
				t.Fatal("a security object with something left over")
			}
		}
	})
}
