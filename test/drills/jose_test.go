// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kofu/test/attest"
	"kofu/test/phone"
)

var b64 = base64.RawURLEncoding

// members is a JSON object.
type members = map[string]any

// token is a JWS or JWE, taken apart.
type token struct {
	header members
	parts  []string // as they are written, the header first
}

func parse(t testing.TB, text string) token {
	t.Helper()
	k := token{parts: strings.Split(text, ".")}
	data := must(b64.DecodeString(k.parts[0]))(t)
	if err := json.Unmarshal(data, &k.header); err != nil {
		t.Fatal(err)
	}
	return k
}

// with has other members in the header; nil takes one away.
func (k token) with(changes members) token {
	h := maps.Clone(k.header)
	for name, v := range changes {
		if h[name] = v; v == nil {
			delete(h, name)
		}
	}
	data, _ := json.Marshal(h) // of plain values
	return token{h, append([]string{b64.EncodeToString(data)}, k.parts[1:]...)}
}

// claiming has another payload.
func (k token) claiming(change func(members)) token {
	payload := members{} // and nothing of what was there, if that was packed
	data, _ := b64.DecodeString(k.parts[1])
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	_ = d.Decode(&payload)
	change(payload)
	data, _ = json.Marshal(payload)
	return token{k.header, []string{k.parts[0], b64.EncodeToString(data), k.parts[2]}}
}

func (k token) String() string { return strings.Join(k.parts, ".") }

// signed has a signature by whoever.
func (k token) signed(by func(input []byte) []byte) string {
	input := k.parts[0] + "." + k.parts[1]
	return input + "." + b64.EncodeToString(by([]byte(input)))
}

