// SPDX-License-Identifier: Apache-2.0

package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cert"
	"kofu/cert/keys"
	"kofu/test/keyring"
)

const iss = "https://vc.example.jp/issuer"

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signer(k crypto.Signer, ch cert.Channel) keys.Signer {
	return keys.Signer{Format: keys.SHC, Channel: ch, Key: k, Environment: cert.Test}
}

// parts returns an SHC and a VDS-NC signer for the app, with their chains.
func parts(t *testing.T) (shc, vds keys.Signer) {
	t.Helper()
	ring, err := keyring.New(iss)
	if err != nil {
		t.Fatal(err)
	}
	shc, err1 := ring.Active(keys.SHC, cert.App)
	vds, err2 := ring.Active(keys.VDSNC, cert.App)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return shc, vds
}

// lying is a token that holds another key than it says.
type lying struct{ crypto.Signer }

func (l lying) Public() crypto.PublicKey {
	k, _ := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	return k.Public()
}

// Rows: R2.4
func TestRingRefusesWhatDoesNotFitTogether(t *testing.T) {
	shc, vds := parts(t)
	other := newKey(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	with := func(s keys.Signer, change func(*keys.Signer)) keys.Signer { change(&s); return s }
	production := func(s *keys.Signer) { s.Environment = cert.Production }
	for _, tt := range []struct {
		name     string
		env      cert.Environment
		signers  []keys.Signer
		archived []keys.Public
		want     error
	}{
		{"no signer", cert.Test, nil, nil, keys.ErrNoKey},
		{"no environment", "", []keys.Signer{shc}, nil, keys.ErrEnvironment},
		{"test key in production", cert.Production, []keys.Signer{shc}, nil, keys.ErrEnvironment},
		{"production key in test", cert.Test, []keys.Signer{with(shc, production)}, nil, keys.ErrEnvironment},
		{"key without environment", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.Environment = "" })}, nil, keys.ErrEnvironment},
		{"nil key", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.Key = nil })}, nil, keys.ErrKey},
		{"P-384", cert.Test, []keys.Signer{signer(p384, cert.App)}, nil, keys.ErrKey},
		{"RSA", cert.Test, []keys.Signer{signer(rsaKey, cert.App)}, nil, keys.ErrKey},
		{"signs with another key", cert.Test, []keys.Signer{signer(lying{other}, cert.App)}, nil, keys.ErrKey},
		{"unknown channel", cert.Test, []keys.Signer{signer(other, "fax")}, nil, keys.ErrNoKey},
		{"unknown format", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.Format = "hcert" })}, nil, keys.ErrKey},
		{"kid of another key", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.KID = keys.Thumbprint(&other.PublicKey) })}, nil, keys.ErrKID},
		{"certificate of another key", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.Key, s.KID = other, "" })}, nil, keys.ErrCertificate},
		{"chain out of order", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.Chain = []*x509.Certificate{s.Chain[0], vds.Chain[1]} })}, nil, keys.ErrCertificate},
		{"nil certificate", cert.Test, []keys.Signer{with(shc, func(s *keys.Signer) { s.Chain = []*x509.Certificate{nil} })}, nil, keys.ErrCertificate},
		{"VDS-NC without certificate", cert.Test, []keys.Signer{with(vds, func(s *keys.Signer) { s.Chain = nil })}, nil, keys.ErrCertificate},
		{"VDS-NC without CSCA", cert.Test, []keys.Signer{with(vds, func(s *keys.Signer) { s.Chain = s.Chain[:1] })}, nil, keys.ErrCertificate},
		{"two active for one door", cert.Test, []keys.Signer{shc, signer(other, cert.App)}, nil, keys.ErrDuplicate},
		{"one key for two formats", cert.Test, []keys.Signer{vds, with(vds, func(s *keys.Signer) { s.Format = keys.SHC })}, nil, keys.ErrDuplicate},
		{"one key with two certificates", cert.Test, []keys.Signer{shc, signer(shc.Key, cert.Kiosk)}, nil, keys.ErrDuplicate},
		{"active and archived", cert.Test, []keys.Signer{signer(other, cert.App)}, []keys.Public{{Format: keys.SHC, Key: &other.PublicKey, Environment: cert.Test}}, keys.ErrDuplicate},
		{"archived without key", cert.Test, []keys.Signer{shc}, []keys.Public{{Format: keys.SHC, Environment: cert.Test}}, keys.ErrKey},
		{"archived of production", cert.Test, []keys.Signer{shc}, []keys.Public{{Format: keys.SHC, Key: &other.PublicKey, Environment: cert.Production}}, keys.ErrEnvironment},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if ring, err := keys.New(tt.env, tt.signers, tt.archived); !errors.Is(err, tt.want) || ring != nil {
				t.Errorf("ring %v, error %v, want %v", ring != nil, err, tt.want)
			}
		})
	}
}

