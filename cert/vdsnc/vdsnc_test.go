// SPDX-License-Identifier: Apache-2.0

package vdsnc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/vdsnc"
)

var issuedAt = time.Date(2023, 2, 7, 10, 0, 0, 0, cert.JST())

func overseas() *cert.Certificate {
	return &cert.Certificate{
		ID: "JPN13101620230207000001", Kind: cert.Overseas, Channel: cert.App, IssuedAt: issuedAt,
		Issuer: cert.Issuer{Municipality: "131016", Ja: "千代田区長", En: "Mayor of Chiyoda City"},
		Holder: cert.Holder{Name: "髙橋　太郎", BirthDate: cert.Date{Year: 1980, Month: 4, Day: 1}},
		Passport: &cert.Passport{
			Number: "TK0000000", Primary: "TAKAHASHI", Secondary: "TARO", Nationality: "JPN", Issuer: "JPN",
			BirthDate: cert.Date{Year: 1980, Month: 4, Day: 1}, Sex: 'M', Expiry: cert.Date{Year: 2030, Month: 1, Day: 1},
		},
		Doses: []cert.CertifiedDose{dose(1, "2021-06-01", "EY0001"), dose(2, "2021-06-22", "EY<&>2")},
		UVCI:  "6U5RSWMBASG2",
	}
}

func dose(n int, on, lot string) cert.CertifiedDose {
	date, _ := cert.ParseDate(on)
	return cert.CertifiedDose{
		Dose:    cert.Dose{Number: n, Administered: true, Date: date, Lot: lot, Country: cert.Country},
		Vaccine: cert.Vaccine{ICD11: "XM0GQ8", Brand: "COMIRNATY"},
	}
}

func newKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newAuthority makes an authority and a signer under it.
func newAuthority(t *testing.T, curve elliptic.Curve) (csca, signer vdsnc.Key) {
	t.Helper()
	csca.Signer = newKey(t, curve)
	var err error
	csca.Certificate, err = vdsnc.NewCSCA(profile("Test CSCA"), csca.Signer)
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, elliptic.P256())
	signer.Signer = key
	signer.Certificate, err = vdsnc.NewBarcodeSigner(profile("VDS-NC"), csca, &key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return csca, signer
}

func profile(name string) vdsnc.Profile {
	return vdsnc.Profile{Country: "JP", CommonName: name, NotBefore: issuedAt.AddDate(-1, 0, 0), NotAfter: issuedAt.AddDate(5, 0, 0)}
}

