// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/cert/vaccine"
)

const iss = "https://localhost:8443/issuer"

// record is a certificate of n doses, with diverse dates and lots.
func record(t testing.TB, kind cert.Kind, n int) *cert.Certificate {
	t.Helper()
	c := &cert.Certificate{
		Kind: kind, Channel: cert.App, IssuedAt: time.Date(2023, time.April, 12, 9, 30, 15, 0, cert.JST()), RID: "MKyCxh7p6uQ",
		Holder: cert.Holder{Name: "接種\u3000太郎", BirthDate: cert.Date{Year: 1984, Month: 5, Day: 6}, Sex: 1},
	}
	if kind == cert.Overseas {
		c.Passport = passport()
	}
	for i := range n {
		d := cert.Dose{
			Number: i + 1, Administered: true, Date: cert.DateOf(time.Date(2021, time.June, 1+97*i, 0, 0, 0, 0, cert.JST())),
			Municipality: "472051", Manufacturer: "ファイザー", Product: []string{"コミナティ", "コミナティ(BA.4-5)"}[i%2],
			Lot: fmt.Sprintf("F%c%04d", 'A'+i, (7919*(i+1))%10000), Country: cert.Country,
		}
		v, err := vaccine.Resolve(d, cert.DateOf(c.IssuedAt))
		if err != nil {
			t.Fatal(err)
		}
		c.Doses = append(c.Doses, cert.CertifiedDose{Dose: d, Vaccine: v})
	}
	return c
}

func passport() *cert.Passport {
	return &cert.Passport{
		Number: "TK7654321", Primary: "SESSHU", Secondary: "TARO", Nationality: "JPN", Issuer: "JPN",
		BirthDate: cert.Date{Year: 1984, Month: 5, Day: 6}, Sex: 'M', Expiry: cert.Date{Year: 2030, Month: 1, Day: 2},
	}
}

func encode(t testing.TB, c *cert.Certificate) (string, *shc.Card) {
	t.Helper()
	f := newForge(t)
	jws, err := shc.Encode(c, iss, f.issuer())
	if err != nil {
		t.Fatal(err)
	}
	card := parse(t, jws)
	if err := card.Verify(f.set); err != nil {
		t.Fatal(err)
	}
	return jws, card
}

// TestPayloadIsWrittenToTheByte holds decoded content, never compressed bytes.
// Rows: E2, E6
func TestPayloadIsWrittenToTheByte(t *testing.T) {
	c := record(t, cert.Domestic, 2)
	// Dates decide the order, against the list's and the numbers'.
	c.Doses[0], c.Doses[1] = c.Doses[1], c.Doses[0]
	c.Doses[0].Number, c.Doses[1].Number = 1, 2
	jws, card := encode(t, c)
	want := `{"iss":"https://localhost:8443/issuer","nbf":1681259415,"vc":{"type":["https://smarthealth.cards#health-card","https://smarthealth.cards#immunization","https://smarthealth.cards#covid19"],"credentialSubject":{"fhirVersion":"4.0.1","fhirBundle":{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"resource:0","resource":{"resourceType":"Patient","name":[{"family":"接種","given":["太郎"]}],"birthDate":"1984-05-06"}},{"fullUrl":"resource:1","resource":{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"208"}]},"patient":{"reference":"resource:0"},"occurrenceDateTime":"2021-06-01","performer":[{"actor":{"display":"MHLW_Gov_of_JAPAN"}}],"lotNumber":"FA7919"}},{"fullUrl":"resource:2","resource":{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"http://hl7.org/fhir/sid/cvx","code":"300"}]},"patient":{"reference":"resource:0"},"occurrenceDateTime":"2021-09-06","performer":[{"actor":{"display":"MHLW_Gov_of_JAPAN"}}],"lotNumber":"FB5838"}}]}},"rid":"MKyCxh7p6uQ"}}`
	if got := string(card.PayloadJSON); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	head, err := b64.DecodeString(strings.Split(jws, ".")[0])
	if want := `{"zip":"DEF","alg":"ES256","kid":"` + card.KID + `"}`; err != nil || string(head) != want {
		t.Errorf("header %s, want %s", head, want)
	}
}

