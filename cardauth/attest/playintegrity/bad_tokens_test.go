// SPDX-License-Identifier: Apache-2.0

package playintegrity_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/playintegrity"
	sim "kofu/test/attest"
)

// badToken is one thing wrong with a token, and the code for it.
type badToken struct {
	name     string
	code     attest.Code
	with     func(*playintegrity.Config)
	be       func(*sim.Pixel)
	print    sim.Misprint
	key      func(*desk) []byte // sent instead of the phone's
	replayed bool               // the server asks with another challenge
	late     time.Duration      // how much later it is presented
}

// badVerdicts are signed and sealed by Google, and say what is not accepted.
func badVerdicts() []badToken {
	const (
		request, app, device, account = "requestDetails", "appIntegrity", "deviceIntegrity", "accountDetails"
		labels                        = "deviceRecognitionVerdict"
	)
	other := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	ours := sim.AppCertificate()
	good := base64.RawURLEncoding.EncodeToString(ours[:])
	millis := func(d time.Duration) int64 { return now().Add(d).UnixMilli() }
	strong := func(c *playintegrity.Config) {
		c.DeviceVerdicts = []playintegrity.DeviceVerdict{playintegrity.Sound, playintegrity.Strong}
	}
	return []badToken{
		{name: "requested by another package", code: attest.CodePlayRequest, print: set(request, "requestPackageName", "jp.example.other")},
		{name: "requesting package in another case", code: attest.CodePlayRequest, print: set(request, "requestPackageName", "JP.example.kofu")},
		{name: "no requesting package", code: attest.CodePlayRequest, print: set(request, "requestPackageName", nil)},
		{name: "no request details", code: attest.CodePlayRequest, print: sim.Misprint{Verdict: func(v sim.Verdict) { delete(v, request) }}},
		{name: "another nonce", code: attest.CodePlayNonce, print: set(request, "nonce", other)},
		{name: "no nonce", code: attest.CodePlayNonce, print: set(request, "nonce", nil)},
		{name: "empty nonce", code: attest.CodePlayNonce, print: set(request, "nonce", "")},
		{name: "null for a nonce", code: attest.CodePlayNonce, print: sim.Misprint{Verdict: func(v sim.Verdict) { v[request]["nonce"] = any(nil) }}},
		{name: "half a nonce", code: attest.CodePlayNonce, print: sim.Misprint{Verdict: func(v sim.Verdict) { v[request]["nonce"] = v[request]["nonce"].(string)[:22] }}},
		{name: "a standard request's token", code: attest.CodePlayNonce, print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v[request]["requestHash"] = v[request]["nonce"]
			delete(v[request], "nonce")
		}}},
		{name: "replayed for the next challenge", code: attest.CodePlayNonce, replayed: true},
		{name: "expired", code: attest.CodePlayExpired, late: playintegrity.DefaultMaxAge + time.Millisecond},
		{name: "expired by policy", code: attest.CodePlayExpired, with: func(c *playintegrity.Config) { c.MaxAge = time.Minute }, late: 61 * time.Second},
		{name: "of the epoch", code: attest.CodePlayExpired, print: set(request, "timestampMillis", "0")},
		{name: "no time", code: attest.CodePlayExpired, print: set(request, "timestampMillis", nil)},
		{name: "requested in the future", code: attest.CodePlayEarly, print: set(request, "timestampMillis", millis(attest.ClockSkew+time.Millisecond))},
		{name: "requested at the end of time", code: attest.CodePlayEarly, print: set(request, "timestampMillis", "9223372036854775807")},
		{name: "answer for testers", code: attest.CodeEnvironment, print: set("testingDetails", "isTestingResponse", true)},
		{name: "unrecognised app", code: attest.CodePlayAppVerdict, print: set(app, "appRecognitionVerdict", "UNRECOGNIZED_VERSION")},
		{name: "unevaluated app", code: attest.CodePlayAppVerdict, print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v[app], v[device] = map[string]any{"appRecognitionVerdict": "UNEVALUATED"}, nil
		}}},
		{name: "no app verdict", code: attest.CodePlayAppVerdict, print: set(app, "appRecognitionVerdict", nil)},
		{name: "another package", code: attest.CodePlayPackage, print: set(app, "packageName", "jp.example.kofu.clone")},
		{name: "no package", code: attest.CodePlayPackage, print: set(app, "packageName", nil)},
		{name: "signed by somebody else", code: attest.CodePlayCertificate, be: func(p *sim.Pixel) { p.Certificate[0] ^= 1 }},
		{name: "signed by somebody else, too", code: attest.CodePlayCertificate, print: set(app, "certificateSha256Digest", []string{good, other})},
		{name: "no digest", code: attest.CodePlayCertificate, print: set(app, "certificateSha256Digest", []string{})},
		{name: "no digests", code: attest.CodePlayCertificate, print: set(app, "certificateSha256Digest", nil)},
		{name: "digest that is none", code: attest.CodePlayCertificate, print: set(app, "certificateSha256Digest", []string{good[:42]})},
		{name: "digest as the console shows it", code: attest.CodePlayCertificate, print: set(app, "certificateSha256Digest", []string{colons(ours)})},
		{name: "version below the floor", code: attest.CodePlayVersion, be: func(p *sim.Pixel) { p.Version = 99 }},
		{name: "null for a version", code: attest.CodePlayVersion, print: sim.Misprint{Verdict: func(v sim.Verdict) { v[app]["versionCode"] = any(nil) }}},
		{name: "no version", code: attest.CodePlayVersion, print: set(app, "versionCode", nil)},
		{name: "no version and no floor", code: attest.CodePlayVersion, with: func(c *playintegrity.Config) { c.MinVersion = 0 }, print: set(app, "versionCode", nil)},
		{name: "rooted device", code: attest.CodePlayDeviceVerdict, print: set(device, labels, []string{"MEETS_BASIC_INTEGRITY"})},
		{name: "emulator", code: attest.CodePlayDeviceVerdict, print: set(device, labels, []string{"MEETS_VIRTUAL_INTEGRITY"})},
		{name: "no label", code: attest.CodePlayDeviceVerdict, print: set(device, labels, []string{})},
		{name: "empty device verdict", code: attest.CodePlayDeviceVerdict, print: set(device, labels, nil)},
		{name: "label in another place", code: attest.CodePlayDeviceVerdict, print: sim.Misprint{Verdict: func(v sim.Verdict) {
			v[device] = map[string]any{"legacyDeviceRecognitionVerdict": v[device][labels]}
		}}},
		{name: "sound where strong is wanted", code: attest.CodePlayDeviceVerdict, with: strong},
		{name: "strong alone where both are wanted", code: attest.CodePlayDeviceVerdict, with: strong, print: set(device, labels, []string{"MEETS_STRONG_INTEGRITY"})},
		{name: "unlicensed", code: attest.CodePlayLicence, print: set(account, "appLicensingVerdict", "UNLICENSED")},
		{name: "licence unevaluated", code: attest.CodePlayLicence, print: set(account, "appLicensingVerdict", "UNEVALUATED")},
		{name: "no account", code: attest.CodePlayLicence, print: sim.Misprint{Verdict: func(v sim.Verdict) { delete(v, account) }}},
	}
}

