// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"errors"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/shc"
)

// malformedOnly fails for errors that do not say what is malformed.
func malformedOnly(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*shc.MalformedError](err); err != nil && !ok {
		t.Errorf("%v", err)
	}
}

// FuzzParse feeds whole cards.
func FuzzParse(f *testing.F) {
	k := newForge(f)
	f.Add(k.card(f, payload))
	f.Add(k.jws(f, k.header(), []byte(payload)))
	f.Add("e30.AwA.AA")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, jws string) {
		c, err := shc.Parse(jws)
		malformedOnly(t, err)
		if (c == nil) == (err == nil) {
			t.Error("neither a card nor an error")
		}
		if c != nil {
			_ = c.Verify(k.set)
			_ = c.CheckTime(time.Unix(1700000000, 0))
		}
	})
}

// FuzzParsePayload feeds payloads, which FuzzParse seldom gets past deflate.
func FuzzParsePayload(f *testing.F) {
	k := newForge(f)
	f.Add(payload)
	f.Add(`{"iss":"https://a","nbf":1e9,"exp":1,"vc":{"rid":"a","type":["https://smarthealth.cards#health-card"],"credentialSubject":{"fhirVersion":"4.0.1","fhirBundle":{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"a","resource":{"resourceType":"Patient","name":[{"text":"A"}],"birthDate":"1970"}}]}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := shc.Parse(k.card(t, text))
		malformedOnly(t, err)
		if c != nil {
			if err := c.Verify(k.set); err != nil {
				t.Error("a card signed and read does not verify")
			}
		}
	})
}

func FuzzFromNumeric(f *testing.F) {
	f.Add("shc:/000177", "")
	f.Add("shc:/1/2/0001", "shc:/2/2/77")
	f.Add("shc:/99/99/00", "shc:/1/99/")
	f.Fuzz(func(t *testing.T, a, b string) {
		texts := []string{a}
		if b != "" {
			texts = append(texts, b)
		}
		jws, err := shc.FromNumeric(texts...)
		malformedOnly(t, err)
		if err != nil {
			return
		}
		text, err := shc.Numeric(jws)
		if err != nil {
			t.Fatal("what was read cannot be written")
		}
		if back, err := shc.FromNumeric(text); err != nil || back != jws {
			t.Error("what was written reads otherwise")
		}
	})
}

func FuzzParseFile(f *testing.F) {
	f.Add(shc.File("a.b.c", "d"))
	f.Add([]byte(`{"verifiableCredential":[1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		cards, err := shc.ParseFile(data)
		malformedOnly(t, err)
		if (len(cards) == 0) == (err == nil) {
			t.Error("neither cards nor an error")
		}
	})
}

func FuzzParseKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","kid":"3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s","use":"sig","alg":"ES256","crv":"P-256","x":"11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw","y":"eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8","crlVersion":1}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","kid":"a","use":"sig","alg":"ES256","crv":"P-256","x":"AA","y":"","x5c":["AA=="]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := shc.ParseKeySet(data)
		malformedOnly(t, err)
		if (len(set.KIDs()) == 0) == (err == nil) {
			t.Error("neither keys nor an error")
		}
	})
}

func FuzzParseCRL(f *testing.F) {
	f.Add([]byte(`{"kid":"a","method":"rid","ctr":1,"rids":["vwAjHdarZuc.1687450765","FKDIxsTCGlU"]}`))
	f.Add([]byte(`{"kid":"a","method":"hash-fhir","ctr":"1","rids":[]}`))
	k := newForge(f)
	c := parse(f, k.card(f, payload))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := shc.ParseCRL(data)
		malformedOnly(t, err)
		_ = list.Revokes(c)
	})
}

// FuzzEncodeName writes any name and wants it back, or a refusal.
func FuzzEncodeName(f *testing.F) {
	for _, s := range []string{"山田\u3000花子", "𠮷\u3000﨑", "葛\U000e0100\u3000x", "a\u3000b\u3000c", "\xff", "<&>", "\u2028"} {
		f.Add(s)
	}
	k := newForge(f)
	f.Fuzz(func(t *testing.T, name string) {
		c := record(t, cert.Domestic, 1)
		c.Holder.Name = cert.Private(name)
		jws, err := shc.Encode(c, iss, k.issuer())
		if err != nil {
			if !errors.Is(err, shc.ErrName) && !errors.Is(err, shc.ErrTooLong) {
				t.Error(err)
			}
			return
		}
		p := parse(t, jws).Patient
		got := p.Text.Reveal()
		if got == "" {
			got = p.Family.Reveal() + "\u3000" + p.Given.Reveal()
		}
		if got != name {
			t.Errorf("%+q came back as %+q", name, got)
		}
	})
}