// Rows: E4
func TestDomesticCardShowsNothingOfAPassport(t *testing.T) {
	c := record(t, cert.Domestic, 3)
	want, _ := encode(t, c)
	c.Passport = passport()
	got, card := encode(t, c)
	if got != want {
		t.Error("a passport changes a domestic card")
	}
	for _, s := range []string{"SESSHU", "TARO", "TK7654321", "2030", "JPN"} {
		if bytes.Contains(card.PayloadJSON, []byte(s)) {
			t.Errorf("%s is in a domestic card", s)
		}
	}
}

func TestOverseasCardHasThePassportsName(t *testing.T) {
	c := record(t, cert.Overseas, 2)
	c.Passport.Secondary = "TARO JIRO"
	_, card := encode(t, c)
	if card.Patient.Family != "SESSHU" || card.Patient.Given != "TARO JIRO" || card.Patient.Text != "" {
		t.Error("another name")
	}
	if s := string(card.PayloadJSON); !strings.Contains(s, `"given":["TARO JIRO"]`) || strings.Contains(s, "接種") || strings.Contains(s, "TK7654321") {
		t.Error("given names split, the kanji name, or a passport number")
	}
	c.Passport.Secondary = ""
	if _, card = encode(t, c); card.Patient.Text != "SESSHU" || card.Patient.Family != "" || card.Patient.Given != "" {
		t.Error("a name without secondary identifier is not whole")
	}
	c.Passport = nil
	if _, err := shc.Encode(c, iss, newForge(t).issuer()); !errors.Is(err, shc.ErrPassport) {
		t.Errorf("without passport: %v", err)
	}
}

// Rows: R5.2
func TestNamesGoThroughAsTheyAre(t *testing.T) {
	long := strings.Repeat("ABCDEFGHI ", 6) // 60 characters
	for _, tt := range []struct{ name, in, family, given, text string }{
		{"plain", "山田\u3000花子", "山田", "花子", ""},
		{"beyond the BMP", "𠮷田\u3000太郎", "𠮷田", "太郎", ""},
		{"compatibility kanji", "髙橋\u3000﨑子", "髙橋", "﨑子", ""},
		{"variation sequence", "葛\U000e0100城\u3000邉\U000e010f子", "葛\U000e0100城", "邉\U000e010f子", ""},
		{"kana", "ヴィーナス\u3000ー", "ヴィーナス", "ー", ""},
		{"former family name", "山田［佐藤］\u3000花子", "山田［佐藤］", "花子", ""},
		{"combining mark", "が\u3000か\u3099", "が", "か\u3099", ""},
		{"foreign, long", long[:59] + "X", "", "", long[:59] + "X"},
		{"foreign, one ideographic space", "SMITH\u3000JOHN PAUL", "SMITH", "JOHN PAUL", ""},
		{"half-width space", "山田 花子", "", "", "山田 花子"},
		{"no-break space", "山田\u00a0花子", "", "", "山田\u00a0花子"},
		{"no space", "山田花子", "", "", "山田花子"},
		{"no given name", "山田\u3000", "", "", "山田\u3000"},
		{"no family name", "\u3000花子", "", "", "\u3000花子"},
		{"two ideographic spaces", "山田\u3000マリア\u3000花子", "", "", "山田\u3000マリア\u3000花子"},
		{"doubled ideographic space", "山田\u3000\u3000花子", "", "", "山田\u3000\u3000花子"},
		{"markup", "<b>&\u3000\"'\\>", "<b>&", "\"'\\>", ""},
		{"line separators", "山\u2028田\u3000花\u2029子", "山\u2028田", "花\u2029子", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := record(t, cert.Domestic, 1)
			c.Holder.Name = cert.Private(tt.in)
			_, card := encode(t, c)
			if got := [3]string{card.Patient.Family.Reveal(), card.Patient.Given.Reveal(), card.Patient.Text.Reveal()}; got != [3]string{tt.family, tt.given, tt.text} {
				t.Errorf("got %+q", got)
			}
		})
	}
	c := record(t, cert.Domestic, 1)
	c.Holder.Name = "<b>&\u3000>"
	if _, card := encode(t, c); !bytes.Contains(card.PayloadJSON, []byte(`"<b>&"`)) {
		t.Error("escaped for HTML")
	}
}

