// SPDX-License-Identifier: Apache-2.0

package card

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image/png"
	"strings"
	"testing"

	"kofu/cardauth"
)

const selectSurface = "00A4040C0A D3921000310001010402"

func TestSurfaceAPDUs(t *testing.T) {
	m := newMunicipality(t)
	read := func(fid string) string { return ",00A4020C02" + fid + ",00B0000003" }
	numberA := selectSurface + ",00A4020C020013,002000800C353337363836363737313838"
	numberB := selectSurface + ",00A4020C020012,002000800E3535303231373230333532323835"
	birth := selectSurface + ",00A4020C020011,0020008006353530323137"
	tests := []struct {
		name, sequence, want string // the last answer
	}{
		{"select", selectSurface, "9000"},
		{"birth date before its secret", selectSurface + read("0001"), "6982"},
		{"face before A and B", selectSurface + read("0002"), "6982"},
		{"number before A", selectSurface + read("0005"), "6982"},
		{"about the application is free", selectSurface + read("0003"), "FF30829000"},
		{"municipality key is free", selectSurface + read("0004"), "7F21829000"},
		{"A opens the face", numberA + read("0002"), "FF20829000"},
		{"A opens the number", numberA + read("0005"), "FF40829000"},
		{"A does not open the birth date", numberA + read("0001"), "6982"},
		{"B opens the face", numberB + read("0002"), "FF20829000"},
		{"B does not open the number", numberB + read("0005"), "6982"},
		{"birth date opens the birth date", birth + read("0001"), "FF10829000"},
		{"birth date does not open the face", birth + read("0002"), "6982"},
		{"tries of A", selectSurface + ",00A4020C020013,00200080", "63CA"},
		{"A wrong once", selectSurface + ",00A4020C020013,002000800C303030303030303030303030", "63C9"},
		{"text application forgets A", numberA + "," + selectApp + "," + selectSurface + read("0002"), "6982"},
		{"text application's PIN does not open the face", selectApp + ",00A4020C020011,002000800431323334," + selectSurface + read("0002"), "6982"},
		{"text application's card key is not there", selectSurface + ",00A4020C020007", "6A82"},
		{"text application's matching numbers are not there", selectSurface + ",00A4020C020014", "6A82"},
		{"face selected, then the text application", numberA + ",00A4020C020002," + selectApp + ",00B0000003", "6986"},
		{"internal authenticate", selectSurface + ",00880000080102030405060708 00", "6985"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, got := issue(t, m, holder()), ""
			for apdu := range strings.SplitSeq(tt.sequence, ",") {
				got = send(c, apdu)
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestFace: nine objects where the offsets say, signed as three digests in one
// DigestInfo, with a key that is not the text application's.
func TestFace(t *testing.T) {
	m := newMunicipality(t)
	s, err := m.Surface()
	if err != nil {
		t.Fatal(err)
	}
	for _, nonMinimal := range []bool{false, true} {
		h := holder()
		h.NonMinimal = nonMinimal
		c := issue(t, m, h)
		files, err := c.Reader().ReadSurface([]byte(h.MyNumber))
		if err != nil {
			t.Fatal(err)
		}
		first := sha256.Sum256(append(append(append([]byte{}, files.Birth...), files.Sex...), files.Key...))
		info, err := hex.DecodeString("3071300d060960864801650304020105000460")
		if err != nil {
			t.Fatal(err)
		}
		info = append(append(append(info, first[:]...), files.Pictures...), files.Photo...)
		if err := rsa.VerifyPKCS1v15(s.key.Public().(*rsa.PublicKey), crypto.Hash(0), info, files.Signature[5:]); err != nil || len(info) != 115 {
			t.Errorf("signature: %v", err)
		}
		text, err := c.Reader().ReadAll("1234")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(files.Birth, []byte("19800217")) || bytes.Equal(files.Key[5:], text.EF0007[10:275]) || len(files.EF0004) != 568 ||
			!bytes.Equal(files.EF0004[26:42], text.EF0004[26:42]) || bytes.Equal(files.EF0004[10:26], text.EF0004[10:26]) {
			t.Error("not a second application of the same card")
		}
		checkFace(t, must(c.surface())(t).files[0x0002])
	}
}

// checkFace checks the offsets and that pictures are pictures.
func checkFace(t *testing.T, file []byte) {
	t.Helper()
	_, body, _ := cut(file)
	_, offsets, n := cut(body)
	for i := range 9 {
		at := int(offsets[2*i])<<8 | int(offsets[2*i+1])
		tag, value, _ := cut(file[at:])
		if tag != uint32(0xDF22+i) {
			t.Errorf("object %d is %X", i, tag)
		}
		if i == 3 || i == 4 || i == 8 {
			if _, err := png.Decode(bytes.NewReader(value)); err != nil {
				t.Errorf("%X: %v", tag, err)
			}
		}
	}
	if n != 3+18 {
		t.Errorf("offsets of %d bytes", n)
	}
}

// must takes the error of what cannot fail in a test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestSurfaceRecords: EF0001 and EF0005 carry the face's key and are signed as
// one digest.
func TestSurfaceRecords(t *testing.T) {
	m := newMunicipality(t)
	key := must(m.Surface())(t).key.Public().(*rsa.PublicKey)
	app := must(issue(t, m, holder()).surface())(t)
	_, face, _ := cut(app.files[0x0002])
	for fid, size := range map[uint16]int{0x0001: 11 + 270, 0x0005: 0} {
		_, body, _ := cut(app.files[fid])
		if size == 0 {
			_, _, n := cut(body)
			size = n + 270
		}
		sum, signature := sha256.Sum256(body[:size]), body[size+5:]
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil || !bytes.Contains(face, body[size-265:size]) {
			t.Errorf("%04X: %v", fid, err)
		}
	}
}

func TestReadSurfaceTellsWhatIsWrong(t *testing.T) {
	c := issue(t, newMunicipality(t), holder())
	r := c.Reader()
	if _, err := r.ReadSurface([]byte("123456789018")); !errors.Is(err, PINError{9}) {
		t.Errorf("another number: %v", err)
	}
	r.Extended = true
	files, err := r.ReadSurface([]byte("537686677188"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("message"))
	sig := must(r.SignSurface([]byte("message")))(t)
	key := must(c.surface())(t).key.Public().(*rsa.PublicKey)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) != nil || !bytes.Equal(rsaField(key), files.Key[5:]) {
		t.Error("not signed with the key in the face")
	}
	transitCard := Reader{Transmit: func([]byte) []byte { return []byte{0x6A, 0x82} }}
	if _, err := transitCard.ReadSurface(nil); !errors.Is(err, ErrNotMyNumberCard) {
		t.Errorf("another card: %v", err)
	}
	if _, err := transitCard.SignSurface(nil); !errors.Is(err, ErrNotMyNumberCard) {
		t.Errorf("another card signs: %v", err)
	}
	face := must(c.surface())(t).files[0x0002]
	for _, n := range []int{0, 5, 100, 2000, len(face) - 1} {
		if _, err := CutFace(face[:n], nil); !errors.Is(err, ErrForm) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// TestAnchorsHoldBothAuthorities: with the ids as J-LIS numbers them.
func TestAnchorsHoldBothAuthorities(t *testing.T) {
	p := must(NewPKI("9000033"))(t)
	var f struct {
		Anchors []struct{ ID, Application string }
	}
	if err := json.Unmarshal(p.AnchorsJSON(), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Anchors) != 2 || f.Anchors[0].ID != "39303030303333080530303100000000" || f.Anchors[0].Application != "text" ||
		f.Anchors[1].ID != "39303030303233080530303100000000" || f.Anchors[1].Application != "surface" {
		t.Errorf("%+v", f.Anchors)
	}
	for _, number := range []string{"", "900003", "0000009", "-000033", "9O00033"} {
		if _, err := NewPKI(number); err == nil {
			t.Errorf("%q is an authority", number)
		}
	}
}

func FuzzCutFace(f *testing.F) {
	h := holder()
	s := must(newMunicipality(f).Surface())(f)
	f.Add(must(s.EF0002(h, make([]byte, 265)))(f))
	h.NonMinimal = true
	f.Add(must(s.EF0002(h, nil))(f))
	f.Add([]byte{0xFF, 0x20, 0x81})
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := CutFace(b, nil)
		if err != nil {
			return
		}
		for _, part := range []cardauth.Secret{files.Birth, files.Sex, files.Key, files.Signature} {
			if !bytes.Contains(b, part) {
				t.Fatal("a part is not in the file")
			}
		}
	})
}
