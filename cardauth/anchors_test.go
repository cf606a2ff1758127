// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
)

func spki(t testing.TB, key any) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(must(t)(x509.MarshalPKIXPublicKey(key)))
}

func TestParseAnchors(t *testing.T) {
	d := newDesk(t)
	data := card.AnchorsJSON(d.pki, d.strange)
	a, err := cardauth.ParseAnchors(data, cert.Test)
	if err != nil {
		t.Fatal(err)
	}
	if a.Len() != 4 || len(a.Version()) != 64 {
		t.Errorf("%d anchors, version %s", a.Len(), a.Version())
	}
	if b, err := cardauth.ParseAnchors(d.pki.AnchorsJSON(), cert.Test); err != nil || b.Version() == a.Version() {
		t.Errorf("another set has the same version: %v", err)
	}
	block, _ := pem.Decode([]byte(d.pki.PublicKeyPEM()))
	asDER := anchorFile(t, func(m map[string]any) {
		delete(m, "application")
		m["key"] = base64.StdEncoding.EncodeToString(block.Bytes)
	})
	if d.Anchors, err = cardauth.ParseAnchors(asDER, cert.Test); err != nil {
		t.Fatal(err)
	}
	if _, err := d.verify(t, d.prove(t, d.issue(t, resident()))); err != nil {
		t.Errorf("anchor as base64 DER, of no application by name: %v", err)
	}
}

// anchorFile is a good file after change.
func anchorFile(t testing.TB, change func(map[string]any)) []byte {
	t.Helper()
	var f struct {
		Anchors []map[string]any `json:"anchors"`
	}
	if err := json.Unmarshal(newDesk(t).pki.AnchorsJSON(), &f); err != nil {
		t.Fatal(err)
	}
	change(f.Anchors[0])
	return must(t)(json.Marshal(f))
}

