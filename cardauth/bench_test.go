// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
)

// BenchmarkVerify proves a card over and over, in both bindings, without and
// with the cache, and reports how its time compares with the RSA verifications
// it cannot do without, measured in the same run: x/rsa is near 1 when the rest
// costs nothing. Attested: EF0004, EF0007, EF0003 and the challenge. Surface:
// two EF0004, EF0003, DF28 and the challenge. The cache saves every EF0004.
func BenchmarkVerify(b *testing.B) {
	d := newDesk(b)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name     string
		bindings map[cert.Channel]cardauth.Binding
		cache    *cardauth.CertificateCache
		rsa      int
	}{
		{"attested/uncached", attested(), nil, 4}, {"attested/cached", attested(), cardauth.NewCertificateCache(1), 3},
		{"surface/uncached", cardauth.DefaultBindings(), nil, 5}, {"surface/cached", cardauth.DefaultBindings(), cardauth.NewCertificateCache(2), 3},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d.Cache, d.Bindings, d.Challenges = bench.cache, bench.bindings, d.store
			challenge := d.challenge(b)
			prove := d.issue(b, resident()).Reader().Prove
			if d.bindsSurface() {
				prove = d.issue(b, resident()).Reader().ProveSurface
			}
			ev, err := prove("1234", challenge)
			if err != nil {
				b.Fatal(err)
			}
			d.Challenges = brokenStore{other: challenge} // gives the same challenge every time
			var bare, whole time.Duration
			for b.Loop() {
				start := time.Now()
				for range bench.rsa {
					if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], sig) != nil {
						b.Fatal("bad signature")
					}
				}
				mid := time.Now()
				p, err := d.Verify(b.Context(), ev, cert.App, cert.PurposeCertificate)
				if err != nil {
					b.Fatal(err)
				}
				p.Wipe()
				bare, whole = bare+mid.Sub(start), whole+time.Since(mid)
			}
			b.ReportMetric(float64(whole.Nanoseconds())/float64(b.N), "ns/verify")
			b.ReportMetric(float64(whole)/float64(bare), "x/rsa")
			b.ReportMetric(0, "ns/op") // of both together, and so misleading
		})
	}
}
