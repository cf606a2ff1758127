// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"kofu/cert"
)

// Verifier proves cards. It is safe for concurrent use once its fields are
// set; to change the anchors, make another one.
type Verifier struct {
	Anchors    *Anchors          // who may certify a municipality's key
	Challenges ChallengeStore    // shared by all replicas
	Policy     Policy            // until when each suite is accepted; zero: [DefaultPolicy]
	Cache      *CertificateCache // may be nil, and may be shared by verifiers
	Now        func() time.Time  // nil: [time.Now]

	// Turns bounds how many cards are proved at once: it waits for a turn, once
	// the challenge is taken, and returns what ends it. Its error is ctx's, or
	// says that there is no turn to be had in time. Nil: as many as come.
	Turns func(ctx context.Context, ch cert.Channel) (end func(), err error)

	// Bindings says how card and person are tied at each channel. A channel that
	// is not in the map has [Surface]; nil stands for [DefaultBindings]. So
	// nobody gets [Attested] for the app by leaving something out.
	Bindings map[cert.Channel]Binding
}

// ErrNotReady is returned by a [Verifier] that lacks anchors or store, or is
// to bind by the surface application and has no anchor for it.
var ErrNotReady = errors.New("cardauth: no trust anchors or no challenge store")

// Check reports whether the verifier can work at all.
func (v *Verifier) Check() error {
	if v.Anchors == nil || !v.Anchors.has(TextAP) || v.Challenges == nil {
		return ErrNotReady
	}
	return v.checkBindings()
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// Verify uses the challenge up and returns the person whom the files are
// about, in the order that the package comment gives. Each reason for refusing
// is an [Error]; [ErrChallengeStore], wrapped, says that nothing was decided
// and a new attempt may succeed. ev is read only; the caller wipes it, and the
// Person, when the request ends.
func (v *Verifier) Verify(ctx context.Context, ev Evidence, ch cert.Channel, p cert.Purpose) (*Person, error) {
	if err := v.Check(); err != nil {
		return nil, err
	}
	challenge, err := v.takeChallenge(ctx, ev.Challenge, ch, p)
	if err != nil {
		return nil, err
	}
	if v.Turns != nil {
		end, err := v.Turns(ctx, ch)
		if err != nil {
			return nil, err
		}
		defer end()
	}
	return v.prove(ev, challenge)
}

// prove is the computing of Verify.
func (v *Verifier) prove(ev Evidence, challenge Challenge) (*Person, error) {
	day := cert.DateOf(v.now())
	crt, err := v.verifyCertificate(TextAP, ev.Files.EF0004, day)
	if err != nil {
		return nil, err
	}
	present, err := v.cardPresent(challenge, crt, ev, day)
	if err != nil {
		return nil, err
	}
	content, err := crt.content(ev.Files.EF0003)
	if err != nil {
		return nil, err
	}
	person, err := readPerson(ev.Files, content, crt.scheme)
	if err != nil {
		return nil, err
	}
	if err := present.binds(person.Applicant.Holder); err != nil {
		person.Wipe()
		return nil, err
	}
	person.Binding, person.CardKey, person.Challenge = present.binding, present.cardKey, challenge.Bytes
	person.SigningKeyID, person.IssuerID = crt.subject, crt.issuer
	return person, nil
}

// readPerson compares EF0001 and EF0002 with their digests, and only then
// reads them.
func readPerson(files Files, content contentFile, s scheme) (*Person, error) {
	numberFile, err := parseNumberFile(files.EF0001)
	if err != nil {
		return nil, refuse("EF0001", CodeMalformed)
	}
	attr, err := parseAttrFile(files.EF0002)
	if err != nil {
		return nil, refuse("EF0002", CodeMalformed)
	}
	if !numberFile.matches(files.EF0001, s, content.numberSum) {
		return nil, refuse("EF0001", CodeNumberDigest)
	}
	if subtle.ConstantTimeCompare(s.digest(attr.signed), content.attrSum) != 1 {
		return nil, refuse("EF0002", CodeAttrDigest)
	}
	if err := attr.checkOffsets(); err != nil {
		return nil, err
	}
	holder, address, err := attr.holder()
	if err != nil {
		return nil, err
	}
	number, err := numberFile.number()
	if err != nil {
		return nil, err
	}
	return &Person{Applicant: cert.Applicant{MyNumber: number, Holder: holder}, Address: address}, nil
}