// badPayloads are signed and sealed by Google, and not the JSON there is one
// reading of.
func badPayloads() []badToken {
	payload := func(f func([]byte) []byte) sim.Misprint { return sim.Misprint{Payload: f} }
	swap := func(old, by string) sim.Misprint {
		return payload(func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(by), 1) })
	}
	var bad []badToken
	for name, print := range map[string]sim.Misprint{
		"doubled member":                    swap(`{"appLicensingVerdict"`, `{"appLicensingVerdict":"LICENSED","appLicensingVerdict"`),
		"doubled section":                   swap(`"deviceIntegrity":`, `"deviceIntegrity":{},"deviceIntegrity":`),
		"member doubled where nobody looks": swap(`{"appLicensingVerdict"`, `{"x":{"y":1,"y":2},"appLicensingVerdict"`),
		"member doubled by an escape":       swap(`"nonce":`, `"nonc\u0065":"","nonce":`),
		"trailing data":                     payload(func(b []byte) []byte { return append(b, "{}"...) }),
		"twice":                             payload(func(b []byte) []byte { return append(b, b...) }),
		"cut short":                         payload(func(b []byte) []byte { return b[:len(b)-1] }),
		"empty":                             payload(func([]byte) []byte { return []byte(" ") }),
		"an array":                          payload(func(b []byte) []byte { return append(append([]byte{'['}, b...), ']') }),
		"text":                              payload(func([]byte) []byte { return []byte(`"ok"`) }),
		"not UTF-8":                         swap("LICENSED", "LICENSED\xff"),
		"nonce as a number":                 set("requestDetails", "nonce", 1),
		"time with a fraction":              set("requestDetails", "timestampMillis", 1.5),
		"time with an exponent":             swap(`"timestampMillis":"`, `"timestampMillis":1e12,"x":"`),
		"time with a sign":                  set("requestDetails", "timestampMillis", "+1795143845000"),
		"time before the epoch":             set("requestDetails", "timestampMillis", -1),
		"time with a leading zero":          set("requestDetails", "timestampMillis", "01795143845000"),
		"time with spaces":                  set("requestDetails", "timestampMillis", " 1795143845000"),
		"time without digits":               set("requestDetails", "timestampMillis", ""),
		"time beyond 64 bits":               set("requestDetails", "timestampMillis", "9223372036854775808"),
		"version as text":                   set("appIntegrity", "versionCode", "one hundred"),
		"version as an object":              set("appIntegrity", "versionCode", map[string]any{}),
		"one digest without a list":         set("appIntegrity", "certificateSha256Digest", "x"),
		"one label without a list":          set("deviceIntegrity", "deviceRecognitionVerdict", "MEETS_DEVICE_INTEGRITY"),
		"answer for testers, as text":       set("testingDetails", "isTestingResponse", "true"),
	} {
		bad = append(bad, badToken{name: "payload: " + name, code: attest.CodePlayMalformed, print: print})
	}
	return bad
}

