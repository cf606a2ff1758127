// SPDX-License-Identifier: Apache-2.0

package attest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cardauth/attest"
)

func now() time.Time { return time.Date(2026, 11, 20, 3, 4, 5, 600, time.UTC) }

func p256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// office issues credentials; key signs them.
type office struct {
	*attest.Credentials
	config attest.CredentialConfig
	key    *ecdsa.PrivateKey
}

func newOffice(t testing.TB, change func(*attest.CredentialConfig)) *office {
	t.Helper()
	o := &office{key: p256(t)}
	o.config = attest.CredentialConfig{Issuer: "https://kofu.example", Audience: "kofu-test", Signer: o.key}
	if change != nil {
		change(&o.config)
	}
	c, err := attest.NewCredentials(o.config)
	if err != nil {
		t.Fatal(err)
	}
	o.Credentials = c
	return o
}

func phone(t testing.TB) attest.Device {
	return attest.Device{Platform: attest.Android, Key: &p256(t).PublicKey, AppVersion: "42"}
}

func wantCode(t testing.TB, err error, want attest.Code) {
	t.Helper()
	if got, _ := attest.CodeOf(err); got != want || !errors.Is(err, attest.Error{Code: want}) {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
}

// Rows: B7
func TestCredentialComesBackAsItWasIssued(t *testing.T) {
	o := newOffice(t, func(c *attest.CredentialConfig) { c.Development = true })
	for _, d := range []attest.Device{phone(t), {Platform: attest.IOS, Key: &p256(t).PublicKey, Development: true}} {
		token, expires, err := o.Issue(d, now())
		if err != nil {
			t.Fatal(err)
		}
		if want := now().Truncate(time.Second).Add(24 * time.Hour); !expires.Equal(want) {
			t.Errorf("expires %v, want %v", expires, want)
		}
		if again, _, _ := o.Issue(d, now()); again != token {
			t.Error("another token for the same device in the same second")
		}
		got, err := o.Verify(token, now())
		if err != nil || got.Platform != d.Platform || !got.Key.Equal(d.Key) || got.Development != d.Development || got.AppVersion != d.AppVersion {
			t.Errorf("another device: %v", err)
		}
		if d.Thumbprint() != got.Thumbprint() || len(d.Thumbprint()) != 43 {
			t.Errorf("thumbprint %q", d.Thumbprint())
		}
		if len(token) > 1024 {
			t.Errorf("%d characters", len(token))
		}
	}
}

// Rows: B7
func TestCredentialLivesFromThenToThen(t *testing.T) {
	o := newOffice(t, func(c *attest.CredentialConfig) { c.Lifetime = time.Hour })
	token, expires, err := o.Issue(phone(t), now())
	if err != nil {
		t.Fatal(err)
	}
	issued := now().Truncate(time.Second)
	for _, c := range []struct {
		at   time.Time
		code attest.Code
	}{
		{issued.Add(-61 * time.Second), attest.CodeCredentialEarly},
		{issued.Add(-60 * time.Second), ""},
		{expires.Add(60*time.Second - 1), ""},
		{expires.Add(60 * time.Second), attest.CodeCredentialExpired},
		{expires.AddDate(1, 0, 0), attest.CodeCredentialExpired},
	} {
		if _, err := o.Verify(token, c.at); c.code == "" && err != nil {
			t.Errorf("%v: %v", c.at, err)
		} else if c.code != "" {
			wantCode(t, err, c.code)
		}
	}
}

// TestSigningKeyChanges walks a key through its life: next, active, last,
// withdrawn.
func TestSigningKeyChanges(t *testing.T) {
	first, second, d := p256(t), p256(t), phone(t)
	make := func(change func(*attest.CredentialConfig)) *office { return newOffice(t, change) }
	before := make(func(c *attest.CredentialConfig) { c.Signer, c.Verifying = first, []*ecdsa.PublicKey{&second.PublicKey} })
	after := make(func(c *attest.CredentialConfig) { c.Signer, c.Verifying = second, []*ecdsa.PublicKey{&first.PublicKey} })
	reader := make(func(c *attest.CredentialConfig) { c.Signer, c.Verifying = nil, []*ecdsa.PublicKey{&first.PublicKey} })
	withdrawn := make(func(c *attest.CredentialConfig) {
		c.Signer, c.Verifying, c.Withdrawn = second, []*ecdsa.PublicKey{&first.PublicKey}, []string{before.KID()}
	})
	gone := make(func(c *attest.CredentialConfig) { c.Signer = second })
	old, _, err := before.Issue(d, now())
	if err != nil {
		t.Fatal(err)
	}
	young, _, err := after.Issue(d, now())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		by    *office
		token string
		code  attest.Code
	}{
		{"next key, before the change", before, young, ""}, {"last key, after the change", after, old, ""},
		{"by a replica that issues none", reader, old, ""}, {"unknown to that replica", reader, young, attest.CodeCredentialKey},
		{"withdrawn, though it could be verified", withdrawn, old, attest.CodeCredentialWithdrawn},
		{"the new one beside it", withdrawn, young, ""}, {"key thrown away", gone, old, attest.CodeCredentialKey},
	} {
		if _, err := c.by.Verify(c.token, now()); c.code == "" && err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if c.code != "" {
			wantCode(t, err, c.code)
		}
	}
	if _, _, err := reader.Issue(d, now()); !errors.Is(err, attest.ErrIssue) {
		t.Errorf("issued without a key: %v", err)
	}
}