// Rows: E2
func TestEncodeRefuses(t *testing.T) {
	f := newForge(t)
	p384, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), bytes.Repeat([]byte{7}, 48))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(c *cert.Certificate, iss *string, k *shc.Key)
		want   error
	}{
		{"fraction of a second", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.IssuedAt = c.IssuedAt.Add(time.Millisecond) }, shc.ErrTime},
		{"no time", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.IssuedAt = time.Time{} }, shc.ErrTime},
		{"http issuer", func(_ *cert.Certificate, iss *string, _ *shc.Key) { *iss = "http://a.example" }, shc.ErrIssuer},
		{"issuer with slash", func(_ *cert.Certificate, iss *string, _ *shc.Key) { *iss += "/" }, shc.ErrIssuer},
		{"issuer with query", func(_ *cert.Certificate, iss *string, _ *shc.Key) { *iss += "?a=1" }, shc.ErrIssuer},
		{"issuer with fragment", func(_ *cert.Certificate, iss *string, _ *shc.Key) { *iss += "#" }, shc.ErrIssuer},
		{"issuer with password", func(_ *cert.Certificate, iss *string, _ *shc.Key) { *iss = "https://a:b@a.example" }, shc.ErrIssuer},
		{"no issuer", func(_ *cert.Certificate, iss *string, _ *shc.Key) { *iss = "" }, shc.ErrIssuer},
		{"no key", func(_ *cert.Certificate, _ *string, k *shc.Key) { k.Signer = nil }, shc.ErrKey},
		{"no key id", func(_ *cert.Certificate, _ *string, k *shc.Key) { k.ID = "" }, shc.ErrKey},
		{"key id with quotes", func(_ *cert.Certificate, _ *string, k *shc.Key) { k.ID = `","alg":"none` + k.ID[13:] }, shc.ErrKey},
		{"key that fails", func(_ *cert.Certificate, _ *string, k *shc.Key) { k.Signer = broken{err: errors.New("no token")} }, shc.ErrKey},
		{"key that gives no DER", func(_ *cert.Certificate, _ *string, k *shc.Key) { k.Signer = broken{out: make([]byte, 64)} }, shc.ErrKey},
		{"key of another curve", func(_ *cert.Certificate, _ *string, k *shc.Key) { k.Signer = p384 }, shc.ErrKey},
		{"no kind", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Kind = "" }, shc.ErrContent},
		{"no dose", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Doses = nil }, shc.ErrContent},
		{"dose not given", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Doses[1].Administered = false }, shc.ErrContent},
		{"dose without day", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Doses[0].Date.Day = 0 }, shc.ErrContent},
		{"dose without code", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Doses[0].Vaccine.CVX = "" }, shc.ErrContent},
		{"lot with control character", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Doses[0].Lot = "F\x00" }, shc.ErrContent},
		{"lot not UTF-8", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Doses[0].Lot = "\xff" }, shc.ErrContent},
		{"no birth date", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.BirthDate = cert.Date{} }, shc.ErrContent},
		{"rid too long", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.RID = strings.Repeat("a", 25) }, shc.ErrContent},
		{"rid with dot", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.RID = "a.1" }, shc.ErrContent},
		{"no name", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.Name = "" }, shc.ErrName},
		{"blank name", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.Name = "\u3000" }, shc.ErrName},
		{"name not UTF-8", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.Name = "山\xe7\u3000花" }, shc.ErrName},
		{"name with a lost character", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.Name = "山\ufffd\u3000花" }, shc.ErrName},
		{"name with line break", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.Name = "山田\n\u3000花" }, shc.ErrName},
		{"overseas without primary name", func(c *cert.Certificate, _ *string, _ *shc.Key) {
			c.Kind, c.Passport = cert.Overseas, &cert.Passport{Secondary: "TARO"}
		}, shc.ErrPassport},
		{"too long", func(c *cert.Certificate, _ *string, _ *shc.Key) { c.Holder.Name = cert.Private(noise(900)) }, shc.ErrTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, to, k := record(t, cert.Domestic, 2), iss, f.issuer()
			tt.change(c, &to, &k)
			jws, err := shc.Encode(c, to, k)
			if !errors.Is(err, tt.want) || jws != "" {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if s := err.Error(); strings.Contains(s, "接種") || strings.Contains(s, "token") || strings.Contains(s, "花") {
				t.Errorf("the error tells too much: %s", s)
			}
		})
	}
}