func TestRingTellsEveryFaultAtOnce(t *testing.T) {
	shc, vds := parts(t)
	vds.Chain = nil
	shc.Environment = cert.Production
	_, err := keys.New(cert.Test, []keys.Signer{shc, vds}, nil)
	if !errors.Is(err, keys.ErrEnvironment) || !errors.Is(err, keys.ErrCertificate) {
		t.Errorf("got %v", err)
	}
}

// Rows: R2.3
func TestRingHoldsOneActiveKeyPerFormatAndChannel(t *testing.T) {
	a, b, old := newKey(t), newKey(t), newKey(t)
	ring, err := keys.New(cert.Test,
		[]keys.Signer{signer(a, cert.App), signer(b, cert.Kiosk), signer(b, cert.Counter)},
		[]keys.Public{{Format: keys.SHC, Key: &old.PublicKey, Environment: cert.Test}})
	if err != nil {
		t.Fatal(err)
	}
	for ch, want := range map[cert.Channel]*ecdsa.PrivateKey{cert.App: a, cert.Kiosk: b, cert.Counter: b} {
		s, err := ring.Active(keys.SHC, ch)
		if err != nil || s.Key != want || s.Channel != ch || s.KID != keys.Thumbprint(&want.PublicKey) {
			t.Errorf("%s: another key, or %v", ch, err)
		}
	}
	if _, err := ring.Active(keys.VDSNC, cert.App); !errors.Is(err, keys.ErrNoKey) {
		t.Errorf("VDS-NC: got %v", err)
	}
	if s, err := ring.ByKID(keys.Thumbprint(&a.PublicKey)); err != nil || s.Key != a {
		t.Errorf("by kid: got %v", err)
	}
	if _, err := ring.ByKID(keys.Thumbprint(&old.PublicKey)); !errors.Is(err, keys.ErrRetired) {
		t.Errorf("archived: got %v", err)
	}
	if _, err := ring.ByKID("nobody"); !errors.Is(err, keys.ErrNoKey) {
		t.Errorf("unknown: got %v", err)
	}
	if p, err := ring.Public(keys.Thumbprint(&old.PublicKey)); err != nil || !p.Archived {
		t.Errorf("public half of the archived key: %v", err)
	}
	if n := len(ring.Publics()); n != 3 {
		t.Errorf("%d public keys, want 3", n)
	}
}