func encode(t *testing.T, c *cert.Certificate, k vdsnc.Key) []byte {
	t.Helper()
	doc, err := vdsnc.Encode(c, k)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func parse(t *testing.T, doc []byte) *vdsnc.Document {
	t.Helper()
	d, err := vdsnc.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// lacking skips a test for want of what, or fails it where all must run.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("KOFU_REQUIRE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func openssl(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		lacking(t, "install openssl")
	}
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Rows: E4
func TestEncodeSaysWhatTheCertificateSays(t *testing.T) {
	_, key := newAuthority(t, elliptic.P256())
	doc := encode(t, overseas(), key)
	if again := encode(t, overseas(), key); string(again) != string(doc) {
		t.Error("the same certificate gave two documents")
	}
	d := parse(t, doc)
	if !d.RFC8785 {
		t.Error("the reader's canonical form is another")
	}
	if strings.Contains(string(doc), "\n") || !strings.HasPrefix(string(doc), `{"data":{"hdr":{"is":"JPN","t":"icao.vacc","v":1},"msg":{"pid":{"ai":"JPN13101620230207000001","dob":"1980-04-01","i":"TK0000000","n":"TAKAHASHI TARO"},"uvci":"6U5RSWMBASG2","ve":[{"des":"XM0GQ8","dis":"RA01.0","nam":"COMIRNATY","vd":[{"adm":"MHLW_Gov_of_JAPAN","ctr":"JPN","dvc":"2021-06-01","lot":"EY0001","seq":1}]},`) {
		t.Error("not the members and order expected")
	}
	if d.Person.Name != "TAKAHASHI TARO" || d.Person.BirthDate != "1980-04-01" || d.Person.Number != "TK0000000" ||
		d.Person.Sex != "" || d.UVCI != "6U5RSWMBASG2" || d.Issuer != "JPN" || d.IssuedOn() != (cert.Date{Year: 2023, Month: 2, Day: 7}) {
		t.Error("person, identifiers or issuer differ")
	}
	if len(d.Doses) != 2 || d.Doses[1].Lot != "EY<&>2" || d.Doses[1].Sequence != 2 || d.Doses[1].Date.String() != "2021-06-22" {
		t.Error("doses differ")
	}
	if got := fmt.Sprintf("%v %+v %#v", d, d.Person, d.Doses); strings.Contains(got, "TAKAHASHI") || strings.Contains(got, "EY") {
		t.Error("a document prints what it says")
	}
}

// Rows: E4
func TestCheckTellsWhatEncodeWould(t *testing.T) {
	_, key := newAuthority(t, elliptic.P256())
	for name, change := range map[string]func(c *cert.Certificate){
		"good":            func(*cert.Certificate) {},
		"domestic":        func(c *cert.Certificate) { c.Kind = cert.Domestic },
		"name in kanji":   func(c *cert.Certificate) { c.Passport.Primary = "髙橋" },
		"uvci of 13":      func(c *cert.Certificate) { c.UVCI += "0" },
		"lot of 20":       func(c *cert.Certificate) { c.Doses[0].Lot = strings.Repeat("A", 20) },
		"lot of 21":       func(c *cert.Certificate) { c.Doses[0].Lot = strings.Repeat("A", 21) },
		"lot not ASCII":   func(c *cert.Certificate) { c.Doses[1].Lot = "ＥＹ１" },
		"no doses":        func(c *cert.Certificate) { c.Doses = nil },
		"dose not given":  func(c *cert.Certificate) { c.Doses[1].Administered = false },
		"passport number": func(c *cert.Certificate) { c.Passport.Number = "ABCDEFGHIJKL" },
	} {
		c := overseas()
		change(c)
		_, err := vdsnc.Encode(c, key)
		checked := vdsnc.Check(c)
		if fmt.Sprint(err) != fmt.Sprint(checked) || (err == nil) != (name == "good" || name == "lot of 20") {
			t.Errorf("%s: encode %v, check %v", name, err, checked)
		}
	}
}

// talker is a token that fails with something personal in its text.
type talker struct{ crypto.Signer }

func (talker) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("cannot sign TAKAHASHI")
}

// Rows: R5.3
func TestEncodeKeepsATokensWordsToItself(t *testing.T) {
	_, key := newAuthority(t, elliptic.P256())
	key.Signer = talker{key.Signer}
	if _, err := vdsnc.Encode(overseas(), key); err == nil || strings.Contains(err.Error(), "TAKAHASHI") || !errors.Is(err, vdsnc.ErrKey) {
		t.Errorf("got %v", err)
	}
}