// sign makes a token of any header and claims with the office's own key.
func (o *office) sign(t testing.TB, header, claims string) string {
	t.Helper()
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	digest := sha256.Sum256([]byte(input))
	der, err := o.key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		t.Fatal(err)
	}
	return input + "." + enc.EncodeToString(append(sig.R.FillBytes(make([]byte, 32)), sig.S.FillBytes(make([]byte, 32))...))
}

// Rows: B7
func TestBadCredentialsAreRefused(t *testing.T) {
	o := newOffice(t, nil)
	token, _, err := o.Issue(phone(t), now())
	if err != nil {
		t.Fatal(err)
	}
	good := newDraft(t, o, token)
	if _, err := o.Verify(o.sign(t, good.head, good.claims), now()); err != nil {
		t.Fatal(err) // so that what follows fails for its own reason
	}
	for _, b := range slices.Concat(good.misspelt(), good.misheaded(), good.missaid()) {
		t.Run(b.name, func(t *testing.T) {
			d, err := o.Verify(b.token, now())
			wantCode(t, err, b.code)
			if d.Key != nil {
				t.Error("a device came back")
			}
		})
	}
}

type badToken struct {
	name, token string
	code        attest.Code
}

// draft is a good credential taken apart.
type draft struct {
	t            *testing.T
	o            *office
	token        string
	parts        []string
	head, claims string
}

func newDraft(t *testing.T, o *office, token string) draft {
	parts := strings.Split(token, ".")
	head, err1 := base64.RawURLEncoding.DecodeString(parts[0])
	claims, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return draft{t, o, token, parts, string(head), string(claims)}
}

func (d draft) replace(s, old, new string) string {
	d.t.Helper()
	if !strings.Contains(s, old) {
		d.t.Fatalf("no %s in what is issued", old)
	}
	return strings.Replace(s, old, new, 1)
}

// said signs other claims, headed another header.
func (d draft) said(old, new string) string {
	return d.o.sign(d.t, d.head, d.replace(d.claims, old, new))
}

func (d draft) headed(old, new string) string {
	return d.o.sign(d.t, d.replace(d.head, old, new), d.claims)
}

// unsigned is a header and the claims, with a dot behind them.
func (d draft) unsigned(old, new string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(d.replace(d.head, old, new))) + "." + d.parts[1] + "."
}