func TestParseAnchorsRefuses(t *testing.T) {
	good := string(newDesk(t).pki.AnchorsJSON())
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(k string, v any) []byte { return anchorFile(t, func(m map[string]any) { m[k] = v }) }
	tests := []struct {
		name string
		data []byte
		env  cert.Environment
		want error
	}{
		{"nothing", nil, cert.Test, cardauth.ErrAnchors},
		{"no anchors member", []byte(`{}`), cert.Test, cardauth.ErrNoAnchors},
		{"empty list", []byte(`{"anchors":[]}`), cert.Test, cardauth.ErrNoAnchors},
		{"no environment asked for", []byte(good), "", cardauth.ErrEnvironment},
		{"unknown environment asked for", []byte(good), "staging", cardauth.ErrEnvironment},
		{"test anchors in production", []byte(good), cert.Production, cardauth.ErrEnvironment},
		{"test anchor labelled production", set("environment", "production"), cert.Production, cardauth.ErrEnvironment},
		{"anchor without label", set("environment", ""), cert.Test, cardauth.ErrEnvironment},
		{"production id labelled test", set("id", "35303030303333080530303100000000"), cert.Test, cardauth.ErrEnvironment},
		{"J-LIS test id labelled production", anchorFile(t, func(m map[string]any) {
			m["id"], m["environment"] = "36303030303333080530303100000000", "production"
		}), cert.Production, cardauth.ErrEnvironment},
		{"trailing data", []byte(good + "{}"), cert.Test, cardauth.ErrAnchors},
		{"unknown member", set("comment", "x"), cert.Test, cardauth.ErrAnchors},
		{"unknown member outside", []byte(`{"anchors":[],"version":1}`), cert.Test, cardauth.ErrAnchors},
		{"member twice", []byte(strings.Replace(good, `"suite"`, `"id": "00", "suite"`, 1)), cert.Test, cardauth.ErrAnchors},
		{"member in capitals", []byte(strings.Replace(good, `"suite"`, `"Suite"`, 1)), cert.Test, cardauth.ErrAnchors},
		{"same id twice", card.AnchorsJSON(newDesk(t).pki, newDesk(t).pki), cert.Test, cardauth.ErrAnchors},
		{"short id", set("id", "393030"), cert.Test, cardauth.ErrAnchors},
		{"long id", set("id", "3930303030333308053030310000000000"), cert.Test, cardauth.ErrAnchors},
		{"id not hexadecimal", set("id", "9000033"), cert.Test, cardauth.ErrAnchors},
		{"unknown suite", set("suite", "rsa1024-sha1"), cert.Test, cardauth.ErrAnchors},
		{"unknown application", set("application", "jpki"), cert.Test, cardauth.ErrAnchors},
		{"application in capitals", set("application", "Surface"), cert.Test, cardauth.ErrAnchors},
		{"same id for both applications", []byte(strings.Replace(good, "39303030303233", "39303030303333", 1)), cert.Test, cardauth.ErrAnchors},
		{"no suite", set("suite", ""), cert.Test, cardauth.ErrAnchors},
		{"small key", set("key", spki(t, &small.PublicKey)), cert.Test, cardauth.ErrAnchors},
		{"key of the other suite", set("key", spki(t, &p384.PublicKey)), cert.Test, cardauth.ErrAnchors},
		{"suite of the other key", set("suite", "ecdsap384-sha384"), cert.Test, cardauth.ErrAnchors},
		{"other curve", anchorFile(t, func(m map[string]any) {
			m["suite"], m["key"] = "ecdsap384-sha384", spki(t, &p256.PublicKey)
		}), cert.Test, cardauth.ErrAnchors},
		{"no key", set("key", ""), cert.Test, cardauth.ErrAnchors},
		{"key not base64", set("key", "@@"), cert.Test, cardauth.ErrAnchors},
		{"private key", set("key", string(pem.EncodeToMemory(&pem.Block{
			Type: "PRIVATE KEY", Bytes: must(t)(x509.MarshalPKCS8PrivateKey(p384))}))), cert.Test, cardauth.ErrAnchors},
		{"no first day", set("valid_from", ""), cert.Test, cardauth.ErrAnchors},
		{"day that does not exist", set("valid_until", "2035-02-30"), cert.Test, cardauth.ErrAnchors},
		{"month only", set("valid_until", "2035-02"), cert.Test, cardauth.ErrAnchors},
		{"ends before it begins", set("valid_until", "2015-09-30"), cert.Test, cardauth.ErrAnchors},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a, err := cardauth.ParseAnchors(tt.data, tt.env); a != nil || !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// TestParseAnchorsTellsAllThatIsWrong: each anchor with its place and id.
func TestParseAnchorsTellsAllThatIsWrong(t *testing.T) {
	d := newDesk(t)
	data := strings.Replace(string(card.AnchorsJSON(d.pki, d.strange, d.pki)), `"2015-10-01"`, `"yesterday"`, 1)
	data = strings.Replace(data, `39303030303334`, `36303030303334`, 1)
	_, err := cardauth.ParseAnchors([]byte(strings.Replace(data, `"rsa2048-sha256"`, `"rot13"`, 3)), cert.Test)
	if err == nil || !strings.Contains(err.Error(), "anchor 1, id \"3930303030333308") || !strings.Contains(err.Error(), "anchor 3, id \"3630303030333408") {
		t.Errorf("got %v", err)
	}
	_, err = cardauth.ParseAnchors(d.pki.AnchorsJSON(), cert.Production)
	if err == nil || !strings.Contains(err.Error(), "39303030303333080530303100000000") {
		t.Errorf("anchor of another environment is not named: %v", err)
	}
}

func TestKeyID(t *testing.T) {
	id, err := cardauth.ParseKeyID("39303030303333080530303100000000")
	if err != nil || id.String() != "39303030303333080530303100000000" {
		t.Errorf("%s, %v", id, err)
	}
}

// TestUsable counts what a card could still be verified with, day by day.
func TestUsable(t *testing.T) {
	rsa, err := cardauth.ParseAnchors(anchorFile(t, func(m map[string]any) { m["valid_from"], m["valid_until"] = "2020-04-01", "2035-03-31" }), cert.Test)
	if err != nil {
		t.Fatal(err)
	}
	next, err := card.NewNextPKI("9000035")
	if err != nil {
		t.Fatal(err)
	}
	both, err := cardauth.ParseAnchors(card.AnchorsJSON(newDesk(t).pki, next), cert.Test) // to 2045
	if err != nil {
		t.Fatal(err)
	}
	longer := cardauth.Policy{Until: map[cardauth.Suite]cert.Date{cardauth.RSA2048SHA256: {Year: 2099, Month: 12, Day: 31}}}
	newer := cardauth.Policy{Until: map[cardauth.Suite]cert.Date{cardauth.ECDSAP384SHA384: {Year: 2040, Month: 12, Day: 31}}}
	for _, tt := range []struct {
		name    string
		anchors *cardauth.Anchors
		policy  cardauth.Policy
		day     cert.Date
		want    int
		surface int
	}{
		{"first day", rsa, cardauth.Policy{}, cert.Date{Year: 2020, Month: 4, Day: 1}, 1, 1},
		{"the day before", rsa, cardauth.Policy{}, cert.Date{Year: 2020, Month: 3, Day: 31}, 0, 1},
		{"last day of the suite", rsa, cardauth.DefaultPolicy(), cert.Date{Year: 2030, Month: 12, Day: 31}, 1, 1},
		{"the day after the suite", rsa, cardauth.DefaultPolicy(), cert.Date{Year: 2031, Month: 1, Day: 1}, 0, 0},
		{"last day of the anchor", rsa, longer, cert.Date{Year: 2035, Month: 3, Day: 31}, 1, 1},
		{"the day after the anchor", rsa, longer, cert.Date{Year: 2035, Month: 4, Day: 1}, 0, 1},
		{"two generations, the older alone", both, longer, cert.Date{Year: 2026, Month: 1, Day: 1}, 1, 1},
		{"two generations, the newer alone", both, newer, cert.Date{Year: 2031, Month: 1, Day: 1}, 1, 1},
		{"suite that is not named", rsa, newer, cert.Date{Year: 2026, Month: 1, Day: 1}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if n := tt.anchors.Usable(tt.policy, tt.day); n != tt.want {
				t.Errorf("got %d, want %d", n, tt.want)
			}
			if n := tt.anchors.UsableFor(cardauth.SurfaceAP, tt.policy, tt.day); n != tt.surface {
				t.Errorf("surface: got %d, want %d", n, tt.surface)
			}
		})
	}
}