// header64 is a header of a compact serialisation.
func header64(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }

// part replaces one part of a compact serialisation.
func part(i int, by func(string) string) func(string) string {
	return func(text string) string {
		parts := strings.Split(text, ".")
		parts[i] = by(parts[i])
		return strings.Join(parts, ".")
	}
}

func to(text string) func(string) string { return func(string) string { return text } }

// badSignatures are sealed for the app, and not signed as Google signs.
func badSignatures(t *testing.T) []badToken {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	by := func(a jose.SignatureAlgorithm, k any) sim.Misprint {
		return sim.Misprint{Signing: &jose.SigningKey{Algorithm: a, Key: k}}
	}
	with := func(name jose.HeaderKey, value any) sim.Misprint {
		return sim.Misprint{JWSHeader: map[jose.HeaderKey]any{name: value}}
	}
	jws := func(f func(string) string) sim.Misprint { return sim.Misprint{JWS: f} }
	const malformed, header = attest.CodePlayMalformed, attest.CodePlayHeader
	return []badToken{
		{name: "signed by another key", code: attest.CodePlaySig, print: by(jose.ES256, key)},
		{name: "payload altered", code: attest.CodePlaySig, print: jws(part(1, func(s string) string { return "e30" + s[3:] }))},
		{name: "signature altered", code: attest.CodePlaySig, print: jws(part(2, to(base64.RawURLEncoding.EncodeToString(make([]byte, 64)))))},
		{name: "signature of 63 bytes", code: attest.CodePlaySig, print: jws(part(2, to(base64.RawURLEncoding.EncodeToString(make([]byte, 63)))))},
		{name: "no signature", code: attest.CodePlaySig, print: jws(part(2, to("")))},
		{name: "HS256", code: attest.CodePlayAlgorithm, print: by(jose.HS256, make([]byte, 32))},
		{name: "ES384", code: attest.CodePlayAlgorithm, print: by(jose.ES384, p384)},
		{name: "none", code: attest.CodePlayAlgorithm, print: jws(func(s string) string {
			return header64(`{"alg":"none"}`) + "." + strings.Split(s, ".")[1] + "."
		})},
		{name: "no algorithm", code: attest.CodePlayAlgorithm, print: jws(part(0, to(header64(`{}`))))},
		{name: "algorithm in another case", code: attest.CodePlayAlgorithm, print: jws(part(0, to(header64(`{"alg":"es256"}`))))},
		{name: "algorithm twice", code: malformed, print: jws(part(0, to(header64(`{"alg":"ES256","alg":"none"}`))))},
		{name: "JWS header is null", code: malformed, print: jws(part(0, to(header64(`null`))))},
		{name: "JWS header is empty", code: malformed, print: jws(part(0, to("")))},
		{name: "nested wrong typ", code: header, print: with("typ", "kofu-device+jwt")},
		{name: "nested typ that is no text", code: header, print: with("typ", 1)},
		{name: "nested cty", code: header, print: with("cty", "JWT")},
		{name: "nested enc", code: header, print: with("enc", "A256GCM")},
		{name: "key in the header", code: header, print: sim.Misprint{Signing: by(jose.ES256, key).Signing, JWSHeader: map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: &key.PublicKey}}}},
		{name: "payload not encoded", code: header, print: jws(part(0, to(header64(`{"alg":"ES256","b64":false,"crit":["b64"]}`))))},
		{name: "no JWS but the payload", code: malformed, print: jws(func(s string) string { return strings.Split(s, ".")[1] })},
		{name: "two parts of a JWS", code: malformed, print: jws(func(s string) string { return s[:strings.LastIndexByte(s, '.')] })},
		{name: "four parts of a JWS", code: malformed, print: jws(func(s string) string { return s + ".e30" })},
		{name: "a JWE in the JWE", code: malformed, print: jws(to("e30.e30.e30.e30.e30"))},
		{name: "line break in the JWS", code: malformed, print: jws(func(s string) string { return s + "\n" })},
		{name: "JWS in JSON", code: malformed, print: jws(func(s string) string {
			p := strings.Split(s, ".")
			return `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`
		})},
	}
}