// hmac uses the public key as if it were a secret.
func (d draft) hmac() string {
	text := strings.TrimSuffix(d.unsigned("ES256", "HS256"), ".")
	point, err := d.o.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	m := hmac.New(sha256.New, point)
	m.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (d draft) asn1Signed() string {
	digest := sha256.Sum256([]byte(d.parts[0] + "." + d.parts[1]))
	der, err := d.o.key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.parts[0] + "." + d.parts[1] + "." + base64.RawURLEncoding.EncodeToString(der)
}

// misspelt are refused before anything is believed.
func (d draft) misspelt() []badToken {
	const malformed = attest.CodeCredentialMalformed
	return []badToken{
		{"nothing", "", attest.CodeCredentialMissing},
		{"two parts", d.parts[0] + "." + d.parts[1], malformed},
		{"four parts", d.token + ".", malformed},
		{"oversized", d.token + strings.Repeat("A", 2048), malformed},
		{"line break", d.parts[0] + ".\n" + d.parts[1] + "." + d.parts[2], malformed},
		{"blank before", " " + d.token, malformed},
		{"padding", d.token + "==", malformed},
		{"unused bits", d.parts[0] + "." + d.parts[1] + "." + d.parts[2][:85] + unused(d.parts[2][85]), malformed},
		{"JSON serialisation", `{"payload":"` + d.parts[1] + `","signatures":[]}`, malformed},
	}
}

// misheaded have another header than is issued, or another signature.
func (d draft) misheaded() []badToken {
	const malformed = attest.CodeCredentialMalformed
	return []badToken{
		{"header is no JSON", d.o.sign(d.t, "x", d.claims), malformed},
		{"header with a member more", d.headed(`{`, `{"crit":["exp"],`), malformed},
		{"header with its own key", d.headed(`{`, `{"jwk":{},`), malformed},
		{"header with a member twice", d.headed(`{`, `{"alg":"none",`), malformed},
		{"header in another case", d.headed(`"alg"`, `"ALG"`), malformed},
		{"bytes behind the header", d.o.sign(d.t, d.head+" {}", d.claims), malformed},
		{"no algorithm", d.unsigned("ES256", "none"), attest.CodeCredentialAlgorithm},
		{"HMAC with the public key", d.hmac(), attest.CodeCredentialAlgorithm},
		{"another curve's algorithm", d.headed("ES256", "ES384"), attest.CodeCredentialAlgorithm},
		{"another type", d.headed("kofu-device+jwt", "JWT"), attest.CodeCredentialType},
		{"another kid", d.headed(d.o.KID(), strings.Repeat("A", 43)), attest.CodeCredentialKey},
		{"no kid", d.headed(d.o.KID(), ""), attest.CodeCredentialKey},
		{"signature altered", d.parts[0] + "." + d.parts[1] + "." + flip(d.parts[2]), attest.CodeCredentialSig},
		{"no signature", d.parts[0] + "." + d.parts[1] + ".", attest.CodeCredentialSig},
		{"signature in ASN.1", d.asn1Signed(), attest.CodeCredentialSig},
		{"claims altered", d.parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(d.replace(d.claims, `"42"`, `"43"`))) + "." + d.parts[2], attest.CodeCredentialSig},
	}
}

// missaid are signed well, and say what is never said.
func (d draft) missaid() []badToken {
	const malformed = attest.CodeCredentialMalformed
	iat, exp := now().Unix(), now().Unix()+86400
	_, x, _ := strings.Cut(d.claims, `"x":"`)
	x = x[:43]
	return []badToken{
		{"claims are no JSON", d.o.sign(d.t, d.head, "x"), malformed},
		{"claims are a list", d.o.sign(d.t, d.head, "[]"), malformed},
		{"a claim more", d.said(`{`, `{"sub":"x",`), malformed},
		{"a claim twice", d.said(`{`, `{"iss":"x",`), malformed},
		{"a member more in the key", d.said(`"kty"`, `"d":"","kty"`), malformed},
		{"time with a fraction", d.said(`"exp":`, `"exp":0.5e1,"x":`), malformed},
		{"time as text", d.said(`"exp":`+num(exp), `"exp":"`+num(exp)+`"`), malformed},
		{"two audiences", d.said(`"kofu-test"`, `["kofu-test"]`), malformed},
		{"another issuer", d.said("https://kofu.example", "https://kofu.example.test"), attest.CodeCredentialIssuer},
		{"another audience", d.said("kofu-test", "kofu"), attest.CodeCredentialAudience},
		{"null", d.o.sign(d.t, d.head, "null"), attest.CodeCredentialIssuer},
		{"longer than a day", d.said(num(exp), num(exp+1)), attest.CodeCredentialLifetime},
		{"ends as it begins", d.said(num(exp), num(iat)), attest.CodeCredentialLifetime},
		{"never ends", d.said(num(exp), "9223372036854775807"), attest.CodeCredentialLifetime},
		{"another platform", d.said(`"android"`, `"symbian"`), attest.CodePlatform},
		{"a development device", d.said(`"dev":false`, `"dev":true`), attest.CodeEnvironment},
		{"key of another type", d.said(`"EC"`, `"OKP"`), attest.CodeDeviceKey},
		{"key on another curve", d.said(`"P-256"`, `"P-384"`), attest.CodeDeviceKey},
		{"coordinate too short", d.said(x, x[:42]), attest.CodeDeviceKey},
		{"coordinate with padding", d.said(x, x+"="), attest.CodeDeviceKey},
		{"point on no curve", d.said(x, base64.RawURLEncoding.EncodeToString(make([]byte, 32))), attest.CodeDeviceKey},
	}
}

