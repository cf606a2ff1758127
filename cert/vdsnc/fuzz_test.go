// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
	"time"
)

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"data":{"hdr":{"is":"JPN","t":"icao.vacc","v":1},"msg":{"pid":{"i":"X","n":"A B"},"uvci":"U","ve":[{"des":"XM0GQ8","nam":"X","vd":[{"dvc":"2021-06-01","seq":1}]}]}},"sig":{"alg":"ES256","cer":"AAAA","sigvl":"AAAA"}}`))
	if data, err := os.ReadFile("../../../shared/vectors/vdsnc/examples.json"); err == nil {
		var list []json.RawMessage
		if json.Unmarshal(data, &list) == nil {
			for _, doc := range list {
				f.Add([]byte(doc))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err != nil {
			if d != nil {
				t.Error("a document and an error")
			}
			return
		}
		r := d.Verify(Trust{CSCAs: [][]byte{d.Signer}, Signers: [][]byte{d.Signer}}, time.Now())
		if r.Reason == "" && (!r.Signature || r.Chain == ChainUntrusted) || r.Reason != "" && r.Chain != ChainUntrusted {
			t.Errorf("inconsistent: %+v", r)
		}
	})
}

func FuzzParsePublicKey(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	csca, err := NewCSCA(Profile{Country: "JP", CommonName: "X", NotAfter: time.Now()}, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(csca.RawSubjectPublicKeyInfo)
	// P-256 with its parameters spelled out, by OpenSSL
	spelled, err := base64.StdEncoding.DecodeString(spelledOut)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(spelled)
	f.Fuzz(func(t *testing.T, data []byte) {
		if key, err := parsePublicKey(data); (key == nil) == (err == nil) {
			t.Error("neither or both of key and error")
		}
	})
}

func FuzzCertificates(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	csca, err := NewCSCA(Profile{Country: "JP", CommonName: "X", NotAfter: time.Now()}, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(csca.Raw)
	f.Add(PEM(csca))
	f.Fuzz(func(t *testing.T, data []byte) {
		ders, err := Certificates(data)
		if (len(ders) == 0) == (err == nil) {
			t.Error("neither or both of certificates and error")
		}
		for _, der := range ders {
			c, err := parseCertificate(der)
			if err != nil {
				t.Fatal("taken and refused")
			}
			c.signedBy(c)
		}
	})
}

const spelledOut = "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABGMkvVGEc2mpSX5X1a4wI9WYRn1lojUTzws+SLI1JxuFyR7ioh1dJDBMytg+34Or3biCdGZNw6MwLTXy66TYKuk="
