// SPDX-License-Identifier: Apache-2.0

package appattest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	sim "kofu/test/attest"
)

// badAttestation is one thing wrong with an attestation, and the code for it.
type badAttestation struct {
	name     string
	code     attest.Code
	with     func(*appattest.Config)
	be       func(*sim.IPhone)
	forge    sim.Forgery
	make     func(*testing.T, *desk) []byte // instead of forge
	keyID    []byte                         // instead of the phone's
	replayed bool                           // the server asks with another challenge
	late     time.Duration                  // how much later it is presented
}

// badObjects are wrong before any certificate is looked at.
func badObjects() []badAttestation {
	const malformed = attest.CodeAppleMalformed
	object := func(f func([]byte) []byte) sim.Forgery { return sim.Forgery{Object: f} }
	members := func(f func([]sim.Member) []sim.Member) sim.Forgery { return sim.Forgery{Members: f} }
	value := func(i int, v []byte) sim.Forgery {
		return members(func(m []sim.Member) []sim.Member { m[i].Value = v; return m })
	}
	return []badAttestation{
		{name: "nothing", code: malformed, forge: object(func([]byte) []byte { return nil })},
		{name: "truncated", code: malformed, forge: object(func(b []byte) []byte { return b[:len(b)-1] })},
		{name: "cut in half", code: malformed, forge: object(func(b []byte) []byte { return b[:len(b)/2] })},
		{name: "trailing byte", code: malformed, forge: object(func(b []byte) []byte { return append(b, 0) })},
		{name: "twice in a row", code: malformed, forge: object(func(b []byte) []byte { return slices.Concat(b, b) })},
		{name: "oversized", code: attest.CodeAppleSize, forge: object(func(b []byte) []byte { return append(b, make([]byte, 16<<10)...) })},
		{name: "indefinite map", code: malformed, forge: object(func(b []byte) []byte { return append(append([]byte{0xBF}, b[1:]...), 0xFF) })},
		{name: "indefinite byte string", code: malformed, forge: value(2, []byte{0x5F, 0x41, 0, 0xFF})},
		{name: "tagged", code: malformed, forge: object(func(b []byte) []byte { return append([]byte{0xD9, 0xD9, 0xF7}, b...) })},
		{name: "doubled member", code: malformed, forge: members(func(m []sim.Member) []sim.Member { return append(m, m[2]) })},
		{name: "unknown member", code: malformed, forge: members(func(m []sim.Member) []sim.Member { return append(m, sim.Member{Name: "more", Value: sim.Text("")}) })},
		{name: "member in another case", code: malformed, forge: members(func(m []sim.Member) []sim.Member { m[2].Name = "AuthData"; return m })},
		{name: "array of members", code: malformed, forge: object(func([]byte) []byte { return sim.Array(sim.Text("apple-appattest")) })},
		{name: "lengths beyond the end", code: malformed, forge: object(func([]byte) []byte { return []byte{0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF} })},
		{name: "nested without end", code: malformed, forge: object(func([]byte) []byte { return bytes.Repeat([]byte{0x81}, 9000) })},
		{name: "text is not UTF-8", code: malformed, forge: value(0, []byte{0x61, 0xFF})},
		{name: "authenticator data is text", code: malformed, forge: value(2, sim.Text("x"))},
		{name: "authenticator data is numbers", code: malformed, forge: value(2, sim.Array([]byte{1}, []byte{2}))},
		{name: "x5c is a byte string", code: malformed, forge: value(1, sim.Map(sim.Member{Name: "x5c", Value: sim.Bytes(nil)}))},
		{name: "format of WebAuthn", code: attest.CodeAppleFormat, forge: value(0, sim.Text("apple"))},
		{name: "no format", code: attest.CodeAppleFormat, forge: members(func(m []sim.Member) []sim.Member { return m[1:] })},
		{name: "no statement", code: attest.CodeAppleChainLength, forge: members(func(m []sim.Member) []sim.Member { return slices.Delete(m, 1, 2) })},
		{name: "no authenticator data", code: attest.CodeAppleNonce, forge: members(func(m []sim.Member) []sim.Member { return m[:2] })},
		{name: "null authenticator data", code: attest.CodeAppleNonce, forge: value(2, []byte{0xF6})},
	}
}

