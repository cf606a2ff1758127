// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"kofu/test/attest"
	"kofu/test/phone"
)

const (
	siteAppID   = "ABCDE12345.jp.example.kofu"
	sitePackage = "jp.example.kofu"
)

// openApp gives the site the door for phones: both platforms, whose proof is
// required.
func (s *site) openApp() (err error) {
	if s.apple, err = attest.NewApple(time.Now()); err != nil {
		return err
	}
	if s.google, err = attest.NewGoogle(time.Now); err != nil {
		return err
	}
	private, _, err := keyPair()
	if err != nil {
		return err
	}
	decryption, verification := s.google.Console()
	s.section("secrets")["limits"] = "limits"
	s.config["app"] = map[string]any{
		"apple": map[string]any{"roots": "apple.pem", "app_ids": []string{siteAppID}},
		"google": map[string]any{"package": sitePackage, "certificate_digests": []string{siteDigest()},
			"decryption_key": "play-decryption", "verification_key": "play-verification"},
		"credential": map[string]any{"key": "device.pem"},
		"releases": map[string]any{"ios": map[string]any{"minimum": "2.1.0", "store": "https://apps.apple.com/jp/app/id1"},
			"android": map[string]any{"minimum": "2.1.0", "store": "https://play.google.com/store/apps/details?id=" + sitePackage}},
	}
	return errors.Join(s.write("apple.pem", s.apple.RootPEM()), s.write("device.pem", private), s.write("limits", bytes.Repeat([]byte("l"), 32)),
		s.write("play-decryption", []byte(decryption+"\n")), s.write("play-verification", []byte(verification+"\n")))
}

// siteDigest is of the certificate that signs the app, as the Play Console shows it.
func siteDigest() string {
	sum := attest.AppCertificate()
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// keyPair is a key on P-256 as openssl writes it, and its public half.
func keyPair() (private, public []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	return inPEMs(key)
}

func inPEMs(key *ecdsa.PrivateKey) (private, public []byte, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}), err
}

// iphone is one with the genuine app.
func (s *site) iphone(t *testing.T) phone.IPhone {
	t.Helper()
	p, err := s.apple.NewIPhone(siteAppID)
	if err != nil {
		t.Fatal(err)
	}
	return phone.IPhone{IPhone: p}
}

// pixel likewise.
func (s *site) pixel(t *testing.T) phone.Pixel {
	t.Helper()
	p, err := s.google.NewPixel(sitePackage)
	if err != nil {
		t.Fatal(err)
	}
	return phone.Pixel{Pixel: p}
}