func num(n int64) string { b, _ := json.Marshal(n); return string(b) }

// flip changes a bit in the middle of base64url text.
func flip(s string) string {
	b := []byte(s)
	if b[40]++; b[40]-1 == 'A' {
		return string(b)
	}
	b[40] = 'A'
	return string(b)
}

// unused sets a bit of the last character that no byte is made of.
func unused(last byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, last)|1])
}

func TestDevicesThatGetNoCredential(t *testing.T) {
	o := newOffice(t, nil)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*attest.Device)
		code   attest.Code
	}{
		{func(d *attest.Device) { d.Platform = "" }, attest.CodePlatform},
		{func(d *attest.Device) { d.Key = nil }, attest.CodeDeviceKey},
		{func(d *attest.Device) { d.Key = &p384.PublicKey }, attest.CodeDeviceKey},
		{func(d *attest.Device) { d.Development = true }, attest.CodeEnvironment},
	} {
		d := phone(t)
		c.change(&d)
		token, _, err := o.Issue(d, now())
		wantCode(t, err, c.code)
		if token != "" {
			t.Error("a token came back")
		}
	}
}

// broken signs with one key and says that it has another.
type broken struct{ shown, used *ecdsa.PrivateKey }

func (b broken) Public() crypto.PublicKey { return &b.shown.PublicKey }

func (b broken) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return b.used.Sign(r, digest, o)
}

func TestCredentialConfigurationIsChecked(t *testing.T) {
	key, other := p256(t), p256(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kid := newOffice(t, func(c *attest.CredentialConfig) { c.Signer = key }).KID()
	for name, change := range map[string]func(*attest.CredentialConfig){
		"no issuer":                    func(c *attest.CredentialConfig) { c.Issuer = "" },
		"no audience":                  func(c *attest.CredentialConfig) { c.Audience = "" },
		"no key":                       func(c *attest.CredentialConfig) { c.Signer = nil },
		"a nil key":                    func(c *attest.CredentialConfig) { c.Verifying = []*ecdsa.PublicKey{nil} },
		"signer on P-384":              func(c *attest.CredentialConfig) { c.Signer = p384 },
		"verification key on P-384":    func(c *attest.CredentialConfig) { c.Verifying = []*ecdsa.PublicKey{&p384.PublicKey} },
		"signer that has another key":  func(c *attest.CredentialConfig) { c.Signer = broken{key, other} },
		"more than a day":              func(c *attest.CredentialConfig) { c.Lifetime = 24*time.Hour + 1 },
		"less than a minute":           func(c *attest.CredentialConfig) { c.Lifetime = time.Second },
		"its own key withdrawn":        func(c *attest.CredentialConfig) { c.Withdrawn = []string{kid} },
		"withdrawn is no thumbprint":   func(c *attest.CredentialConfig) { c.Withdrawn = []string{"1"} },
		"withdrawn an empty key id":    func(c *attest.CredentialConfig) { c.Withdrawn = []string{""} },
		"nothing but a withdrawn list": func(c *attest.CredentialConfig) { c.Signer, c.Withdrawn = nil, []string{kid} },
	} {
		c := attest.CredentialConfig{Issuer: "i", Audience: "a", Signer: key}
		change(&c)
		if got, err := attest.NewCredentials(c); got != nil || !errors.Is(err, attest.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCredential: no token but those issued is good, and every refusal has a
// code.
func FuzzCredential(f *testing.F) {
	o := newOffice(f, nil)
	good, _, err := o.Issue(phone(f), now())
	if err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(good, ".")
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	f.Add(good+".", string(header), string(claims))
	f.Add(parts[0]+"."+parts[1]+".", `{"alg":"none"}`, `{}`)
	f.Add("..", `{"alg":"ES256","kid":"","typ":"kofu-device+jwt"}`, `{"iat":-9223372036854775808,"exp":-9223372036854775807}`)
	f.Fuzz(func(t *testing.T, token, header, claims string) {
		for _, token := range []string{token, o.sign(t, header, claims)} {
			d, err := o.Verify(token, now())
			if c, ok := attest.CodeOf(err); err != nil && (!ok || !slices.Contains(attest.Codes(), c)) {
				t.Fatalf("unexpected error %v", err)
			}
			if err == nil && (d.Development || d.Thumbprint() == "" || !d.Platform.Valid()) {
				t.Fatal("a device that gets no credential")
			}
		}
	})
}