// badChains are wrong in the certificates.
func badChains(t *testing.T) []badAttestation {
	x5c := func(f func([][]byte) [][]byte) sim.Forgery { return sim.Forgery{X5C: f} }
	stranger, err := sim.NewApple(now())
	if err != nil {
		t.Fatal(err)
	}
	return []badAttestation{
		{name: "empty x5c", code: attest.CodeAppleChainLength, forge: x5c(func([][]byte) [][]byte { return nil })},
		{name: "leaf alone", code: attest.CodeAppleChainLength, forge: x5c(func(c [][]byte) [][]byte { return c[:1] })},
		{name: "three certificates", code: attest.CodeAppleChainLength, forge: x5c(func(c [][]byte) [][]byte { return append(c, c[1]) })},
		{name: "seventeen certificates", code: attest.CodeAppleMalformed, forge: x5c(func(c [][]byte) [][]byte { return slices.Repeat(c[:1], 17) })},
		{name: "empty certificate", code: attest.CodeAppleCertificate, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{nil, c[1]} })},
		{name: "certificate cut short", code: attest.CodeAppleCertificate, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{c[0][:len(c[0])-1], c[1]} })},
		{name: "bytes behind the certificate", code: attest.CodeAppleCertificate, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{append(c[0], 0), c[1]} })},
		{name: "certificate oversized", code: attest.CodeAppleSize, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{append(c[0], make([]byte, 4096)...), c[1]} })},
		{name: "certificates swapped", code: attest.CodeAppleChain, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{c[1], c[0]} })},
		{name: "intermediate of somebody else", code: attest.CodeAppleChain, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{c[0], stranger.Intermediate.Raw} })},
		{name: "all of somebody else", code: attest.CodeAppleChain, make: func(t *testing.T, d *desk) []byte {
			d.phone, _ = stranger.NewIPhone(ourApp)
			return d.attestation(t, sim.Forgery{})
		}},
		{name: "signed by another phone's certificate", code: attest.CodeAppleChain, make: byAnotherPhone},
		{name: "signature altered", code: attest.CodeAppleChain, forge: x5c(func(c [][]byte) [][]byte { c[0] = slices.Clone(c[0]); c[0][len(c[0])-1] ^= 1; return c })},
		{name: "leaf expired", code: attest.CodeAppleExpired, forge: sim.Forgery{Leaf: func(c *x509.Certificate) { c.NotAfter = now().Add(-time.Second) }}},
		{name: "leaf not valid yet", code: attest.CodeAppleExpired, forge: sim.Forgery{Leaf: func(c *x509.Certificate) { c.NotBefore = now().Add(time.Minute) }}},
		{name: "presented three days later", code: attest.CodeAppleExpired, late: 72 * time.Hour},
		{name: "intermediate expired", code: attest.CodeAppleExpired, late: 11 * 365 * 24 * time.Hour, forge: sim.Forgery{Leaf: func(c *x509.Certificate) { c.NotAfter = now().AddDate(20, 0, 0) }}},
		{name: "leaf of RSA", code: attest.CodeAppleAlgorithm, forge: sim.Forgery{LeafKey: rsaKey(t)}},
		{name: "leaf of Ed25519", code: attest.CodeAppleAlgorithm, forge: sim.Forgery{LeafKey: edKey(t)}},
		{name: "intermediate of RSA", code: attest.CodeAppleAlgorithm, forge: x5c(func(c [][]byte) [][]byte { return [][]byte{c[0], rsaAuthority(t)} })},
		{name: "leaf on P-384", code: attest.CodeAppleKey, forge: sim.Forgery{LeafKey: p384Key(t)}},
		{name: "unknown critical extension", code: attest.CodeAppleChain, forge: sim.Forgery{Leaf: func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Critical: true, Value: []byte{5, 0}})
		}}},
	}
}

// badNonces and badly named keys.
func badNonces() []badAttestation {
	value := func(v []byte) sim.Forgery {
		return sim.Forgery{Leaf: func(c *x509.Certificate) { c.ExtraExtensions[0].Value = v }}
	}
	return []badAttestation{
		{name: "another challenge", code: attest.CodeAppleNonce, replayed: true},
		{name: "nonce of another attestation", code: attest.CodeAppleNonce, forge: value(sim.NonceDER(make([]byte, 32)))},
		{name: "no nonce", code: attest.CodeAppleNonceMissing, forge: sim.Forgery{Leaf: func(c *x509.Certificate) { c.ExtraExtensions = nil }}},
		{name: "nonce too short", code: attest.CodeAppleNonceMissing, forge: value(sim.NonceDER(make([]byte, 31)))},
		{name: "nonce too long", code: attest.CodeAppleNonceMissing, forge: value(sim.NonceDER(make([]byte, 33)))},
		{name: "nonce without its frame", code: attest.CodeAppleNonceMissing, forge: value(make([]byte, 32))},
		{name: "nonce empty", code: attest.CodeAppleNonceMissing, forge: value([]byte{})},
		{name: "bytes behind the nonce", code: attest.CodeAppleNonceMissing, forge: value(append(sim.NonceDER(make([]byte, 32)), 0))},
		{name: "two nonces", code: attest.CodeAppleCertificate, make: twoNonces},
		{name: "authenticator data exchanged", code: attest.CodeAppleNonce, forge: sim.Forgery{Members: func(m []sim.Member) []sim.Member {
			m[2].Value = sim.Bytes(make([]byte, 164))
			return m
		}}},
		{name: "another key id", code: attest.CodeAppleKeyID, keyID: make([]byte, 32)},
		{name: "key id too short", code: attest.CodeAppleKeyID, keyID: []byte{1}},
		{name: "no key id", code: attest.CodeAppleKeyID, keyID: []byte{}},
	}
}