// es256 signs as RFC 7518 section 3.4 has it.
func es256(key *ecdsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			return nil
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func hs256(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

func fixed(sig []byte) func([]byte) []byte { return func([]byte) []byte { return sig } }

func jwk(key *ecdsa.PublicKey, kid string) members {
	point, _ := key.Bytes()
	return members{"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": b64.EncodeToString(point[1:33]), "y": b64.EncodeToString(point[33:])}
}

// secrets are a public key in every form that somebody could take for one that
// is shared.
func secrets(t testing.TB, key *ecdsa.PublicKey) map[string][]byte {
	t.Helper()
	der := must(x509.MarshalPKIXPublicKey(key))(t)
	point := must(key.Bytes())(t)
	set, _ := json.Marshal(jwk(key, ""))
	return map[string][]byte{"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "a point": point, "JWK": set, "nothing": nil}
}

// lures listens where a token says that a key is to be found.
func lures(t testing.TB) (url string, called *atomic.Int64) {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	called = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			called.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return "http://" + l.Addr().String() + "/keys.json", called
}

// signatures makes of a good JWS all that only looks like one. The key is the
// one that has signed it, of which the attacker knows the public half.
func signatures(t testing.TB, good string, key *ecdsa.PublicKey, lure string) map[string]string {
	t.Helper()
	k := parse(t, good)
	mine := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	another := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	theirs := must(b64.DecodeString(k.parts[2]))(t)
	kid, _ := k.header["kid"].(string)
	der := must(x509.MarshalPKIXPublicKey(&mine.PublicKey))(t)
	own := must(newAuthority())(t)
	order := elliptic.P256().Params().N
	all := map[string]string{
		"alg none":                     k.with(members{"alg": "none"}).signed(fixed(nil)),
		"alg None with the signature":  k.with(members{"alg": "None"}).signed(fixed(theirs)),
		"alg nOnE":                     k.with(members{"alg": "nOnE"}).signed(fixed(nil)),
		"no alg":                       k.with(members{"alg": nil}).signed(fixed(theirs)),
		"alg empty":                    k.with(members{"alg": ""}).signed(fixed(nil)),
		"alg a list":                   k.with(members{"alg": []any{"ES256", "none"}}).signed(fixed(theirs)),
		"RS256 by another key":         k.with(members{"alg": "RS256"}).signed(func(b []byte) []byte { return rs256(another, b) }),
		"PS256":                        k.with(members{"alg": "PS256"}).signed(fixed(make([]byte, 256))),
		"ES384":                        k.with(members{"alg": "ES384"}).signed(fixed(make([]byte, 96))),
		"EdDSA":                        k.with(members{"alg": "EdDSA"}).signed(fixed(make([]byte, 64))),
		"another key":                  k.signed(es256(mine)),
		"embedded jwk":                 k.with(members{"jwk": jwk(&mine.PublicKey, kid)}).signed(es256(mine)),
		"embedded jwk, no kid":         k.with(members{"jwk": jwk(&mine.PublicKey, ""), "kid": nil}).signed(es256(mine)),
		"embedded x5c":                 k.with(members{"x5c": []string{base64.StdEncoding.EncodeToString(own.root.Raw)}}).signed(es256(own.key)),
		"jku":                          k.with(members{"jku": lure}).signed(es256(mine)),
		"x5u":                          k.with(members{"x5u": lure}).signed(es256(mine)),
		"kid a file":                   k.with(members{"kid": "../../../../../dev/null"}).signed(hs256(nil)),
		"kid SQL":                      k.with(members{"kid": "x' UNION SELECT 'a"}).signed(es256(mine)),
		"kid a URL":                    k.with(members{"kid": lure}).signed(es256(mine)),
		"kid with NUL":                 k.with(members{"kid": kid + "\x00"}).signed(es256(mine)),
		"kid a number":                 k.with(members{"kid": 7}).signed(fixed(theirs)),
		"kid a long text":              k.with(members{"kid": strings.Repeat("a", 1000)}).signed(fixed(theirs)),
		"kid none":                     k.with(members{"kid": nil}).signed(fixed(theirs)),
		"crit exp":                     k.with(members{"crit": []string{"exp"}, "exp": 1}).signed(fixed(theirs)),
		"crit empty":                   k.with(members{"crit": []string{}}).signed(fixed(theirs)),
		"b64 false":                    k.with(members{"b64": false, "crit": []string{"b64"}}).signed(fixed(theirs)),
		"zip":                          k.with(members{"zip": "GZ"}).signed(fixed(theirs)),
		"another typ":                  k.with(members{"typ": "JWT"}).signed(fixed(theirs)),
		"a signature of zeros":         k.signed(fixed(make([]byte, 64))),
		"r and s the order":            k.signed(fixed(append(order.FillBytes(make([]byte, 32)), order.FillBytes(make([]byte, 32))...))),
		"no signature":                 k.signed(fixed(nil)),
		"the signature in DER":         k.signed(fixed(asDER(theirs))),
		"the signature and a byte":     k.signed(fixed(append(slices.Clone(theirs), 0))),
		"half a signature":             k.signed(fixed(theirs[:32])),
		"two parts":                    k.parts[0] + "." + k.parts[1],
		"four parts":                   k.String() + "." + k.parts[2],
		"five parts":                   k.String() + "..",
		"padding":                      k.parts[0] + "=." + k.parts[1] + "=." + k.parts[2] + "=",
		"a line break":                 k.parts[0] + "\n." + k.parts[1] + "." + k.parts[2],
		"a header twice":               b64.EncodeToString([]byte(`{"alg":"none","alg":"ES256","kid":"`+kid+`"}`)) + "." + k.parts[1] + "." + k.parts[2],
		"JSON, flattened":              `{"payload":"` + k.parts[1] + `","protected":"` + k.parts[0] + `","signature":"` + k.parts[2] + `"}`,
		"JSON, unprotected":            `{"payload":"` + k.parts[1] + `","header":{"alg":"none"},"signature":""}`,
		"JSON, two signatures":         `{"payload":"` + k.parts[1] + `","signatures":[{"protected":"` + k.parts[0] + `","signature":"` + k.parts[2] + `"},{"protected":"e30","signature":""}]}`,
		"encrypted to itself":          b64.EncodeToString([]byte(`{"alg":"dir","enc":"A256GCM","cty":"JWT"}`)) + "..AAAAAAAAAAAAAAAA." + k.parts[1] + ".AAAAAAAAAAAAAAAAAAAAAA",
		"PBES2 with a huge p2c":        b64.EncodeToString([]byte(`{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2s":"AAAAAAAAAAA","p2c":2147483647}`)) + ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"a payload of its own":         k.claiming(func(m members) { m["exp"] = 4102444800 }).signed(fixed(theirs)),
		"a payload of its own, no alg": k.with(members{"alg": "none"}).claiming(func(m members) { m["exp"] = 4102444800 }).signed(fixed(nil)),
		"a public key as the header":   base64.RawURLEncoding.EncodeToString(der) + "." + k.parts[1] + "." + k.parts[2],
	}
	for form, secret := range secrets(t, key) {
		all["HS256 with the public key, "+form] = k.with(members{"alg": "HS256"}).signed(hs256(secret))
	}
	return all
}

func rs256(key *rsa.PrivateKey, input []byte) []byte {
	sum := sha256.Sum256(input)
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return nil
	}
	return sig
}

func asDER(raw []byte) []byte {
	integer := func(b []byte) []byte {
		b = bytes.TrimLeft(b, "\x00")
		if b[0]&0x80 != 0 {
			b = append([]byte{0}, b...)
		}
		return append([]byte{2, byte(len(b))}, b...)
	}
	both := append(integer(raw[:32]), integer(raw[32:])...)
	return append([]byte{0x30, byte(len(both))}, both...)
}

// same collects refusals, which must all be the same bytes: who tries learns
// nothing of how near they came.
type same struct {
	code string
	text map[string]string // by text: who got it
}

var requestID = regexp.MustCompile(`"request_id":"[A-Z2-7]+"`)

func (s *same) hold(name string, got *phone.Response) error {
	p, err := got.Problem()
	if err != nil {
		return err
	}
	if p.Code != s.code {
		return fmt.Errorf("%s: %d %s", name, got.Status, p.Code)
	}
	if s.text == nil {
		s.text = map[string]string{}
	}
	s.text[requestID.ReplaceAllString(string(got.Body), "")] = name
	if len(s.text) > 1 {
		return fmt.Errorf("%s: another text than others have: %s", name, got.Body)
	}
	return nil
}

// A credential is what our own key has signed as ES256, in the one form there
// is. Nothing in it says how it is to be judged, and nothing is fetched.
func TestDeviceCredentialIsNotConfused(t *testing.T) {
	w := theWorld(t)
	c, heard, _ := w.certified(t, strict, 120)
	application := clone(heard.heard["/app/v1/applications"]).(map[string]any)
	lure, called := lures(t)
	all := signatures(t, c.Credential.Token, &w.device.PublicKey, lure)
	k := parse(t, c.Credential.Token)
	now := time.Now().Unix()
	for name, change := range map[string]func(members){ // signed by the right key, which nobody has but us
		"for ever":          func(m members) { m["exp"] = now + 10*365*86400 },
		"of tomorrow":       func(m members) { m["iat"], m["exp"] = now+86400, now+2*86400 },
		"of yesterday":      func(m members) { m["iat"], m["exp"] = now-2*86400, now-86400 },
		"of production":     func(m members) { m["aud"] = "kofu-app" },
		"of another issuer": func(m members) { m["iss"] = "https://evil.example/issuer" },
		"of no key":         func(m members) { delete(m, "cnf") },
		"of a secret key":   func(m members) { m["cnf"] = members{"jwk": members{"kty": "oct", "k": "AAAA"}} },
		"exp a fraction":    func(m members) { m["exp"] = json.Number("1e400") },
		"one member more":   func(m members) { m["admin"] = true },
	} {
		all["well signed, "+name] = k.claiming(change).signed(es256(w.device))
	}
	good := must(c.Send(t.Context(), http.MethodPost, "/app/v1/applications", "application/json", []byte(encode(application))))(t)
	if p, err := good.Problem(); err != nil || p.Code != "challenge_invalid" {
		t.Fatalf("with a good credential: %d %s", good.Status, good.Body)
	}
	refusals := &same{code: "app_not_accepted"}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		application["credential"] = all[name]
		begun := time.Now()
		got := must(c.Send(t.Context(), http.MethodPost, "/app/v1/applications", "application/json", []byte(encode(application))))(t)
		if got.Status == http.StatusBadRequest && len(all[name]) > 2048 {
			continue
		}
		if err := refusals.hold(name, got); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
	if n := called.Load(); n > 0 {
		t.Errorf("%d times a key was fetched from where the token said", n)
	}
	t.Logf("%d tokens, one answer", len(all))
}

// What Google's servers encrypt and sign is taken in one form only.
func TestPlatformTokenIsNotConfused(t *testing.T) {
	w := theWorld(t)
	pixel := must(w.google.NewPixel(appPackage))(t)
	genuine := w.google
	stranger := must(attest.NewGoogle(time.Now))(t)
	stranger.DecryptionKey = genuine.DecryptionKey
	refusals := &same{code: "app_not_accepted"}
	for name, misprint := range map[string]attest.Misprint{
		"nothing wrong":                 {},
		"a JWS in the place of the JWE": {JWE: func(s string) string { return strings.Join(strings.Split(s, ".")[:3], ".") }},
		"alg none inside":               {JWS: func(s string) string { return parse(t, s).with(members{"alg": "none"}).signed(fixed(nil)) }},
		"HS256 inside": {JWS: func(s string) string {
			return parse(t, s).with(members{"alg": "HS256"}).signed(hs256(must(x509.MarshalPKIXPublicKey(&genuine.Signer.PublicKey))(t)))
		}},
		"another key inside": {JWS: func(s string) string { return parse(t, s).signed(es256(stranger.Signer)) }},
		"an embedded jwk inside": {JWS: func(s string) string {
			return parse(t, s).with(members{"jwk": jwk(&stranger.Signer.PublicKey, "")}).signed(es256(stranger.Signer))
		}},
		"alg dir": {JWE: func(s string) string { return parse(t, s).with(members{"alg": "dir"}).String() }},
		"PBES2 with a huge p2c": {JWE: func(s string) string {
			return parse(t, s).with(members{"alg": "PBES2-HS512+A256KW", "p2s": "AAAAAAAAAAA", "p2c": 2147483647}).String()
		}},
		"RSA-OAEP":               {JWE: func(s string) string { return parse(t, s).with(members{"alg": "RSA-OAEP"}).String() }},
		"zip, unsaid before":     {JWE: func(s string) string { return parse(t, s).with(members{"zip": "DEF"}).String() }},
		"a bomb, well encrypted": bomb(),
		"crit":                   {JWE: func(s string) string { return parse(t, s).with(members{"crit": []string{"x"}, "x": 1}).String() }},
		"JSON": {JWE: func(s string) string {
			p := strings.Split(s, ".")
			return `{"protected":"` + p[0] + `","encrypted_key":"` + p[1] + `","iv":"` + p[2] + `","ciphertext":"` + p[3] + `","tag":"` + p[4] + `"}`
		}},
	} {
		c, _ := w.phone(t, strict, 1)
		c.Handset, c.App = phone.Pixel{Pixel: pixel, Misprint: misprint}, "android/2.1.0"
		ch := must(c.Challenge(t.Context()))(t)
		in := must(c.Handset.Attest(ch.Challenge))(t)
		in.Challenge = ch.ID
		begun := time.Now()
		got := must(c.Send(t.Context(), http.MethodPost, "/app/v1/devices", "application/json", must(json.Marshal(in))(t)))(t)
		if name == "nothing wrong" {
			if got.Status != http.StatusCreated {
				t.Errorf("%s: %d %s", name, got.Status, got.Body)
			}
			continue
		}
		if err := refusals.hold(name, got); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

// Nothing but what a published key has signed as ES256 is authentic.
func TestHealthCardIsNotConfused(t *testing.T) {
	t.Parallel()
	w := theWorld(t)
	dir := t.TempDir()
	c, _, reviewed := w.certified(t, open, 130)
	got := must(c.Issue(t.Context(), reviewed.Sealed, false))(t)
	keys := w.trust(t, dir)
	verify := func(text string) (code int, said []byte) {
		file := filepath.Join(dir, "card")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), filepath.Join(first.dir, "kofu"), "verify", "-jwks", keys, file)
		said, _ = cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), said
	}
	if code, said := verify(got.SHC.JWS); code != 0 {
		t.Fatalf("the card itself: exit %d: %s", code, said)
	}
	lure, called := lures(t)
	k := parse(t, got.SHC.JWS)
	all := signatures(t, got.SHC.JWS, w.published(t, keys, k.header["kid"]), lure)
	all["unpacked"] = k.with(members{"zip": nil}).String()
	for name, text := range all {
		if code, said := verify(text); code != 1 && code != 2 {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
	if n := called.Load(); n > 0 {
		t.Errorf("%d times a key was fetched from where the card said", n)
	}
	t.Logf("%d cards, none authentic", len(all))
}

// published is a key of the published set.
func (w *world) published(t testing.TB, file string, kid any) *ecdsa.PublicKey {
	t.Helper()
	var set struct {
		Keys []struct{ Kid, X, Y string }
	}
	if err := json.Unmarshal(must(os.ReadFile(file))(t), &set); err != nil {
		t.Fatal(err)
	}
	for _, one := range set.Keys {
		if one.Kid == kid {
			point := slices.Concat([]byte{4}, must(b64.DecodeString(one.X))(t), must(b64.DecodeString(one.Y))(t))
			return must(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point))(t)
		}
	}
	t.Fatalf("no key %v is published", kid)
	return nil
}