// Rows: E4
func TestEncodeRefuses(t *testing.T) {
	csca, key := newAuthority(t, elliptic.P256())
	_, other := newAuthority(t, elliptic.P256())
	tests := map[string]struct {
		change func(c *cert.Certificate, k *vdsnc.Key)
		want   error
	}{
		"domestic":                 {func(c *cert.Certificate, _ *vdsnc.Key) { c.Kind = cert.Domestic }, vdsnc.ErrNotOverseas},
		"no passport":              {func(c *cert.Certificate, _ *vdsnc.Key) { c.Passport = nil }, vdsnc.ErrNotOverseas},
		"no name":                  {func(c *cert.Certificate, _ *vdsnc.Key) { c.Passport.Primary = "" }, vdsnc.ErrCharacter},
		"name in kanji":            {func(c *cert.Certificate, _ *vdsnc.Key) { c.Passport.Primary = "髙橋" }, vdsnc.ErrCharacter},
		"umlaut":                   {func(c *cert.Certificate, _ *vdsnc.Key) { c.Passport.Secondary = "JÜRGEN" }, vdsnc.ErrCharacter},
		"passport number of 12":    {func(c *cert.Certificate, _ *vdsnc.Key) { c.Passport.Number = "ABCDEFGHIJKL" }, vdsnc.ErrTooLong},
		"no passport number":       {func(c *cert.Certificate, _ *vdsnc.Key) { c.Passport.Number = "" }, vdsnc.ErrCharacter},
		"identifier of 25":         {func(c *cert.Certificate, _ *vdsnc.Key) { c.ID += "00" }, vdsnc.ErrTooLong},
		"uvci of 13":               {func(c *cert.Certificate, _ *vdsnc.Key) { c.UVCI += "0" }, vdsnc.ErrTooLong},
		"no uvci":                  {func(c *cert.Certificate, _ *vdsnc.Key) { c.UVCI = "" }, vdsnc.ErrCharacter},
		"lot of 21":                {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Lot = strings.Repeat("A", 21) }, vdsnc.ErrTooLong},
		"lot in full-width":        {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Lot = "ＥＹ１" }, vdsnc.ErrCharacter},
		"dose 100":                 {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Number = 100 }, vdsnc.ErrTooLong},
		"dose 0":                   {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Number = 0 }, vdsnc.ErrCharacter},
		"dose not given":           {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Administered = false }, vdsnc.ErrCharacter},
		"dose without a day":       {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Date.Day = 0 }, vdsnc.ErrCharacter},
		"no doses":                 {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses = nil }, vdsnc.ErrCharacter},
		"code of 7":                {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Vaccine.ICD11 = "XM0GQ80" }, vdsnc.ErrTooLong},
		"no code":                  {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Vaccine.ICD11 = "" }, vdsnc.ErrCharacter},
		"brand of 41":              {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Vaccine.Brand = strings.Repeat("A", 41) }, vdsnc.ErrTooLong},
		"country of the dose":      {func(c *cert.Certificate, _ *vdsnc.Key) { c.Doses[0].Country = "日本" }, vdsnc.ErrTooLong},
		"another's certificate":    {func(_ *cert.Certificate, k *vdsnc.Key) { k.Certificate = other.Certificate }, vdsnc.ErrKey},
		"no key":                   {func(_ *cert.Certificate, k *vdsnc.Key) { *k = vdsnc.Key{} }, vdsnc.ErrKey},
		"signer not yet valid":     {func(c *cert.Certificate, _ *vdsnc.Key) { c.IssuedAt = issuedAt.AddDate(-2, 0, 0) }, vdsnc.ErrKey},
		"signer no longer valid":   {func(c *cert.Certificate, _ *vdsnc.Key) { c.IssuedAt = issuedAt.AddDate(6, 0, 0) }, vdsnc.ErrKey},
		"authority signs with 384": {func(_ *cert.Certificate, k *vdsnc.Key) { k.Signer = csca.Signer }, vdsnc.ErrKey},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, k := overseas(), key
			tt.change(c, &k)
			doc, err := vdsnc.Encode(c, k)
			if !errors.Is(err, tt.want) || doc != nil {
				t.Fatalf("Encode: %v, want %v", err, tt.want)
			}
			for _, secret := range []string{"TAKAHASHI", "髙橋", "TK0000000", "EY", "ABCDEF", "JÜRGEN"} {
				if strings.Contains(err.Error(), secret) {
					t.Error("the error quotes the certificate")
				}
			}
		})
	}
}

func TestEncodeLeavesOutAnUnknownBirthDay(t *testing.T) {
	_, key := newAuthority(t, elliptic.P256())
	c := overseas()
	c.Passport.BirthDate.Day = 0
	if doc := encode(t, c, key); strings.Contains(string(doc), "dob") {
		t.Error("dob is there")
	}
}