// badAuthData are certified, and say what they should not.
func badAuthData() []badAttestation {
	data := func(f func([]byte) []byte) sim.Forgery { return sim.Forgery{AuthData: f} }
	set := func(i int, b ...byte) sim.Forgery {
		return data(func(d []byte) []byte { copy(d[i:], b); return d })
	}
	cut := func(n int) sim.Forgery { return data(func(d []byte) []byte { return d[:n] }) }
	more := func(b ...byte) sim.Forgery { return data(func(d []byte) []byte { return append(d, b...) }) }
	const shape = attest.CodeAppleAuthData
	return []badAttestation{
		{name: "another app", code: attest.CodeAppleApp, be: func(p *sim.IPhone) { p.AppID = alienApp }},
		{name: "bundle id without team", code: attest.CodeAppleApp, be: func(p *sim.IPhone) { p.AppID = "jp.example.kofu" }},
		{name: "counter 1", code: attest.CodeAppleCounter, forge: set(36, 1)},
		{name: "counter of 2^31", code: attest.CodeAppleCounter, forge: set(33, 0x80)},
		{name: "unknown authenticator", code: attest.CodeAppleAAGUID, be: func(p *sim.IPhone) { p.AAGUID = "appattestsandbox" }},
		{name: "authenticator in another case", code: attest.CodeAppleAAGUID, be: func(p *sim.IPhone) { p.AAGUID = "AppAttest" + "\x00\x00\x00\x00\x00\x00\x00" }},
		{name: "development where none is accepted", code: attest.CodeEnvironment, be: func(p *sim.IPhone) { p.AAGUID = sim.DevelopmentAAGUID }},
		{name: "another credential id", code: attest.CodeAppleCredentialID, forge: set(55, 0, 0, 0, 0, 0, 0, 0, 0)},
		{name: "another public key", code: attest.CodeApplePublicKey, forge: data(func(d []byte) []byte {
			other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			point, _ := other.PublicKey.Bytes()
			return append(d[:87], sim.COSE(point)...)
		})},
		{name: "no authenticator data at all", code: shape, forge: cut(0)},
		{name: "authenticator data of an assertion", code: shape, forge: cut(37)},
		{name: "cut in the credential id", code: shape, forge: cut(86)},
		{name: "cut before the key", code: shape, forge: cut(87)},
		{name: "cut in the key", code: shape, forge: cut(163)},
		{name: "nothing attested by the flags", code: shape, forge: set(32, 0)},
		{name: "credential id of 16 bytes", code: shape, forge: set(53, 0, 16)},
		{name: "credential id of 65535 bytes", code: shape, forge: set(53, 0xFF, 0xFF)},
		{name: "key of another type", code: shape, forge: set(89, 1)},
		{name: "key for another algorithm", code: shape, forge: set(91, 0x27)},
		{name: "key on another curve", code: shape, forge: set(93, 2)},
		{name: "doubled member in the key", code: shape, forge: set(90, 1)},
		{name: "coordinates of 31 and 33 bytes", code: shape, forge: data(func(d []byte) []byte {
			x, y := bytes.Clone(d[97:129]), bytes.Clone(d[132:164])
			return slices.Concat(d[:95], sim.Bytes(x[:31]), d[129:130], sim.Bytes(slices.Concat(x[31:], y)))
		})},
		{name: "point that is on no curve", code: shape, forge: set(97, bytes.Repeat([]byte{0xFF}, 32)...)},
		{name: "byte behind the key", code: shape, forge: more(0)},
		{name: "array behind the key", code: shape, forge: more(0x80)},
		{name: "two maps behind the key", code: shape, forge: more(0xA0, 0xA0)},
		{name: "null behind the key", code: shape, forge: more(0xF6)},
		{name: "indefinite map behind the key", code: shape, forge: more(0xBF, 0xFF)},
		{name: "number as the name of an extension", code: shape, forge: more(0xA1, 1, 1)},
	}
}

