// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/cert/shc"
)

// vector reads a published example of the SMART Health Cards framework
// (spec.smarthealth.cards/examples, MIT licence).
func vector(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../shared/vectors/shc", name))
	if err != nil {
		if os.Getenv("KOFU_VECTORS") == "1" {
			t.Fatal(err)
		}
		t.Skip("the published SMART Health Cards examples are not at ../shared/vectors/shc: " + name)
	}
	return data
}

func publishedKeys(t testing.TB) shc.KeySet {
	t.Helper()
	set, err := shc.ParseKeySet(vector(t, "jwks.json"))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

const publishedCRL = "crl-3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s.json"

func parse(t testing.TB, jws string) *shc.Card {
	t.Helper()
	c, err := shc.Parse(jws)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPublishedExamplesVerify(t *testing.T) {
	set := publishedKeys(t)
	for _, tt := range []struct {
		name  string
		texts int
		doses int
		other int
		name1 string
		rid   string
	}{
		{"example-00", 1, 3, 0, "Anyperson/John B.", "MKyCxh7p6uQ"},
		{"example-01", 1, 3, 0, "Anyperson/John B.", ""},
		{"example-02", 3, 0, 55, "/", "YjKhdFoxL_g"}, // a laboratory report in three chunks
		{"example-03", 1, 2, 0, "Revoked/Johnny", "vwAjHdarZuc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			jws := strings.TrimSpace(string(vector(t, tt.name+"-d-jws.txt")))
			var texts []string
			for i := range tt.texts {
				texts = append([]string{string(vector(t, tt.name+"-f-qr-code-numeric-value-"+string(rune('0'+i))+".txt"))}, texts...)
			}
			joined, err := shc.FromNumeric(texts...)
			if err != nil || joined != jws {
				t.Fatalf("numeric form is another card, or %v", err)
			}
			c := parse(t, jws)
			if err := c.Verify(set); err != nil {
				t.Error(err)
			}
			if want := vector(t, tt.name+"-c-jws-payload-minified.json"); !bytes.Equal(c.PayloadJSON, bytes.TrimSpace(want)) {
				t.Error("another payload")
			}
			if c.Issuer != "https://spec.smarthealth.cards/examples/issuer" || c.RID != tt.rid || c.FHIRVersion != "4.0.1" {
				t.Errorf("iss %s, rid %s, FHIR %s", c.Issuer, c.RID, c.FHIRVersion)
			}
			if got := c.Patient.Family.Reveal() + "/" + c.Patient.Given.Reveal(); got != tt.name1 {
				t.Errorf("name %s, want %s", got, tt.name1)
			}
			if len(c.Doses) != tt.doses || c.Other != tt.other {
				t.Errorf("%d doses, %d other resources", len(c.Doses), c.Other)
			}
			if c.NotBefore.Unix() != 1687450764 || c.NotBefore.Nanosecond() == 0 {
				t.Errorf("nbf %v has lost its fraction", c.NotBefore)
			}
		})
	}
}

func TestPublishedExampleTellsItsDoses(t *testing.T) {
	c := parse(t, string(vector(t, "example-03-d-jws.txt")))
	if c.Patient.BirthDate != "1960-04-22" || c.Patient.Text != "" {
		t.Error("another birth date, or a name text")
	}
	want := shc.Dose{System: "http://hl7.org/fhir/sid/cvx", CVX: "207", Date: "2021-03-01", Lot: "0000003", Performer: "ABC General Hospital"}
	if c.Doses[0] != want {
		t.Error("the first dose reads otherwise")
	}
}

func TestPublishedExample03IsExpiredAndRevoked(t *testing.T) {
	c := parse(t, string(vector(t, "example-03-d-jws.txt")))
	if err := c.Verify(publishedKeys(t)); err != nil {
		t.Fatal(err)
	}
	if got := c.Expires.Format(time.RFC3339Nano); got != "2024-06-21T16:19:24.657Z" {
		t.Errorf("exp %s", got)
	}
	for when, want := range map[time.Time]error{
		time.Unix(1687450764, 657_000_000):                     nil,
		time.Unix(1687450764, 0):                               nil, // within the leeway
		time.Unix(1687450764-61, 0):                            shc.ErrNotYetValid,
		c.Expires.Add(-time.Nanosecond):                        nil,
		*c.Expires:                                             shc.ErrExpired,
		time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC): shc.ErrExpired,
	} {
		if err := c.CheckTime(when); !errors.Is(err, want) {
			t.Errorf("at %v: got %v, want %v", when, err, want)
		}
	}
	crl, err := shc.ParseCRL(vector(t, publishedCRL))
	if err != nil {
		t.Fatal(err)
	}
	if !crl.Revokes(c) || crl.Counter != 1 {
		t.Error("example 03 is revoked by its list")
	}
	if other := parse(t, string(vector(t, "example-00-d-jws.txt"))); crl.Revokes(other) {
		t.Error("example 00 is not revoked")
	}
}

// TestPublishedRevocationIDs uses the example secret that the framework
// publishes beside its examples (generate-examples/src/config).
func TestPublishedRevocationIDs(t *testing.T) {
	secret := []byte("GWdbF5850vxNt3HhHFl0dRvvN--C6rD77obJgGjK_Zg")
	for user, want := range map[string]string{"userid-00": "MKyCxh7p6uQ", "userid-02": "YjKhdFoxL_g", "userid-03": "vwAjHdarZuc"} {
		if got := shc.RID(secret, "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s", user); got != want {
			t.Errorf("%s: got %s, want %s", user, got, want)
		}
	}
}

func TestPublishedBundleHashRevokesACardWithoutRID(t *testing.T) {
	k := newForge(t)
	// The bundle of example 03 in a card without rid; its hash is the draft's
	// method over the canonical bundle.
	bundle := parse(t, string(vector(t, "example-03-d-jws.txt"))).BundleJSON
	c := parse(t, k.card(t, `{"iss":"https://a.example","nbf":1687450764,"vc":{"type":["https://smarthealth.cards#health-card"],"credentialSubject":{"fhirVersion":"4.0.1","fhirBundle":`+string(bundle)+`}}}`))
	for entry, want := range map[string]bool{"JuTJHwXo2Yc": true, "JuTJHwXo2Yc.1687450765": true, "JuTJHwXo2Yc.1687450764": false, "JuTJHwXo2Yd": false} {
		crl, err := shc.ParseCRL([]byte(`{"kid":"` + c.KID + `","method":"hash-fhir","ctr":1,"rids":["` + entry + `"]}`))
		if err != nil {
			t.Fatal(err)
		}
		if crl.Revokes(c) != want {
			t.Errorf("%s: revoked %v", entry, !want)
		}
	}
}
