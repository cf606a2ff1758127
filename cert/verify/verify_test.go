// SPDX-License-Identifier: Apache-2.0

package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
	"kofu/cert/verify"
)

const issuer = "https://kofu.example/issuer"

var issuedAt = time.Date(2023, 2, 7, 10, 0, 0, 0, cert.JST())

// office is an issuer with its keys and all that is to be known of it.
type office struct {
	shc    shc.Key
	bsc    vdsnc.Key
	bundle verify.TrustBundle
}

func newOffice(t *testing.T) office {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	profile := vdsnc.Profile{Country: "JP", CommonName: "Test", NotBefore: issuedAt.AddDate(-1, 0, 0), NotAfter: issuedAt.AddDate(1, 0, 0)}
	csca := vdsnc.Key{Signer: key()}
	var err error
	if csca.Certificate, err = vdsnc.NewCSCA(profile, csca.Signer); err != nil {
		t.Fatal(err)
	}
	card, doc := key(), key()
	o := office{shc: shc.Key{ID: keys.Thumbprint(&card.PublicKey), Signer: card}, bsc: vdsnc.Key{Signer: doc}}
	if o.bsc.Certificate, err = vdsnc.NewBarcodeSigner(profile, csca, &doc.PublicKey); err != nil {
		t.Fatal(err)
	}
	ring, err := keys.New(cert.Test, []keys.Signer{
		{Format: keys.SHC, Channel: cert.App, Key: card, Environment: cert.Test},
		{Format: keys.VDSNC, Channel: cert.App, Key: doc, Environment: cert.Test, Chain: chain(o.bsc, csca)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.bundle = verify.NewTrustBundle(ring, issuer)
	return o
}

func (o office) trust(t *testing.T, change func(*verify.TrustBundle)) verify.Trust {
	t.Helper()
	b := o.bundle
	if change != nil {
		change(&b)
	}
	file, err := b.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var out verify.Trust
	if err := out.AddBundle(file); err != nil {
		t.Fatal(err)
	}
	return out
}

func certificate() *cert.Certificate {
	birth := cert.Date{Year: 1980, Month: 4, Day: 1}
	return &cert.Certificate{
		ID: "JPN13101620230207000001", Kind: cert.Overseas, Channel: cert.App, IssuedAt: issuedAt,
		Holder:   cert.Holder{Name: "髙橋　太郎", BirthDate: birth},
		Passport: &cert.Passport{Number: "TK0000000", Primary: "TAKAHASHI", Secondary: "TARO", Nationality: "JPN", Issuer: "JPN", BirthDate: birth, Sex: 'M', Expiry: cert.Date{Year: 2030, Month: 1, Day: 1}},
		Doses: []cert.CertifiedDose{{
			Dose:    cert.Dose{Number: 1, Administered: true, Date: cert.Date{Year: 2021, Month: 6, Day: 1}, Lot: "EY0001", Country: cert.Country},
			Vaccine: cert.Vaccine{CVX: "208", ICD11: "XM0GQ8", Brand: "COMIRNATY"},
		}},
		UVCI: "6U5RSWMBASG2", RID: "MKyCxh7p6uQ",
	}
}

// issue returns c as the text of a card's symbol and as a VDS-NC.
func (o office) issue(t *testing.T, c *cert.Certificate) (card, doc string) {
	t.Helper()
	jws, err := shc.Encode(c, issuer, o.shc)
	if err != nil {
		t.Fatal(err)
	}
	if card, err = shc.Numeric(jws); err != nil {
		t.Fatal(err)
	}
	vds, err := vdsnc.Encode(c, o.bsc)
	if err != nil {
		t.Fatal(err)
	}
	return card, string(vds)
}

// sheet is a picture with a symbol for each text.
func sheet(t *testing.T, texts ...string) image.Image {
	t.Helper()
	out := image.NewGray(image.Rect(0, 0, 700*len(texts)+40, 740))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	for i, text := range texts {
		m, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		img := m.Image(4)
		draw.Draw(out, img.Bounds().Add(image.Pt(20+700*i, 20)), img, image.Point{}, draw.Src)
	}
	return out
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func judgeOne(t *testing.T, trust verify.Trust, data ...[]byte) verify.Verdict {
	t.Helper()
	var files []verify.File
	for i, d := range data {
		files = append(files, verify.File{Name: fmt.Sprint("file", i), Data: d})
	}
	j := verify.Judge{Trust: trust, Now: func() time.Time { return issuedAt.AddDate(10, 0, 0) }}
	out := j.Files(files...)
	if len(out) != 1 {
		t.Fatalf("%d verdicts", len(out))
	}
	return out[0]
}

func TestPictureWithBothSymbols(t *testing.T) {
	o := newOffice(t)
	card, doc := o.issue(t, certificate())
	trust := o.trust(t, nil)
	v := judgeOne(t, trust, pngOf(t, sheet(t, card, doc)))
	if v.Outcome() != verify.Authentic || len(v.Certificates) != 2 || v.Source != verify.SourcePicture {
		t.Fatalf("%v, %d certificates: %s", v.Outcome(), len(v.Certificates), v.Reason())
	}
	report, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(report, &r); err != nil || bytes.Contains(report, []byte("\n")) {
		t.Fatal("not one line of JSON")
	}
	if r["format"] != "shc+vdsnc" || r["authentic"] != true || r["signature"] != "valid" || r["chain"] != "trusted" || len(r["certificates"].([]any)) != 2 {
		t.Error("report")
	}
	if !bytes.Contains(report, []byte("TAKAHASHI TARO")) {
		t.Error("the report does not tell what the certificate says")
	}
	for _, printed := range []string{fmt.Sprint(v), fmt.Sprintf("%+v", v.Certificates), fmt.Sprintf("%#v", v.Certificates[0].Content)} {
		if strings.Contains(printed, "TAKAHASHI") {
			t.Error("a verdict prints what the certificate says")
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, sheet(t, card, doc), nil); err != nil {
		t.Fatal(err)
	}
	if v := judgeOne(t, trust, b.Bytes()); v.Outcome() != verify.Authentic {
		t.Error("JPEG:", v.Reason())
	}
}

func TestBothSymbolsMustBeGoodAndAgree(t *testing.T) {
	o, forger := newOffice(t), newOffice(t)
	card, doc := o.issue(t, certificate())
	other := certificate()
	other.Doses[0].Lot = "EY0002"
	otherCard, _ := o.issue(t, other)
	born := certificate()
	born.Holder.BirthDate.Day, born.Passport.BirthDate.Day = 2, 2
	_, bornDoc := o.issue(t, born)
	twin := certificate()
	twin.Holder.Name, twin.Passport.Secondary = "髙橋　次郎", "JIRO"
	twinCard, twinDoc := o.issue(t, twin)
	renewed := certificate()
	renewed.IssuedAt, renewed.RID = renewed.IssuedAt.Add(time.Hour), "MKyCxh7p6uR"
	renewedCard, _ := o.issue(t, renewed)
	long := certificate()
	long.Passport.Primary, long.Passport.Secondary = "TAKAHASHI VAN DER BERG SCHULZE", "MAXIMILIAN TARO"
	longCard, longDoc := o.issue(t, long)
	home := certificate()
	home.Kind, home.Passport = cert.Domestic, nil
	homeJWS, err := shc.Encode(home, issuer, o.shc)
	if err != nil {
		t.Fatal(err)
	}
	homeCard, err := shc.Numeric(homeJWS)
	if err != nil {
		t.Fatal(err)
	}
	forgedCard, forgedDoc := forger.issue(t, certificate())
	for name, tt := range map[string]struct {
		texts  []string
		want   verify.Outcome
		reason string
	}{
		"both good":            {[]string{card, doc}, verify.Authentic, ""},
		"card alone":           {[]string{card}, verify.Authentic, ""},
		"document alone":       {[]string{doc}, verify.Authentic, ""},
		"and a web address":    {[]string{card, "https://kofu.example/"}, verify.Authentic, ""},
		"forged card":          {[]string{forgedCard, doc}, verify.NotAuthentic, verify.ReasonUnknownKey},
		"forged document":      {[]string{card, forgedDoc}, verify.NotAuthentic, vdsnc.ReasonUnknown},
		"card of other doses":  {[]string{otherCard, doc}, verify.NotAuthentic, verify.ReasonDisagree},
		"another's document":   {[]string{card, bornDoc}, verify.NotAuthentic, verify.ReasonDisagree},
		"twin's document":      {[]string{card, twinDoc}, verify.NotAuthentic, verify.ReasonDisagree},
		"twin's card":          {[]string{twinCard, doc}, verify.NotAuthentic, verify.ReasonDisagree},
		"document first":       {[]string{doc, twinCard}, verify.NotAuthentic, verify.ReasonDisagree},
		"two strangers' cards": {[]string{card, twinCard}, verify.NotAuthentic, verify.ReasonPersons},
		"two documents":        {[]string{doc, twinDoc}, verify.NotAuthentic, verify.ReasonPersons},
		"renewed card":         {[]string{card, renewedCard}, verify.Authentic, ""},
		"the same card twice":  {[]string{card, card, doc}, verify.Authentic, ""},
		"long name":            {[]string{longCard, longDoc}, verify.Authentic, ""},
		"kanji card":           {[]string{homeCard, doc}, verify.Authentic, ""},
		"malformed document":   {[]string{card, doc[:len(doc)-1]}, verify.Unusable, "malformed vdsnc: not JSON, or with a name twice"},
		"web address alone":    {[]string{"https://kofu.example/"}, verify.Unusable, "no symbol is a certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			v := judgeOne(t, o.trust(t, nil), pngOf(t, sheet(t, tt.texts...)))
			if name == "the same card twice" && len(v.Certificates) != 2 {
				t.Errorf("told %d times", len(v.Certificates))
			}
			if v.Outcome() != tt.want || v.Reason() != tt.reason {
				t.Errorf("%v %q, want %v %q", v.Outcome(), v.Reason(), tt.want, tt.reason)
			}
		})
	}
	if v := judgeOne(t, o.trust(t, nil), pngOf(t, image.NewGray(image.Rect(0, 0, 100, 100)))); v.Outcome() != verify.Unusable || v.Reason() != "no symbol could be read" {
		t.Error("empty picture:", v.Reason())
	}
}

func TestRevocation(t *testing.T) {
	o := newOffice(t)
	card, doc := o.issue(t, certificate())
	crl := func(rid string) []byte {
		return []byte(fmt.Sprintf(`{"kid":%q,"method":"rid","ctr":1,"rids":[%q]}`, o.shc.ID, rid))
	}
	own := func(uvci string) []byte {
		return []byte(fmt.Sprintf(`{"format":"vdsnc","uvci_sha256":[%q]}`, verify.HashUVCI(uvci)))
	}
	for name, tt := range map[string]struct {
		text, list string
		revoked    bool
	}{
		"card":              {card, string(crl("MKyCxh7p6uQ")), true},
		"another card":      {card, string(crl("YjKhdFoxL_g")), false},
		"document":          {doc, string(own("6U5RSWMBASG2")), true},
		"another document":  {doc, string(own("6U5RSWMBASG3")), false},
		"card, other list":  {card, string(own("MKyCxh7p6uQ")), false},
		"other kind's list": {doc, string(crl("6U5RSWMBASG2")), false},
	} {
		for form, trust := range map[string]verify.Trust{
			"file": func() verify.Trust {
				trust := o.trust(t, nil)
				if err := trust.AddRevocations([]byte(tt.list)); err != nil {
					t.Fatal(err)
				}
				return trust
			}(),
			"bundle": o.trust(t, func(b *verify.TrustBundle) { b.CRLs = append(b.CRLs, []byte(tt.list)) }),
		} {
			v := judgeOne(t, trust, []byte(tt.text))
			if v.Certificates[0].Revoked != tt.revoked || (v.Outcome() == verify.Authentic) == tt.revoked {
				t.Errorf("%s by %s: %s", name, form, v.Reason())
			}
		}
	}
	trust := o.trust(t, func(b *verify.TrustBundle) { b.RevokedUVCI = []string{verify.HashUVCI("6U5RSWMBASG2")} })
	if v := judgeOne(t, trust, []byte(doc)); v.Reason() != verify.ReasonRevoked {
		t.Error("bundle's own list:", v.Reason())
	}
}

// A card that is not on an old list may be on the new one.
func TestRevocationListOlderThanItsKey(t *testing.T) {
	o := newOffice(t)
	card, doc := o.issue(t, certificate())
	list := func(kid string, ctr int, rid string) []byte {
		return []byte(fmt.Sprintf(`{"kid":%q,"method":"rid","ctr":%d,"rids":[%q]}`, kid, ctr, rid))
	}
	stranger := strings.Repeat("x", 43)
	for name, tt := range map[string]struct {
		text    string
		version string
		lists   [][]byte
		reason  string
	}{
		"no list":              {card, `,"crlVersion":3`, nil, ""},
		"no version":           {card, ``, [][]byte{list(o.shc.ID, 1, "a")}, ""},
		"current":              {card, `,"crlVersion":3`, [][]byte{list(o.shc.ID, 3, "a")}, ""},
		"newer than the key's": {card, `,"crlVersion":3`, [][]byte{list(o.shc.ID, 4, "a")}, ""},
		"older":                {card, `,"crlVersion":3`, [][]byte{list(o.shc.ID, 2, "a")}, verify.ReasonStale},
		"older, of another":    {card, `,"crlVersion":3`, [][]byte{list(stranger, 2, "a")}, ""},
		"older and current":    {card, `,"crlVersion":3`, [][]byte{list(o.shc.ID, 2, "a"), list(o.shc.ID, 3, "b")}, ""},
		"older, revoked":       {card, `,"crlVersion":3`, [][]byte{list(o.shc.ID, 2, "MKyCxh7p6uQ")}, verify.ReasonStale + "; " + verify.ReasonRevoked},
		"VDS-NC":               {doc, `,"crlVersion":3`, [][]byte{list(o.shc.ID, 2, "a")}, ""},
	} {
		v := judgeOne(t, o.trust(t, func(b *verify.TrustBundle) {
			b.JWKS = bytes.Replace(b.JWKS, []byte(`"use":"sig"`), []byte(`"use":"sig"`+tt.version), 1)
			for _, l := range tt.lists {
				b.CRLs = append(b.CRLs, l)
			}
		}), []byte(tt.text))
		if v.Reason() != tt.reason || (v.Outcome() == verify.Authentic) != (tt.reason == "") {
			t.Errorf("%s: %v %q", name, v.Outcome(), v.Reason())
		}
	}
}

func TestBundleSpeaksForItsIssuerOnly(t *testing.T) {
	o := newOffice(t)
	card, _ := o.issue(t, certificate())
	trust := o.trust(t, func(b *verify.TrustBundle) { b.Issuer = "https://another.example" })
	v := judgeOne(t, trust, []byte(card))
	if c := v.Certificates[0]; c.Signature != verify.Valid || c.Chain != vdsnc.ChainUntrusted || v.Reason() != verify.ReasonIssuer {
		t.Errorf("%s %s %q", c.Signature, c.Chain, v.Reason())
	}
}

func TestTrustFilesAreStrict(t *testing.T) {
	var trust verify.Trust
	for name, err := range map[string]error{
		"bundle with a stranger":   trust.AddBundle([]byte(`{"keys":[]}`)),
		"bundle with a name twice": trust.AddBundle([]byte(`{"csca":[],"csca":[]}`)),
		"bundle, then more":        trust.AddBundle([]byte(`{} {}`)),
		"bundle, bad key set":      trust.AddBundle([]byte(`{"jwks":{}}`)),
		"bundle, bad authority":    trust.AddBundle([]byte(`{"csca":["x"]}`)),
		"bundle, bad signer":       trust.AddBundle([]byte(`{"signers":["x"]}`)),
		"bundle, bad list":         trust.AddBundle([]byte(`{"crls":[{}]}`)),
		"bundle, bad hash":         trust.AddBundle([]byte(`{"revoked_uvci":["6U5RSWMBASG2"]}`)),
		"list of unknown format":   trust.AddRevocations([]byte(`{"format":"paper","uvci_sha256":[]}`)),
		"list without hashes":      trust.AddRevocations([]byte(`{"format":"vdsnc"}`)),
		"list with a stranger":     trust.AddRevocations([]byte(`{"format":"vdsnc","uvci_sha256":[],"rids":[]}`)),
		"keys":                     trust.AddKeys([]byte(`x`), ""),
	} {
		if !errors.Is(err, verify.ErrTrust) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := trust.AddBundle([]byte(`{}`)); err != nil {
		t.Error("empty bundle:", err)
	}
}

func TestArrayOfDocuments(t *testing.T) {
	o, forger := newOffice(t), newOffice(t)
	_, doc := o.issue(t, certificate())
	_, forged := forger.issue(t, certificate())
	j := verify.Judge{Trust: o.trust(t, nil)}
	twice := strings.Replace(doc, `"n":`, `"n":"X","n":`, 1)
	for name, tt := range map[string]struct{ array, want string }{
		"three":      {"[" + doc + ",\n" + forged + ", " + doc + "]", "1 0|2 1|3 0"},
		"one":        {"[" + doc + "]", "0 0"},
		"none":       {"[]", "0 2"},
		"a bad one":  {"[" + doc + "," + twice + ",{},1,\"x\"]", "1 0|2 2|3 2|4 2|5 2"},
		"broken off": {"[" + doc + ",", "0 2"},
	} {
		var got []string
		for _, v := range j.Files(verify.File{Name: "f", Data: []byte(tt.array)}) {
			got = append(got, fmt.Sprint(v.Element, " ", int(v.Outcome())))
			report, err := v.JSON()
			if err != nil || strings.Contains(string(report), `"element"`) != (v.Element > 0) || len(v.Files) != 1 {
				t.Errorf("%s: report %s, %v", name, report, err)
			}
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%s: got %s, want %s", name, strings.Join(got, "|"), tt.want)
		}
	}
}

// The chunks of one person's card may lie on pictures with another's document.
func TestChunksAgreeWithTheirPictures(t *testing.T) {
	o := newOffice(t)
	card, _ := o.issue(t, certificate())
	twin := certificate()
	twin.Passport.Secondary = "JIRO"
	_, twinDoc := o.issue(t, twin)
	digits := strings.TrimPrefix(card, "shc:/")
	half := len(digits) / 4 * 2
	j := verify.Judge{Trust: o.trust(t, nil)}
	out := j.Files(
		verify.File{Name: "a", Data: pngOf(t, sheet(t, "shc:/1/2/"+digits[:half], twinDoc))},
		verify.File{Name: "b", Data: []byte("shc:/2/2/" + digits[half:])},
	)
	if len(out) != 2 || out[0].Reason() != verify.ReasonDisagree || out[1].Reason() != verify.ReasonDisagree {
		t.Errorf("%d verdicts: %q", len(out), out[0].Reason())
	}
}

func TestChunksOfSeveralCards(t *testing.T) {
	o := newOffice(t)
	other := certificate()
	other.Doses[0].Lot = "EY0002"
	a, _ := o.issue(t, certificate())
	b, _ := o.issue(t, other)
	split := func(card string) [][]byte {
		digits := strings.TrimPrefix(card, "shc:/")
		half := len(digits) / 4 * 2
		return [][]byte{[]byte("shc:/1/2/" + digits[:half]), []byte("shc:/2/2/" + digits[half:])}
	}
	ca, cb := split(a), split(b)
	j := verify.Judge{Trust: o.trust(t, nil)}
	file := func(name string, data []byte) verify.File { return verify.File{Name: name, Data: data} }
	out := j.Files(file("b1", cb[0]), file("card", []byte(a)), file("a1", ca[0]), file("b2", cb[1]), file("a2", ca[1]), file("b2 again", cb[1]))
	var got []string
	for _, v := range out {
		got = append(got, fmt.Sprint(v.Files, " ", v.Outcome()))
	}
	if want := "[b1 b2 b2 again] 0|[card] 0|[a1 a2] 0"; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
	if v := judgeOne(t, o.trust(t, nil), ca[0], cb[1]); v.Outcome() == verify.Authentic {
		t.Error("halves of two cards were taken for one")
	}
	if v := judgeOne(t, o.trust(t, nil), ca[0]); v.Outcome() != verify.Unusable || v.Reason() != "malformed shc: numeric: a chunk is missing" {
		t.Error("half a card:", v.Reason())
	}
}

func chain(signer, csca vdsnc.Key) []*x509.Certificate {
	return []*x509.Certificate{signer.Certificate, csca.Certificate}
}