// TestCheckTellsWhatEncodeWould goes up to the last character that fits.
// Rows: E2, E4
func TestCheckTellsWhatEncodeWould(t *testing.T) {
	f := newForge(t)
	fits, over := 0, 0
	for n := range 80 {
		c := record(t, cert.Domestic, 2)
		c.Holder.Name = cert.Private(noise(60 + n))
		for pad := range 12 {
			c.Doses[0].Lot = "K7qZ2vX9mB4t"[:pad+1]
			jws, err := shc.Encode(c, iss, f.issuer())
			checked := shc.Check(c, iss)
			if (err == nil) != (checked == nil) || errors.Is(err, shc.ErrTooLong) != errors.Is(checked, shc.ErrTooLong) {
				t.Fatalf("encode %v, check %v", err, checked)
			}
			if err == nil {
				fits = max(fits, len(jws))
			} else {
				over++
			}
		}
	}
	if fits > shc.MaxJWS || fits < shc.MaxJWS-1 || over == 0 {
		t.Errorf("the longest that fits has %d characters; %d do not fit", fits, over)
	}
	for name, tt := range map[string]struct {
		change func(c *cert.Certificate)
		iss    string
		want   error
	}{
		"good":             {func(*cert.Certificate) {}, iss, nil},
		"issuer":           {func(*cert.Certificate) {}, iss + "/", shc.ErrIssuer},
		"name":             {func(c *cert.Certificate) { c.Holder.Name = "\u3000" }, iss, shc.ErrName},
		"passport missing": {func(c *cert.Certificate) { c.Kind = cert.Overseas }, iss, shc.ErrPassport},
		"dose not given":   {func(c *cert.Certificate) { c.Doses[1].Administered = false }, iss, shc.ErrContent},
		"time":             {func(c *cert.Certificate) { c.IssuedAt = c.IssuedAt.Add(1) }, iss, shc.ErrTime},
		"too long":         {func(c *cert.Certificate) { c.Holder.Name = cert.Private(noise(900)) }, iss, shc.ErrTooLong},
	} {
		c := record(t, cert.Domestic, 2)
		tt.change(c)
		if err := shc.Check(c, tt.iss); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

// broken is a key that does not work.
type broken struct {
	out []byte
	err error
}

func (broken) Public() crypto.PublicKey { return &rsa.PublicKey{} }

func (b broken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return b.out, b.err }

// noise is text that does not compress.
func noise(n int) string {
	var b strings.Builder
	x := uint32(1)
	for range n {
		x = x*1664525 + 1013904223
		b.WriteRune(rune(0x4e00 + x>>8%20000))
	}
	return b.String()
}

func TestUnknownPartsOfABirthDateAreLeftOut(t *testing.T) {
	for want, d := range map[string]cert.Date{"1931": {Year: 1931}, "1931-07": {Year: 1931, Month: 7}, "1931-07-08": {Year: 1931, Month: 7, Day: 8}} {
		c := record(t, cert.Domestic, 1)
		c.Holder.BirthDate = d
		if _, card := encode(t, c); card.Patient.BirthDate != want {
			t.Errorf("%+v: got %s", d, card.Patient.BirthDate)
		}
	}
}

func TestDosesOfOneDayAreOrderedByNumber(t *testing.T) {
	c := record(t, cert.Domestic, 3)
	c.Doses[0].Date, c.Doses[0].Number = c.Doses[2].Date, 12
	_, card := encode(t, c)
	if got := card.Doses[1].Lot + card.Doses[2].Lot; got != c.Doses[2].Lot+c.Doses[0].Lot {
		t.Error("the twelfth dose comes before the third")
	}
}

// Rows: R5.4
func TestTheSameCertificateIsTheSameCard(t *testing.T) {
	want, _ := encode(t, record(t, cert.Overseas, 5))
	for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
		c := record(t, cert.Overseas, 5)
		c.Channel = ch
		if got, _ := encode(t, c); got != want {
			t.Errorf("another card by %s", ch)
		}
	}
}

func TestCardsMadeAtOnceDoNotMix(t *testing.T) {
	f := newForge(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 20 {
				c := record(t, cert.Domestic, 1+(i+j)%5)
				c.Holder.Name = cert.Private(fmt.Sprintf("人%d\u3000番%d", i, j))
				jws, err := shc.Encode(c, iss, f.issuer())
				if err != nil {
					t.Error(err)
					return
				}
				card, err := shc.Parse(jws)
				if err != nil || card.Verify(f.set) != nil || card.Patient.Family.Reveal() != fmt.Sprintf("人%d", i) || card.Patient.Given.Reveal() != fmt.Sprintf("番%d", j) || len(card.Doses) != 1+(i+j)%5 {
					t.Error("another person's card")
				}
			}
		})
	}
	wg.Wait()
}