func TestJWKSPublishesActiveAndArchivedKeysAndNothingPrivate(t *testing.T) {
	shc, vds := parts(t)
	old := newKey(t)
	ring, err := keys.New(cert.Test, []keys.Signer{shc, vds},
		[]keys.Public{{Format: keys.SHC, Key: &old.PublicKey, Environment: cert.Test}})
	if err != nil {
		t.Fatal(err)
	}
	var raw struct{ Keys []map[string]any }
	if err := json.Unmarshal(ring.JWKS(), &raw); err != nil {
		t.Fatal(err)
	}
	for _, k := range raw.Keys {
		for name := range k {
			if !slices.Contains([]string{"kty", "kid", "use", "alg", "crv", "x", "y", "x5c"}, name) {
				t.Errorf("member %q is published", name)
			}
		}
		if k["use"] != "sig" || k["alg"] != "ES256" {
			t.Errorf("use %v alg %v", k["use"], k["alg"])
		}
	}
	var set jose.JSONWebKeySet // checks x5c against x and y
	if err := json.Unmarshal(ring.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 || set.Keys[0].KeyID != shc.KID || set.Keys[1].KeyID != keys.Thumbprint(&old.PublicKey) {
		t.Fatalf("%d keys, or the wrong ones", len(set.Keys))
	}
	if len(set.Keys[0].Certificates) != 2 || set.Keys[0].Certificates[0].URIs[0].String() != iss {
		t.Error("chain of the active key is not published as x5c")
	}
	ring.JWKS()[0] = 'X'
	if ring.JWKS()[0] != '{' {
		t.Error("the ring's own bytes were handed out")
	}
}

// The key set with the counter of the revocation lists is the other one besides.
func TestRevocableJWKSHasTheCounterInEachKey(t *testing.T) {
	shc, vds := parts(t)
	old := newKey(t)
	ring, err := keys.New(cert.Test, []keys.Signer{shc, vds},
		[]keys.Public{{Format: keys.SHC, Key: &old.PublicKey, Environment: cert.Test}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ring.RevocableJWKS(7)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(got), `"crlVersion":7`); n != 2 || strings.ReplaceAll(string(got), `,"crlVersion":7`, "") != string(ring.JWKS()) {
		t.Errorf("in %d keys: %s", n, got)
	}
	for _, bad := range []int64{0, -1} {
		if _, err := ring.RevocableJWKS(bad); !errors.Is(err, keys.ErrCRLVersion) {
			t.Errorf("%d: %v", bad, err)
		}
	}
}

func TestTrustListsHoldSignersAndTheirAuthority(t *testing.T) {
	ring, err := keyring.New(iss)
	if err != nil {
		t.Fatal(err)
	}
	if len(ring.CSCAs()) != 1 || len(ring.BarcodeSigners()) != 3 {
		t.Fatalf("%d CSCAs, %d barcode signers", len(ring.CSCAs()), len(ring.BarcodeSigners()))
	}
	for _, bsc := range ring.BarcodeSigners() {
		if err := bsc.CheckSignatureFrom(ring.CSCAs()[0]); err != nil {
			t.Error(err)
		}
	}
}

func TestCertificatesOfAnotherTimeOrIssuerAreTold(t *testing.T) {
	ring, err := keyring.New(iss)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.CheckTime(time.Now()); err != nil {
		t.Error(err)
	}
	if err := ring.CheckTime(time.Now().AddDate(5, 0, 0)); !errors.Is(err, keys.ErrCertificate) || strings.Count(err.Error(), "\n") != 5 {
		t.Errorf("in five years: %v", err)
	}
	if err := ring.CheckIssuer(iss); err != nil {
		t.Error(err)
	}
	if err := ring.CheckIssuer("https://vc.example.com/issuer"); !errors.Is(err, keys.ErrIssuer) {
		t.Errorf("another issuer: %v", err)
	}
}

// TestThumbprintIsThatOfAPublishedKey takes the first key of the framework's
// own key set.
func TestThumbprintIsThatOfAPublishedKey(t *testing.T) {
	point := []byte{4}
	for _, c := range []string{"11XvRWy1I2S0EyJlyf_bWfw_TQ5CJJNLw78bHXNxcgw", "eZXwxvO1hvCY0KucrPfKo7yAyMT6Ajc3N7OkAB6VYy8"} {
		b, err := base64.RawURLEncoding.DecodeString(c)
		if err != nil {
			t.Fatal(err)
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	if got := keys.Thumbprint(key); got != "3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s" {
		t.Errorf("got %s", got)
	}
	if keys.Thumbprint(nil) != "" || keys.Thumbprint(new(ecdsa.PublicKey)) != "" {
		t.Error("a key that is none has a thumbprint")
	}
}

func TestSignersOfTheRingSignDeterministically(t *testing.T) {
	shc, vds := parts(t)
	for _, s := range []keys.Signer{shc, vds} {
		digest := sha256.Sum256([]byte("the same certificate"))
		a, err1 := s.Key.Sign(nil, digest[:], crypto.SHA256)
		b, err2 := s.Key.Sign(nil, digest[:], crypto.SHA256)
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: two signatures differ, or %v", s.Format, err)
		}
	}
}