func TestEncodeSizes(t *testing.T) { // a symbol of version 40-L holds 2953 bytes
	csca, key := newAuthority(t, elliptic.P384())
	t.Logf("CSCA %d bytes, signer %d bytes", len(csca.Certificate.Raw), len(key.Certificate.Raw))
	if n := len(key.Certificate.Raw); n > 450 {
		t.Errorf("signer's certificate has %d bytes", n)
	}
	c := overseas()
	c.Doses = nil
	for i := range 8 {
		c.Doses = append(c.Doses, dose(i+1, "2021-06-01", strings.Repeat("A", 20)))
		if n := len(encode(t, c, key)); n > 2300 {
			t.Errorf("%d doses: %d bytes", i+1, n)
		}
	}
}

func TestName(t *testing.T) {
	const long = "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ"
	tests := []struct{ name, primary, secondary, want string }{
		{"plain", "TAKAHASHI", "TARO", "TAKAHASHI TARO"},
		{"no secondary", "SUKARNO", "", "SUKARNO"},
		{"lower case", "Smith", "Bill", "SMITH BILL"},
		{"hyphen and apostrophe", "O'CONNOR-SMITH", "ANNE-MARIE", "OCONNOR SMITH ANNE MARIE"},
		{"spaces", "  DE  LA  CRUZ ", " JUAN ", "DE LA CRUZ JUAN"},
		{"39 fits", "ABCDEFGHIJKLMNOPQRS", "ABCDEFGHIJKLMNOPQRS", "ABCDEFGHIJKLMNOPQRS ABCDEFGHIJKLMNOPQRS"},
		{"40 loses one of the secondary", "ABCDEFGHIJKLMNOPQRS", "ABCDEFGHIJKLMNOPQRST", "ABCDEFGHIJKLMNOPQRS ABCDEFGHIJKLMNOPQRS"},
		{"ICAO Nilavadhanananda", "NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", "NILAVADHANANANDA CHAYAPA DEJTHAMRONG KR"},
		{"ICAO Bennelong", "BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO", "BENNELONG WOOLOOMOOLOO WARRANDYTE W DIN"},
		{"cut does not end in a space", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", "AAAA BBBB", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG AAAA"},
		{"primary alone too long", long, "", long[:39]},
		{"one letter of the secondary stays", long, "TARO", long[:37] + " T"},
		{"initials of the primary", "ABCDEFGHIJKLMNOPQRSTUVWXYZ SECONDPART THIRD", "TARO", "ABCDEFGHIJKLMNOPQRSTUVWXYZ S T TARO"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := vdsnc.Name(cert.Private(tt.primary), cert.Private(tt.secondary))
			if err != nil || got != tt.want || len(got) > 39 {
				t.Errorf("got %q (%d), %v; want %q", got, len(got), err, tt.want)
			}
		})
	}
}

// The vectors were computed with `printf … | openssl dgst -sha256 -hmac secret
// -binary | base32` and by hand.
func TestUVCI(t *testing.T) {
	if got := vdsnc.UVCI([]byte("secret"), "JPN13101620230207000001"); got != "D75YPSR3KKB9" {
		t.Errorf("got %s", got)
	}
	if vdsnc.UVCI([]byte("another"), "JPN13101620230207000001") == vdsnc.UVCI([]byte("secret"), "JPN13101620230207000001") {
		t.Error("the secret does not count")
	}
	for text, want := range map[string]byte{ // ICAO Doc 9303-3 and 9303-4: specimen of Utopia, and Australia's specimen
		"L898902C3": '6', "740812": '2', "120415": '9', "520727": '3', "ZE184226B<<<<<": '1', "VB000999001": '2',
	} {
		if got := vdsnc.CheckDigit(text); got != want {
			t.Errorf("%s: %c, want %c", text, got, want)
		}
	}
}