func TestOneToEightDosesFitIntoOneCode(t *testing.T) {
	for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
		last := 0
		for n := 1; n <= 8; n++ {
			c := record(t, kind, n)
			c.Holder.Name = "山田［勅使河原］\u3000バーソロミュー勘九郎"
			jws, card := encode(t, c)
			if len(jws) > shc.MaxJWS || len(jws) <= last || len(card.Doses) != n {
				t.Errorf("%s, %d doses: %d characters", kind, n, len(jws))
			}
			t.Logf("%s, %d doses: %d characters", kind, n, len(jws))
			last = len(jws)
		}
	}
}

func TestNothingBeyondTheProfileIsWritten(t *testing.T) {
	_, card := encode(t, record(t, cert.Overseas, 5))
	for _, word := range []string{"use", "gender", "identifier", "telecom", "address", "id", "meta", "text", "display\":\"C", "isSubpotent", "protocolApplied", "manufacturer", "VerifiableCredential", "@context", "exp", "timestamp"} {
		if bytes.Contains(card.PayloadJSON, []byte(`"`+word+`"`)) {
			t.Errorf("%q is written", word)
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, card.PayloadJSON); err != nil || !bytes.Equal(compact.Bytes(), card.PayloadJSON) {
		t.Error("not minified")
	}
}

// A card of MaxJWS characters fills version 22 at level L and does not leave it.
// 1195 is the framework's own figure (QR code FAQ).
func TestMaxJWSIsVersion22(t *testing.T) {
	if shc.MaxJWS != 1195 {
		t.Errorf("%d", shc.MaxJWS)
	}
	for n, want := range map[int]int{shc.MaxJWS: 22, shc.MaxJWS + 1: 23} {
		m, err := qr.Encode("shc:/"+strings.Repeat("56", n), qr.L)
		if err != nil || m.Version != want {
			t.Errorf("%d characters: version %d, %v", n, m.Version, err)
		}
	}
}
