// SPDX-License-Identifier: Apache-2.0

package shc_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/sha256"
	"testing"

	"kofu/cert"
	"kofu/cert/shc"
)

// BenchmarkEncode is to be read beside BenchmarkSignAndDeflate: the rest is
// JSON and base64.
func BenchmarkEncode(b *testing.B) {
	f, c := newForge(b), record(b, cert.Domestic, 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := shc.Encode(c, iss, f.issuer()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	c := record(b, cert.Domestic, 5)
	b.ReportAllocs()
	for b.Loop() {
		if err := shc.Check(c, iss); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignAndDeflate does only what no encoder can leave out: compress
// the same payload with a writer kept, hash and sign.
func BenchmarkSignAndDeflate(b *testing.B) {
	f := newForge(b)
	_, card := encode(b, record(b, cert.Domestic, 5))
	w, err := flate.NewWriter(nil, flate.BestCompression)
	if err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	for b.Loop() {
		buf.Reset()
		w.Reset(&buf)
		if _, err := w.Write(card.PayloadJSON); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		digest := sha256.Sum256(buf.Bytes())
		if _, err := f.key.Sign(nil, digest[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndVerify(b *testing.B) {
	f := newForge(b)
	jws, _ := encode(b, record(b, cert.Domestic, 5))
	b.ReportAllocs()
	for b.Loop() {
		c, err := shc.Parse(jws)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Verify(f.set); err != nil {
			b.Fatal(err)
		}
	}
}