// badLaunches are apps that were not installed as they should be, or are too
// old.
func badLaunches() []badAttestation {
	launch := func(category uint32, version string) func(*sim.IPhone) {
		return func(p *sim.IPhone) { p.Extensions = sim.Launch(category, version) }
	}
	ext := func(m ...sim.Member) func(*sim.IPhone) {
		return func(p *sim.IPhone) { p.Extensions = sim.Map(m...) }
	}
	lowest := func(c *appattest.Config) { c.MinVersion = "9.1" }
	const category, version = "apple_validation_category_01", "apple_bundle_version_01"
	four := sim.Bytes([]byte{4, 0, 0, 0})
	return []badAttestation{
		{name: "signed by a developer", code: attest.CodeAppleCategory, be: launch(3, "1")},
		{name: "signed by an enterprise", code: attest.CodeAppleCategory, be: launch(5, "1")},
		{name: "test flight without policy", code: attest.CodeAppleCategory, be: launch(2, "1")},
		{name: "category with the highest byte first", code: attest.CodeAppleCategory, be: ext(sim.Member{Name: category, Value: sim.Bytes([]byte{0, 0, 0, 4})})},
		{name: "category 0", code: attest.CodeAppleCategory, be: launch(0, "1")},
		{name: "category of three bytes", code: attest.CodeAppleAuthData, be: ext(sim.Member{Name: category, Value: sim.Bytes([]byte{4, 0, 0})})},
		{name: "category as text", code: attest.CodeAppleAuthData, be: ext(sim.Member{Name: category, Value: sim.Text("4")})},
		{name: "category null", code: attest.CodeAppleAuthData, be: ext(sim.Member{Name: category, Value: []byte{0xF6}})},
		{name: "category twice", code: attest.CodeAppleAuthData, be: ext(sim.Member{Name: category, Value: four}, sim.Member{Name: category, Value: four})},
		{name: "category under both names", code: attest.CodeAppleAuthData, be: ext(sim.Member{Name: category, Value: four}, sim.Member{Name: "validationCategory", Value: four})},
		{name: "version empty", code: attest.CodeAppleAuthData, be: launch(4, "")},
		{name: "version as a number", code: attest.CodeAppleAuthData, be: ext(sim.Member{Name: version, Value: []byte{1}})},
		{name: "version of 65 characters", code: attest.CodeAppleAuthData, be: launch(4, string(bytes.Repeat([]byte{'1'}, 65)))},
		{name: "version too low", code: attest.CodeAppleVersion, be: launch(4, "9.0.9"), with: lowest},
		{name: "version too low as a number, not as text", code: attest.CodeAppleVersion, be: launch(4, "9"), with: lowest},
		{name: "version that is none", code: attest.CodeAppleVersion, be: launch(4, "10a"), with: lowest},
		{name: "version of four numbers", code: attest.CodeAppleVersion, be: launch(4, "10.0.0.0"), with: lowest},
	}
}

// byAnotherPhone has the key of a genuine phone certify a key that no Secure
// Enclave holds: its certificate is no authority's.
func byAnotherPhone(t *testing.T, d *desk) []byte {
	honest := d.phone
	var parent []byte
	d.attestation(t, sim.Forgery{X5C: func(c [][]byte) [][]byte { parent = c[0]; return c }})
	forged, err := d.apple.NewIPhone(ourApp)
	if err != nil {
		t.Fatal(err)
	}
	d.phone = forged
	return d.attestation(t, sim.Forgery{X5C: func(c [][]byte) [][]byte { return [][]byte{recertify(t, c[0], parent, honest.Key), parent} }})
}

// recertify has by sign a certificate with the words of der.
func recertify(t *testing.T, der, issuer []byte, by *ecdsa.PrivateKey) []byte {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	parent, err := x509.ParseCertificate(issuer)
	if err != nil {
		t.Fatal(err)
	}
	nonce := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(sim.NonceExtension(nil).Id) })
	c.ExtraExtensions = c.Extensions[nonce : nonce+1]
	out, err := x509.CreateCertificate(rand.Reader, c, parent, c.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// twoNonces gives a neighbour of the nonce the nonce's name. Nobody has signed
// that; a parser sees it before any signature is looked at.
func twoNonces(t *testing.T, d *desk) []byte {
	twin := sim.NonceExtension(sim.NonceDER(make([]byte, 32)))
	twin.Id = slices.Clone(twin.Id)
	twin.Id[len(twin.Id)-1] = 3
	return d.attestation(t, sim.Forgery{
		Leaf: func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, twin) },
		X5C: func(c [][]byte) [][]byte {
			name, _ := asn1.Marshal(twin.Id)
			same, _ := asn1.Marshal(sim.NonceExtension(nil).Id)
			return [][]byte{bytes.Replace(c[0], name, same, 1), c[1]}
		},
	})
}

func rsaKey(t *testing.T) *rsa.PublicKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}

func edKey(t *testing.T) ed25519.PublicKey {
	key, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func p384Key(t *testing.T) *ecdsa.PublicKey {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}

// rsaAuthority is a CA certificate that would cost more to ask than to refuse.
func rsaAuthority(t *testing.T) []byte {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test App Attestation CA 1", Organization: []string{"kofu test"}},
		NotBefore: now().AddDate(-1, 0, 0), NotAfter: now().AddDate(1, 0, 0), BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
