// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/test/keyring"
)

func TestNumericIsTwoDigitsACharacter(t *testing.T) {
	got, err := shc.Numeric("-.09AZ_az")
	if want := "shc:/00" + "01" + "03" + "12" + "20" + "45" + "50" + "52" + "77"; err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{"a b", "a=", "é", "a/"} {
		if _, err := shc.Numeric(bad); !errors.Is(err, shc.ErrMalformed) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestFromNumeric(t *testing.T) {
	for _, tt := range []struct {
		name  string
		texts []string
		want  string // the JWS, or what is malformed
	}{
		{"one", []string{"shc:/000177"}, "-.z"},
		{"line break behind it", []string{"shc:/000177\r\n"}, "-.z"},
		{"chunks", []string{"shc:/1/2/0001", "shc:/2/2/77"}, "-.z"},
		{"chunks out of order", []string{"shc:/2/2/77", "shc:/1/2/0001"}, "-.z"},
		{"a chunk scanned twice", []string{"shc:/2/2/77", "shc:/1/2/0001", "shc:/2/2/77"}, "-.z"},
		{"one chunk of one", []string{"shc:/1/1/000177"}, "-.z"},
		{"white space inside", []string{"shc:/00 0177"}, "not pairs of digits"},
		{"line break inside", []string{"shc:/0001\n77"}, "not pairs of digits"},
		{"ideographic space behind it", []string{"shc:/000177\u3000"}, "not pairs of digits"},
		{"nothing", nil, "no text"},
		{"empty", []string{""}, "does not begin with shc:/"},
		{"other scheme", []string{"shlink:/000177"}, "does not begin with shc:/"},
		{"no digits", []string{"shc:/"}, "not pairs of digits"},
		{"odd", []string{"shc:/0001777"}, "not pairs of digits"},
		{"letters", []string{"shc:/0001zz"}, "not pairs of digits"},
		{"full-width digits", []string{"shc:/００"}, "not pairs of digits"},
		{"pair too big", []string{"shc:/000178"}, "pair of digits outside base64url"},
		{"pair of no character", []string{"shc:/000213"}, "pair of digits outside base64url"},
		{"missing chunk", []string{"shc:/1/2/0001"}, "a chunk is missing"},
		{"chunk beyond the count", []string{"shc:/3/2/0001"}, "chunk number beyond the count"},
		{"chunk zero", []string{"shc:/0/2/0001"}, "chunk header"},
		{"negative chunk", []string{"shc:/-1/2/0001"}, "chunk header"},
		{"chunk with leading zero", []string{"shc:/01/2/0001"}, "chunk header"},
		{"a million chunks", []string{"shc:/1/1000000/0001"}, "chunk header"},
		{"two slashes", []string{"shc:/1/0001"}, "chunk header"},
		{"chunks of two cards", []string{"shc:/1/2/0001", "shc:/2/3/77"}, "chunks of different cards"},
		{"two texts for a chunk", []string{"shc:/1/2/0001", "shc:/1/2/0101", "shc:/2/2/77"}, "two different texts for one chunk"},
		{"two cards", []string{"shc:/0001", "shc:/0101"}, "two different texts for one chunk"},
		{"oversized", []string{"shc:/" + strings.Repeat("00", 300<<10)}, "too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := shc.FromNumeric(tt.texts...)
			if m, ok := errors.AsType[*shc.MalformedError](err); ok {
				got = strings.TrimPrefix(m.What, "numeric: ")
			}
			if got != tt.want || err != nil && !errors.Is(err, shc.ErrMalformed) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestNumericFormOfACardComesBack(t *testing.T) {
	jws, _ := encode(t, record(t, cert.Domestic, 5))
	text, err := shc.Numeric(jws)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := shc.FromNumeric(text); err != nil || back != jws {
		t.Errorf("another card, or %v", err)
	}
}

func TestFileAndDeepLinkHoldTheCard(t *testing.T) {
	jws, _ := encode(t, record(t, cert.Domestic, 1))
	cards, err := shc.ParseFile(shc.File(jws, "a.b.c"))
	if err != nil || len(cards) != 2 || cards[0] != jws || cards[1] != "a.b.c" {
		t.Errorf("got %v", err)
	}
	if got := string(shc.File()); got != `{"verifiableCredential":[]}` {
		t.Errorf("got %s", got)
	}
	for _, bad := range []string{"", "[]", "{}", `{"verifiableCredential":[]}`, `{"verifiableCredential":"a"}`, `{"verifiableCredential":["a"]}x`, `{"verifiableCredential":["a"],"verifiableCredential":["b"]}`} {
		if _, err := shc.ParseFile([]byte(bad)); !errors.Is(err, shc.ErrMalformed) {
			t.Errorf("%s: got %v", bad, err)
		}
	}
	for _, base := range []string{"https://wallet.example", "https://wallet.example/", "wallet.example"} {
		u, err := url.Parse(shc.DeepLink(base, jws))
		if err != nil || u.Host != "wallet.example" || u.Path != "/SMARTHealthCard/" {
			t.Errorf("%s: %v, %v", base, u, err)
			continue
		}
		if cards, err := shc.ParseFile([]byte(u.Fragment)); err != nil || cards[0] != jws {
			t.Errorf("%s: another card in the link, or %v", base, err)
		}
	}
}

func TestCardsOfTheRingVerifyWithItsPublishedKeys(t *testing.T) {
	ring, err := keyring.New(iss)
	if err != nil {
		t.Fatal(err)
	}
	set, err := shc.ParseKeySet(ring.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ring.Active(keys.SHC, cert.Kiosk)
	if err != nil {
		t.Fatal(err)
	}
	key := shc.Key{ID: signer.KID, Signer: signer.Key}
	jws, err := shc.Encode(record(t, cert.Domestic, 2), iss, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := parse(t, jws).Verify(set); err != nil {
		t.Error(err)
	}
	// The key's certificate names its issuer: a card of another is not its.
	jws, err = shc.Encode(record(t, cert.Domestic, 2), "https://other.example", key)
	if err != nil {
		t.Fatal(err)
	}
	if err := parse(t, jws).Verify(set); !errors.Is(err, shc.ErrForeignKey) {
		t.Errorf("card of another issuer: %v", err)
	}
}

func TestParseKeySet(t *testing.T) {
	good := string(vector(t, "jwks.json"))
	with := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the key set does not hold %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	first := `"x": "11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw"`
	for _, tt := range []struct {
		name, text string
		keys       int
		want       string
	}{
		{"as published", good, 2, ""},
		{"key for encryption beside it", with(`"use": "sig"`, `"use": "enc"`), 1, ""},
		{"key of another algorithm beside it", with(`"alg": "ES256"`, `"alg": "ES384"`), 1, ""},
		{"key of another type beside it", with(`"kty": "EC"`, `"kty": "RSA"`), 1, ""},
		{"key of another curve beside it", with(`"crv": "P-256"`, `"crv": "P-384"`), 1, ""},
		{"crlVersion a word", with(`"crlVersion": 1`, `"crlVersion": "one"`), 0, "crlVersion is not a whole number"},
		{"crlVersion a fraction", with(`"crlVersion": 1`, `"crlVersion": 1.5`), 0, "crlVersion is not a whole number"},
		{"nothing", "", 0, "not JSON"},
		{"no keys", `{"keys":[]}`, 0, "no ES256 key for signatures"},
		{"keys missing", `{}`, 0, "no ES256 key for signatures"},
		{"trailing data", good + "{}", 0, "not JSON"},
		{"duplicate member", with(`"kty": "EC"`, `"kty": "EC", "kty": "EC"`), 0, "a member name twice in one object"},
		{"kid of another key", with("3Kfdg", "3Kfdh"), 0, "kid is not the thumbprint of its key"},
		{"private key", with(first, first+`, "d": "AA"`), 0, "holds a private key"},
		{"short coordinate", with("11XvRWy1", ""), 0, "coordinate is not 32 bytes of base64url"},
		{"not on the curve", with("11XvRWy1", "21XvRWy1"), 0, "not a point of P-256"},
		{"x5c not base64", with(`"MIICDDCC`, `"-IICDDCC`), 0, "x5c is not base64"},
		{"x5c not a certificate", with(`"MIICDDCC`, `"AAAADDCC`), 0, "x5c is not a certificate"},
		{"x5c of another key", with(`"x5c": [`, `"x5c": [`+between(good, `"MIICBzCC`, `",`)+`",`), 0, "x5c is of another key"},
		{"x5c with a gap", with(between(good, `"MIICBzCC`, `",`)+`",`, ""), 0, "x5c is not a chain"},
		{"oversized", strings.Repeat(" ", 2<<20), 0, "too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, err := shc.ParseKeySet([]byte(tt.text))
			got := ""
			if m, ok := errors.AsType[*shc.MalformedError](err); ok {
				got = strings.TrimPrefix(m.What, "key set: ")
			}
			if got != tt.want || len(set.KIDs()) != tt.keys {
				t.Errorf("got %d keys, %v", len(set.KIDs()), err)
			}
		})
	}
}

func TestKeySetTellsItsCRLVersion(t *testing.T) {
	good := string(vector(t, "jwks.json"))
	const listed, unlisted = "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s", "EBKOr72QQDcTBUuVzAzkfBTGew0ZA16GuWty64nS-sw"
	newer := strings.Replace(good, `"crlVersion": 1`, `"crlVersion": "12"`, 1)
	for name, tt := range map[string]struct {
		docs []string
		want int64
	}{
		"as published": {[]string{good}, 1}, "as text": {[]string{newer}, 12},
		"newer first": {[]string{newer, good}, 12}, "newer last": {[]string{good, newer}, 12},
	} {
		var docs [][]byte
		for _, d := range tt.docs {
			docs = append(docs, []byte(d))
		}
		set, err := shc.ParseKeySet(docs...)
		if err != nil || set.CRLVersion(listed) != tt.want || set.CRLVersion(unlisted) != 0 || set.CRLVersion("x") != 0 {
			t.Errorf("%s: %d, %v", name, set.CRLVersion(listed), err)
		}
	}
}

// between returns the text from start up to end, exclusive.
func between(s, start, end string) string {
	_, rest, _ := strings.Cut(s, start)
	middle, _, _ := strings.Cut(rest, end)
	return start + middle
}

func TestNewKeySetLeavesOutOtherCurves(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(shc.NewKeySet(nil, &p384.PublicKey, new(ecdsa.PublicKey)).KIDs()); n != 0 {
		t.Errorf("%d keys", n)
	}
}

func TestRevocationList(t *testing.T) {
	f := newForge(t)
	c := record(t, cert.Domestic, 1)
	c.RID = "abc"
	_, card := encode(t, c)
	nbf := c.IssuedAt.Unix()
	stamp := func(seconds int64) string { return "." + strconv.FormatInt(seconds, 10) }
	for _, tt := range []struct {
		name, kid, rids string
		want            bool
	}{
		{"listed", f.kid, `"abc"`, true},
		{"not listed", f.kid, `"abd","ABC","ab"`, false},
		{"empty list", f.kid, ``, false},
		{"issued before the time stamp", f.kid, `"abc` + stamp(nbf+1) + `"`, true},
		{"issued at the time stamp", f.kid, `"abc` + stamp(nbf) + `"`, false},
		{"issued after the time stamp", f.kid, `"abc` + stamp(nbf-1) + `"`, false},
		{"list of another key", strings.Repeat("x", 43), `"abc"`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			crl, err := shc.ParseCRL([]byte(`{"kid":"` + tt.kid + `","method":"rid","ctr":7,"rids":[` + tt.rids + `]}`))
			if err != nil || crl.Counter != 7 {
				t.Fatal(err)
			}
			if crl.Revokes(card) != tt.want {
				t.Errorf("revoked: %v", !tt.want)
			}
		})
	}
	c.RID = ""
	_, without := encode(t, c)
	crl, err := shc.ParseCRL([]byte(`{"kid":"` + f.kid + `","method":"rid","ctr":"7","rids":["abc"]}`))
	if err != nil || crl.Revokes(without) || (shc.CRL{}).Revokes(card) || (shc.CRL{}).Revokes(without) {
		t.Errorf("a card without rid is revoked by rid, or the empty list revokes, or %v", err)
	}
}

func TestEncodeCRL(t *testing.T) {
	long := strings.Repeat("a", 24)
	given := []string{"c", "a", "B", "c", long}
	got, err := shc.EncodeCRL("key", 3, given)
	if want := `{"kid":"key","method":"rid","ctr":3,"rids":["B","a","` + long + `","c"]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if given[0] != "c" {
		t.Error("the caller's list was sorted")
	}
	if list, err := shc.ParseCRL(got); err != nil || list.KID != "key" || list.Counter != 3 {
		t.Error(err)
	}
	if got, err := shc.EncodeCRL("key", 1, nil); err != nil || string(got) != `{"kid":"key","method":"rid","ctr":1,"rids":[]}` {
		t.Errorf("%s, %v", got, err)
	}
	for name, tt := range map[string]struct {
		kid  string
		ctr  int64
		rid  string
		want error
	}{
		"no key":        {"", 1, "a", shc.ErrRevocationKey},
		"not counted":   {"key", 0, "a", shc.ErrRevocationKey},
		"empty":         {"key", 1, "", shc.ErrRevocationID},
		"too long":      {"key", 1, long + "a", shc.ErrRevocationID},
		"not base64url": {"key", 1, "a+b", shc.ErrRevocationID},
		"with a time":   {"key", 1, "a.1636977600", shc.ErrRevocationID},
		"line feed":     {"key", 1, "a\n", shc.ErrRevocationID},
	} {
		if _, err := shc.EncodeCRL(tt.kid, tt.ctr, []string{"b", tt.rid}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseCRLRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            ``,
		"no kid":             `{"method":"rid","ctr":1,"rids":[]}`,
		"unknown method":     `{"kid":"a","method":"foo","ctr":1,"rids":[]}`,
		"no method":          `{"kid":"a","ctr":1,"rids":[]}`,
		"no ctr":             `{"kid":"a","method":"rid","rids":[]}`,
		"fractional ctr":     `{"kid":"a","method":"rid","ctr":1.5,"rids":[]}`,
		"negative ctr":       `{"kid":"a","method":"rid","ctr":-1,"rids":[]}`,
		"no rids":            `{"kid":"a","method":"rid","ctr":1}`,
		"rids null":          `{"kid":"a","method":"rid","ctr":1,"rids":null}`,
		"rid too long":       `{"kid":"a","method":"rid","ctr":1,"rids":["aaaaaaaaaaaaaaaaaaaaaaaaa"]}`,
		"rid not base64url":  `{"kid":"a","method":"rid","ctr":1,"rids":["a+b"]}`,
		"rid empty":          `{"kid":"a","method":"rid","ctr":1,"rids":[""]}`,
		"time stamp not one": `{"kid":"a","method":"rid","ctr":1,"rids":["a.b"]}`,
		"time stamp endless": `{"kid":"a","method":"rid","ctr":1,"rids":["a.99999999999999999999"]}`,
		"id, two stamps":     `{"kid":"a","method":"rid","ctr":1,"rids":["abc.1636977600","abc.1636977601"]}`,
		"id, stamp and none": `{"kid":"a","method":"rid","ctr":1,"rids":["abc","abc.1636977600"]}`,
		"id, none and stamp": `{"kid":"a","method":"rid","ctr":1,"rids":["abc.1636977600","abc"]}`,
		"ctr half quoted":    `{"kid":"a","method":"rid","ctr":{"a":1},"rids":[]}`,
		"ctr a word":         `{"kid":"a","method":"rid","ctr":"one","rids":[]}`,
		"an entry twice":     `{"kid":"a","method":"rid","ctr":1,"rids":["abc","def","abc"]}`,
		"rids twice":         `{"kid":"a","method":"rid","ctr":1,"rids":["a"],"rids":[]}`,
		"trailing data":      `{"kid":"a","method":"rid","ctr":1,"rids":[]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := shc.ParseCRL([]byte(text)); !errors.Is(err, shc.ErrMalformed) {
				t.Errorf("got %v", err)
			}
		})
	}
}
