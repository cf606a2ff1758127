// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	"kofu/cardauth/attest/playintegrity"
	"kofu/cardauth/passport"
	"kofu/cert"
)

// phones is what the door for phones is made of beside what it shares with
// others.
type phones struct {
	apple       *appattest.Verifier     // nil: no iOS
	google      *playintegrity.Verifier // nil: no Android
	credentials *attest.Credentials     // nil: devices get none
	chips       *passport.ChipVerifier  // nil: no chip is read
	limits      []byte                  // nil: there are no limits
}

// phones reads what apps and passports are judged by.
func (l *loader) phones(p *parts) {
	a := p.config.App
	p.phones.apple = l.apple(a.Apple)
	p.phones.google = l.google(a.Google)
	p.phones.credentials = l.deviceCredentials(p)
	p.phones.chips = l.chips(a.Passport)
}

func (l *loader) apple(a Apple) *appattest.Verifier {
	c := l.appleConfig(a)
	if c.Roots == nil || len(a.faults(l.env == cert.Production)) > 0 {
		return nil // said already
	}
	l.appleRoots(c.Roots)
	v, err := appattest.New(c)
	l.say("app.apple", err)
	return v
}

func (l *loader) appleConfig(a Apple) appattest.Config {
	c := appattest.Config{
		Roots: l.public("app.apple.roots", a.Roots), AppIDs: a.AppIDs, Development: a.Development, MinVersion: a.MinVersion, Now: now,
	}
	for _, name := range a.Categories {
		if number, known := category(name); known {
			c.Categories = append(c.Categories, number)
		}
	}
	return c
}

// appleRoots refuses roots under which no phone could be good today, and in
// production those of somebody else: a test's would vouch for anything.
func (l *loader) appleRoots(text []byte) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil: // which appattest tells
		case l.now.Before(c.NotBefore) || l.now.After(c.NotAfter):
			l.say("app.apple.roots", errors.New("has a root that is not valid now"))
		case l.env == cert.Production && !slices.Equal(c.Subject.Organization, []string{"Apple Inc."}):
			l.say("app.apple.roots", errors.New("has a root that is not Apple's, and this is production"))
		}
	}
}

func (l *loader) google(g Google) *playintegrity.Verifier {
	c, err := l.googleConfig(g)
	if len(g.faults(l.env == cert.Production)) > 0 || c.DecryptionKey == nil && err == nil {
		return nil // said already
	}
	var v *playintegrity.Verifier
	if err == nil {
		v, err = playintegrity.New(c)
	}
	l.say("app.google", err)
	return v
}

func (l *loader) googleConfig(g Google) (c playintegrity.Config, err error) {
	c = playintegrity.Config{
		Package: g.Package, CertificateDigests: g.CertificateDigests, MinVersion: int64(g.MinVersion),
		DeviceVerdicts: g.Verdicts, AppVerdicts: g.AppVerdicts, Licences: g.Licences,
		MaxAge: time.Duration(g.MaxAge), Development: g.Development, Now: now,
	}
	decryption, verification := l.word("app.google.decryption_key", g.DecryptionKey), l.public("app.google.verification_key", g.VerificationKey)
	if decryption == nil || verification == nil {
		return c, nil
	}
	c.DecryptionKey, c.VerificationKey, err = playintegrity.ConsoleKeys(string(decryption), string(verification))
	return c, err
}

// deviceCredentials wants a key of its own: what one key signs, no other use of
// it may be able to make.
func (l *loader) deviceCredentials(p *parts) *attest.Credentials {
	c := l.credentialConfig(p.config)
	if c.Signer == nil {
		return nil // said already, or there is none
	}
	made, err := attest.NewCredentials(c)
	l.say("app.credential", err)
	if err != nil {
		return nil
	}
	l.compare("app.credential.key", []byte(made.KID()))
	if p.ring != nil {
		for _, k := range p.ring.Publics() {
			if k.Key.Equal(c.Signer.Public()) {
				l.say("app.credential.key", errors.New("is a key of certificates"))
			}
		}
	}
	return made
}

func (l *loader) credentialConfig(c Config) attest.CredentialConfig {
	d := c.App.Credential
	out := attest.CredentialConfig{
		Issuer: c.Issuer, Audience: "kofu-app " + string(c.Environment), Withdrawn: d.Withdrawn, Lifetime: time.Duration(d.Lifetime),
		Development: c.App.Apple.Development || c.App.Google.Development,
	}
	for i, path := range d.Verifying {
		where := fmt.Sprintf("app.credential.verifying[%d]", i)
		if data := l.public(where, path); data != nil {
			key, ok := inPEM(data, "PUBLIC KEY", x509.ParsePKIXPublicKey).(*ecdsa.PublicKey)
			if !ok {
				l.say(where, errors.New("is not an EC public key in PEM"))
				continue
			}
			out.Verifying = append(out.Verifying, key)
		}
	}
	if data := l.secret("app.credential.key", d.Key); data != nil {
		key, ok := inPEM(data, "PRIVATE KEY", x509.ParsePKCS8PrivateKey).(*ecdsa.PrivateKey)
		if !ok {
			l.say("app.credential.key", errors.New("is not an EC private key in PEM (PKCS #8)"))
			return out
		}
		out.Signer = key
	}
	return out
}

// inPEM reads a file of one block; nil if it is not that, or cannot be read.
func inPEM(data []byte, kind string, parse func([]byte) (any, error)) any {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) > 0 {
		return nil
	}
	key, err := parse(block.Bytes)
	if err != nil {
		return nil
	}
	return key
}

func (l *loader) chips(c Passport) *passport.ChipVerifier {
	data := l.public("app.passport.csca", c.CSCA)
	if data == nil {
		return nil
	}
	trusted, err := passport.ParseCSCAs(data)
	if err != nil {
		l.say("app.passport.csca", err)
		return nil
	}
	v := &passport.ChipVerifier{CSCAs: trusted, Now: now, Policy: passport.ChipPolicy{
		SHA1: c.SHA1, ExpiredSigner: c.ExpiredSigner, Withdrawn: map[[sha256.Size]byte]bool{},
	}}
	for _, text := range c.Withdrawn {
		var sum [sha256.Size]byte
		if n, err := hex.Decode(sum[:], []byte(text)[:min(len(text), 2*len(sum))]); err == nil && n == len(sum) { // else said already
			v.Policy.Withdrawn[sum] = true
		}
	}
	return v
}