// badEncryptions are not sealed as Google seals.
func badEncryptions(t *testing.T) []badToken {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	dh, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	recipient := func(a jose.KeyAlgorithm, k any) sim.Misprint {
		return sim.Misprint{Recipient: &jose.Recipient{Algorithm: a, Key: k}}
	}
	member := func(name jose.HeaderKey, value any) sim.Misprint {
		return sim.Misprint{Options: func(o *jose.EncrypterOptions) { *o = *o.WithHeader(name, value) }}
	}
	const alg, header = attest.CodePlayAlgorithm, attest.CodePlayHeader
	return []badToken{
		{name: "for another app's key", code: attest.CodePlayDecrypt, print: recipient(jose.A256KW, make([]byte, 32))},
		{name: "RSA-OAEP", code: alg, print: recipient(jose.RSA_OAEP, &pair.PublicKey)},
		{name: "ECDH-ES", code: alg, print: recipient(jose.ECDH_ES, &dh.PublicKey)},
		{name: "dir", code: alg, print: recipient(jose.DIRECT, make([]byte, 32))},
		{name: "A128KW", code: alg, print: recipient(jose.A128KW, make([]byte, 16))},
		{name: "A256GCMKW", code: alg, print: recipient(jose.A256GCMKW, make([]byte, 32))},
		{name: "PBES2", code: alg, print: recipient(jose.PBES2_HS512_A256KW, "password")},
		{name: "A128GCM", code: alg, print: sim.Misprint{Content: jose.A128GCM}},
		{name: "A256CBC-HS512", code: alg, print: sim.Misprint{Content: jose.A256CBC_HS512}},
		{name: "compressed", code: header, print: sim.Misprint{Options: func(o *jose.EncrypterOptions) { o.Compression = jose.DEFLATE }}},
		{name: "compressed as never before", code: header, print: member("zip", "GZ")},
		{name: "outer wrong typ", code: header, print: member("typ", "kofu-application+jwe")},
		{name: "outer wrong cty", code: header, print: member("cty", "kofu")},
		{name: "key id that is no text", code: header, print: member("kid", []string{"1"})},
		{name: "critical member", code: header, print: member("crit", []string{"exp"})},
		{name: "unknown member", code: header, print: member("later", true)},
	}
}

