// SPDX-License-Identifier: Apache-2.0

package card

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// sharedMunicipality is made once, because making keys takes time.
var sharedMunicipality = sync.OnceValues(makeMunicipality)

func makeMunicipality() (*Municipality, error) {
	p, err := NewPKI("9000033")
	if err != nil {
		return nil, err
	}
	return p.NewMunicipality("90000")
}

func newMunicipality(t testing.TB) *Municipality {
	t.Helper()
	m, err := sharedMunicipality()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func holder() Holder {
	return Holder{MyNumber: "537686677188", Name: "黒桐　幹也", Address: "東京都清瀬市観布子南１２－７－２０２", BirthDate: "19800217",
		Sex: "1", PIN: "1234", ExpiryYear: "2035", SecurityCode: "2285"}
}

func issue(t testing.TB, m *Municipality, h Holder) *Card {
	t.Helper()
	c, err := m.Issue(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPublishedDigests: the files that are made from a published test card's
// contents have that card's digests.
func TestPublishedDigests(t *testing.T) {
	ef0001 := EncodeEF0001("537686677188")
	if got := hex.EncodeToString(sum256(ef0001)); got != "6d5a4c1ef9ab15bf506862d7e66b9c0f179ca065bc936c8e634e9e57449ca9cd" {
		t.Errorf("EF0001: %s", got)
	}
	h := holder()
	file := EncodeEF0002(h)
	if got := hex.EncodeToString(sum256(attrSigned(file))); got != "b9e0d09427b23b1d4beda2848512b4103752dc2667e51f9712872d65f472cb3b" {
		t.Errorf("EF0002: %s", got)
	}
	if want := "ff2065df2108000e002000590064df220f"; hex.EncodeToString(file[:17]) != want || len(file) != 104 {
		t.Errorf("EF0002 is % X", file)
	}
	h.NonMinimal = true // other headers are other bytes: another digest
	if bytes.Equal(sum256(attrSigned(EncodeEF0002(h))), sum256(attrSigned(file))) {
		t.Error("lengths are not hashed")
	}
}

func TestFileSizes(t *testing.T) {
	m := newMunicipality(t)
	for _, nonMinimal := range []bool{false, true} {
		h := holder()
		h.NonMinimal = nonMinimal
		files, err := issue(t, m, h).Reader().ReadAll("1234")
		if err != nil {
			t.Fatal(err)
		}
		for name, sizes := range map[string][2]int{
			"EF0001": {len(files.EF0001), 17}, "EF0003": {len(files.EF0003), 336},
			"EF0004": {len(files.EF0004), 568}, "EF0007": {len(files.EF0007), 536},
		} {
			if sizes[0] != sizes[1] {
				t.Errorf("%s has %d bytes, want %d", name, sizes[0], sizes[1])
			}
		}
		if long := bytes.HasPrefix(files.EF0002, []byte{0xFF, 0x20, 0x82, 0x00}); long != nonMinimal {
			t.Errorf("EF0002 begins % X", files.EF0002[:5])
		}
	}
}

// send transmits hexadecimal and returns data and status word in hexadecimal.
func send(c *Card, apdu string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(apdu, " ", ""))
	if err != nil {
		return err.Error()
	}
	return strings.ToUpper(hex.EncodeToString(c.Transmit(b)))
}

const selectApp = "00A4040C0A D3921000310001010408"

func TestAPDUs(t *testing.T) {
	m := newMunicipality(t)
	pin := "00A4020C020011,002000800431323334"
	tests := []struct {
		name, sequence, want string // the last answer
	}{
		{"select", selectApp, "9000"},
		{"select with FCI asked", "00A404000A D3921000310001010408 00", "9000"},
		{"another application", "00A4040C0A D3921000310001010100", "6A82"},
		{"file before application", "00A4020C020001", "6A82"},
		{"unknown file", selectApp + ",00A4020C020009", "6A82"},
		{"select by path", selectApp + ",00A4080C020001", "6A86"},
		{"file id of one byte", selectApp + ",00A4020C0101", "6700"},
		{"number before PIN", selectApp + ",00A4020C020001,00B0000011", "6982"},
		{"attributes before PIN", selectApp + ",00A4020C020002,00B0000000", "6982"},
		{"digests before PIN", selectApp + ",00A4020C020003,00B0000000", "6982"},
		{"card key before PIN", selectApp + ",00A4020C020007,00B0000000", "6982"},
		{"municipality key is free", selectApp + ",00A4020C020004,00B0000005", "7F218202339000"},
		{"short file identifier", selectApp + ",00B0840003", "7F21829000"},
		{"short file identifier of nothing", selectApp + ",00B0890003", "6986"},
		{"file of FF is free", selectApp + ",00A4020C020008,00B0000000", strings.Repeat("FF", 16) + "9000"},
		{"number after PIN", selectApp + "," + pin + ",00A4020C020001,00B0000000", "FF100C353337363836363737313838FFFF9000"},
		{"offset", selectApp + "," + pin + ",00A4020C020001,00B0000F00", "FFFF9000"},
		{"last byte", selectApp + "," + pin + ",00A4020C020001,00B0001001", "FF9000"},
		{"at the end", selectApp + "," + pin + ",00A4020C020001,00B0001100", "6B00"},
		{"far past the end", selectApp + "," + pin + ",00A4020C020001,00B07FFF00", "6B00"},
		{"extended length", selectApp + "," + pin + ",00A4020C020001,00B00000000011", "FF100C353337363836363737313838FFFF9000"},
		{"read without Le", selectApp + "," + pin + ",00A4020C020001,00B00000", "6700"},
		{"read without file", selectApp + ",00B0000000", "6986"},
		{"read a PIN", selectApp + ",00A4020C020011,00B0000000", "6981"},
		{"PIN by short identifier", selectApp + ",002000910431323334", "9000"},
		{"PIN in extended form", selectApp + ",00A4020C020011,0020008000000431323334", "9000"},
		{"selecting again forgets the PIN", selectApp + "," + pin + "," + selectApp + ",00A4020C020001,00B0000000", "6982"},
		{"tries at first", selectApp + ",00A4020C020011,00200080", "63C3"},
		{"wrong once", selectApp + ",00A4020C020011,002000800430303030", "63C2"},
		{"tries after one", selectApp + ",00A4020C020011,002000800430303030,00200080", "63C2"},
		{"wrong three times", selectApp + ",00A4020C020011,002000800430303030,002000800430303030,002000800430303030", "63C0"},
		{"blocked", selectApp + ",00A4020C020011,002000800430303030,002000800430303030,002000800430303030,002000800431323334", "6984"},
		{"blocked, asked", selectApp + ",00A4020C020011,002000800430303030,002000800430303030,002000800430303030,00200080", "6984"},
		{"right again gives the tries back", selectApp + ",00A4020C020011,002000800430303030,002000800431323334,00200080", "63C3"},
		{"wrong after right closes", selectApp + "," + pin + ",002000800430303030,00A4020C020001,00B0000000", "6982"},
		{"0012 is blocked on every card", selectApp + ",00A4020C020012,00200080", "6984"},
		{"PIN to a file", selectApp + ",00A4020C020001,002000800431323334", "6981"},
		{"PIN without file", selectApp + ",002000800431323334", "6986"},
		{"VERIFY with other P1", selectApp + ",002001800431323334", "6A86"},
		{"number A opens 0001", selectApp + ",00A4020C020014,002000800C353337363836363737313838,00A4020C020001,00B0000002", "FF109000"},
		{"number A does not open 0002", selectApp + ",00A4020C020014,002000800C353337363836363737313838,00A4020C020002,00B0000002", "6982"},
		{"number B opens 0002", selectApp + ",00A4020C020015,002000800E3535303231373230333532323835,00A4020C020002,00B0000002", "FF209000"},
		{"number B does not open 0001", selectApp + ",00A4020C020015,002000800E3535303231373230333532323835,00A4020C020001,00B0000002", "6982"},
		{"internal authenticate", selectApp + ",00880000080102030405060708 00", "6985"},
		{"get challenge", selectApp + ",0084000008", "6D00"},
		{"unknown instruction", selectApp + ",00CA000000", "6D00"},
		{"unknown proprietary instruction", selectApp + ",80CA000000", "6D00"},
		{"unknown class", selectApp + ",90B0000000", "6E00"},
		{"too short", "00A4", "6700"},
		{"length that lies", "00A4040C0AD392", "6700"},
		{"extended Le without file", selectApp + ",00B00000000000", "6986"},
		{"sign without application", "802A00000101 00", "6985"},
		{"sign nothing", selectApp + ",802A000000", "6A80"},
		{"sign with hashing", selectApp + ",802A0300010100", "6A86"},
		{"sign without Le", selectApp + ",802A00000101", "6700"},
		{"sign with short Le", selectApp + ",802A0000010110", "6C00"},
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

// TestComputeSignaturePadsVerbatim: 1 to 245 bytes are padded and signed as
// they are, short and extended.
func TestComputeSignaturePadsVerbatim(t *testing.T) {
	c := issue(t, newMunicipality(t), holder())
	if err := c.Reader().Select(); err != nil {
		t.Fatal(err)
	}
	key := c.text.key.Public().(*rsa.PublicKey)
	for _, n := range []int{1, 51, 245} {
		data := bytes.Repeat([]byte{0xA5}, n)
		short := append(append([]byte{0x80, 0x2A, 0x00, 0x00, byte(n)}, data...), 0x00)
		long := append(append([]byte{0x80, 0x2A, 0x00, 0x00, 0x00, 0x00, byte(n)}, data...), 0x01, 0x00)
		for _, apdu := range [][]byte{short, long} {
			answer := c.Transmit(apdu)
			if len(answer) != 258 || rsa.VerifyPKCS1v15(key, crypto.Hash(0), data, answer[:256]) != nil {
				t.Errorf("%d bytes: not signed as they are", n)
			}
		}
	}
	if got := send(c, "802A0000F6"+strings.Repeat("00", 246)+"00"); got != "6A80" {
		t.Errorf("246 bytes: %s", got)
	}
	sig, err := c.Reader().Sign([]byte("message"))
	if sum := sha256.Sum256([]byte("message")); err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) != nil {
		t.Errorf("reader's signature is none over SHA-256: %v", err)
	}
}

func TestReader(t *testing.T) {
	m := newMunicipality(t)
	for _, nonMinimal := range []bool{false, true} {
		for _, extended := range []bool{false, true} {
			t.Run(fmt.Sprintf("nonMinimal=%t,extended=%t", nonMinimal, extended), func(t *testing.T) {
				h := holder()
				h.NonMinimal, h.Address = nonMinimal, strings.Repeat("長い住所", 60)
				c := issue(t, m, h)
				r := c.Reader()
				r.Extended = extended
				files, err := r.ReadAll("1234")
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(files.EF0002, c.text.files[0x0002]) || !bytes.Equal(files.EF0004, c.text.files[0x0004]) {
					t.Error("read otherwise than stored")
				}
			})
		}
	}
}

func TestReaderTellsWhatIsWrong(t *testing.T) {
	c := issue(t, newMunicipality(t), holder())
	r := c.Reader()
	for _, left := range []int{2, 1, 0} {
		_, err := r.ReadAll("9999")
		if e, ok := errors.AsType[PINError](err); !ok || e.TriesLeft != left || errors.Is(err, ErrPINBlocked) != (left == 0) {
			t.Errorf("%d tries left: %v", left, err)
		}
		if n, err := r.TriesLeft(); n != left || err != nil {
			t.Errorf("asked for tries left: %d, %v", n, err)
		}
	}
	if _, err := r.ReadAll("1234"); !errors.Is(err, ErrPINBlocked) {
		t.Errorf("right PIN on a blocked card: %v", err)
	}
	if _, err := r.Sign([]byte("x")); err != nil {
		t.Errorf("signing needs no PIN: %v", err)
	}
	c.Unblock()
	if _, err := r.ReadAll("1234"); err != nil {
		t.Errorf("after unblocking: %v", err)
	}
	transitCard := Reader{Transmit: func([]byte) []byte { return []byte{0x6A, 0x82} }}
	if _, err := transitCard.ReadAll("1234"); !errors.Is(err, ErrNotMyNumberCard) {
		t.Errorf("another card: %v", err)
	}
	gone := Reader{Transmit: func([]byte) []byte { return nil }}
	if _, err := gone.ReadAll("1234"); err == nil {
		t.Error("a card that was taken away is read")
	}
}

func TestMatchingNumberB(t *testing.T) {
	for birth, want := range map[string]string{
		"19800217": "55021720352285", "20190430": "31043020352285", "20190501": "01050120352285",
		"19890107": "64010720352285", "19261225": "01122520352285", "19120729": "45072920352285", "18000101": "",
	} {
		h := holder()
		h.BirthDate = birth
		if got := MatchingNumberB(h); got != want {
			t.Errorf("%s: got %s, want %s", birth, got, want)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	m := newMunicipality(t)
	for name, change := range map[string]func(*Holder){
		"check digit": func(h *Holder) { h.MyNumber = "537686677189" },
		"name":        func(h *Holder) { h.Name = "" },
		"birth date":  func(h *Holder) { h.BirthDate = "1980217" },
		"sex":         func(h *Holder) { h.Sex = "" },
		"PIN":         func(h *Holder) { h.PIN = "12345" },
	} {
		h := holder()
		change(&h)
		if _, err := m.Issue(h); !errors.Is(err, ErrHolder) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestHundredCardsAreQuick: card keys are shared, so a whole demonstration's
// cards cost a handful of keys.
func TestHundredCardsAreQuick(t *testing.T) {
	start := time.Now()
	m, err := makeMunicipality()
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]bool)
	for range 100 {
		keys[string(m.pki.alg.field(issue(t, m, holder()).text.key.Public()))] = true
	}
	if len(keys) != poolSize {
		t.Errorf("%d keys, want %d", len(keys), poolSize)
	}
	t.Logf("authority, municipality and 100 cards in %v", time.Since(start))
	own := holder()
	own.UniqueKey = true
	if keys[string(m.pki.alg.field(issue(t, m, own).text.key.Public()))] {
		t.Error("a unique key is shared")
	}
}

// TestTapIsExclusive: readers take turns, and none sees what another opened.
func TestTapIsExclusive(t *testing.T) {
	c := issue(t, newMunicipality(t), holder())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := c.Tap(func(r Reader) error {
				if got := send(c, "00B0000000"); got != "6986" {
					return fmt.Errorf("something is selected: %s", got)
				}
				_, err := r.ReadAll("1234")
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// FuzzTransmit: the card answers whatever comes with a status word.
func FuzzTransmit(f *testing.F) {
	m := newMunicipality(f)
	for _, seed := range []string{"00A4020C020011", "002000800431323334", "00B0000000", "802A00000101", "00B00000000000", "0088", ""} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	c := issue(f, m, holder())
	f.Fuzz(func(t *testing.T, apdu []byte) {
		if err := c.Reader().Select(); err != nil {
			t.Fatal(err)
		}
		if answer := c.Transmit(apdu); len(answer) < 2 {
			t.Fatalf("no status word for % X", apdu)
		}
	})
}