// badSpellings are strings that no JWE of ours is.
func badSpellings() []badToken {
	jwe := func(f func(string) string) sim.Misprint { return sim.Misprint{JWE: f} }
	bytes64 := func(n int) func(string) string { return to(base64.RawURLEncoding.EncodeToString(make([]byte, n))) }
	const malformed = attest.CodePlayMalformed
	bad := []badToken{
		{name: "oversized", code: attest.CodePlaySize, print: jwe(func(s string) string { return s + strings.Repeat("A", 8<<10) })},
		{name: "dots", code: attest.CodePlaySize, print: jwe(to(strings.Repeat(".", 1<<20)))},
		{name: "header altered", code: attest.CodePlayDecrypt, print: jwe(part(0, to(header64(`{"enc":"A256GCM","alg":"A256KW"}`))))},
		{name: "wrapped key altered", code: attest.CodePlayDecrypt, print: jwe(part(1, bytes64(40)))},
		{name: "IV altered", code: attest.CodePlayDecrypt, print: jwe(part(2, bytes64(12)))},
		{name: "ciphertext altered", code: attest.CodePlayDecrypt, print: jwe(part(3, bytes64(600)))},
		{name: "ciphertext truncated", code: attest.CodePlayDecrypt, print: jwe(part(3, func(s string) string { return s[:len(s)/4*4-4] }))},
		{name: "tag altered", code: attest.CodePlayDecrypt, print: jwe(part(4, bytes64(16)))},
		{name: "algorithm none", code: attest.CodePlayAlgorithm, print: jwe(part(0, to(header64(`{"alg":"none","enc":"A256GCM"}`))))},
		{name: "no content encryption", code: attest.CodePlayAlgorithm, print: jwe(part(0, to(header64(`{"alg":"A256KW"}`))))},
	}
	for name, f := range map[string]func(string) string{
		"nothing":                 to(""),
		"one dot":                 to("."),
		"four dots":               to("...."),
		"truncated":               func(s string) string { return s[:len(s)-2] },
		"cut in half":             func(s string) string { return s[:len(s)/2] },
		"a part more":             func(s string) string { return s + "." },
		"a part less":             func(s string) string { return s[:strings.LastIndexByte(s, '.')] },
		"empty header":            part(0, to("")),
		"empty wrapped key":       part(1, to("")),
		"empty IV":                part(2, to("")),
		"empty ciphertext":        part(3, to("")),
		"empty tag":               part(4, to("")),
		"IV of 13 bytes":          part(2, bytes64(13)),
		"tag of 15 bytes":         part(4, bytes64(15)),
		"wrapped key of 48 bytes": part(1, bytes64(48)),
		"header is text":          part(0, to(header64(`"A256KW"`))),
		"header is null":          part(0, to(header64(`null`))),
		"header with a tail":      part(0, to(header64(`{"alg":"A256KW","enc":"A256GCM"} {}`))),
		"doubled algorithm":       part(0, to(header64(`{"alg":"A256KW","enc":"A256GCM","alg":"A256KW"}`))),
		"padding":                 part(4, func(s string) string { return s + "==" }),
		"unused bits":             part(4, func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]+1) }),
		"standard alphabet":       part(1, func(s string) string { return "+/" + s[2:] }),
		"line break":              func(s string) string { return s[:10] + "\r\n" + s[10:] },
		"space":                   func(s string) string { return " " + s },
		"in JSON":                 to(`{"protected":"e30","ciphertext":""}`),
	} {
		bad = append(bad, badToken{name: "spelling: " + name, code: malformed, print: jwe(f)})
	}
	return bad
}

// badKeys come with good tokens.
func badKeys(t *testing.T) []badToken {
	der := func(key any) []byte {
		b, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(f func([]byte) []byte) func(*desk) []byte {
		return func(d *desk) []byte { return f(d.phone.SPKI()) }
	}
	is := func(b []byte) func(*desk) []byte { return func(*desk) []byte { return b } }
	const code = attest.CodePlayKey
	return []badToken{
		{name: "another phone's key", code: attest.CodePlayNonce, key: func(d *desk) []byte { p, _ := d.google.NewPixel(ourApp); return p.SPKI() }},
		{name: "key: nothing", code: code, key: is(nil)},
		{name: "key: on P-384", code: code, key: is(der(&p384.PublicKey))},
		{name: "key: X25519", code: code, key: is(der(x25519.PublicKey()))},
		{name: "key: truncated", code: code, key: changed(func(b []byte) []byte { return b[:90] })},
		{name: "key: trailing byte", code: code, key: changed(func(b []byte) []byte { return append(b, 0) })},
		{name: "key: point not on the curve", code: code, key: changed(func(b []byte) []byte { b[90] ^= 1; return b })},
		{name: "key: point at infinity", code: code, key: is(make([]byte, 91))},
		{name: "key: another curve's name", code: code, key: changed(func(b []byte) []byte { b[22] = 1; return b })},
		{name: "key: another spelling", code: code, key: changed(shifted)},
		{name: "key: the bare point", code: code, key: changed(func(b []byte) []byte { return b[26:] })},
	}
}

// shifted is a key whose bit string has one bit unused, and is read the same.
func shifted(spki []byte) []byte {
	const header = 25 // up to the number of unused bits
	point := new(big.Int).SetBytes(spki[header+1:])
	return append(append(spki[:header:header], 1), point.Lsh(point, 1).FillBytes(make([]byte, 65))...)
}
