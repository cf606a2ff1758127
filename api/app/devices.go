// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/attest/appattest"
	"kofu/cardauth/attest/playintegrity"
	"kofu/cert"
	"kofu/cert/issuance"
)

// Devices says how the door tells the genuine app from anything else. Its
// fields are set once, before it is used. A nil *Devices is [attest.Off].
type Devices struct {
	Policy      attest.Policy           // empty is [attest.Required]
	Credentials *attest.Credentials     // needed, with a signer
	Apple       *appattest.Verifier     // nil: no iOS
	Google      *playintegrity.Verifier // nil: no Android
	// Refused is told the code of each proof that was not good, let through or
	// not. Nil tells nobody.
	Refused func(ctx context.Context, c attest.Code)
}

func (d *Devices) check(now func() time.Time) error {
	switch {
	case d == nil:
		return nil
	case d.Credentials == nil || d.Credentials.KID() == "":
		return fmt.Errorf("%w: no credentials, or none that signs", attest.ErrConfig)
	case d.Apple == nil && d.Google == nil:
		return fmt.Errorf("%w: no platform", attest.ErrConfig)
	}
	return d.guard(now).Check()
}

func (d *Devices) guard(now func() time.Time) *attest.Guard {
	by := attest.Asserters{}
	if d.Apple != nil {
		by[attest.IOS] = d.Apple
	}
	if d.Google != nil {
		by[attest.Android] = d.Google
	}
	return &attest.Guard{Policy: d.Policy, Credentials: d.Credentials, Asserters: by, Now: now, Refused: d.Refused}
}

func (d *Devices) required() bool {
	return d != nil && (d.Policy == "" || d.Policy == attest.Required)
}

// precheck refuses, where a proof is required, a credential that is not good
// before the card and the passport, which cost more, are looked at.
func (h *Handler) precheck(ctx context.Context, p attest.Proof) error {
	if !h.Devices.required() {
		return nil
	}
	_, err := h.Devices.Credentials.Verify(p.Credential, h.Now())
	h.Devices.refused(ctx, err)
	return err
}

// refused tells what was not good, if anything was.
func (d *Devices) refused(ctx context.Context, err error) {
	if c, ok := attest.CodeOf(err); ok && d.Refused != nil {
		d.Refused(ctx, c)
	}
}

// admit judges a request's proof: nil without a device that was proved.
func (h *Handler) admit(ctx context.Context, p attest.Proof, hash [32]byte) (*attest.Device, error) {
	if h.Devices == nil {
		return nil, nil
	}
	return h.Devices.guard(h.Now).Admit(ctx, p, hash)
}

// who names whom a sealed application is made for. The device's key, for which
// its platform has vouched, stands above a secret that any program can make,
// but only where every request has to prove one: under [attest.Report] a proof
// that fails at the second call must not lock out who gave a good one at the
// first.
func (h *Handler) who(secret string, device *attest.Device) issuance.Who {
	w := issuance.Who{Channel: cert.App, Device: secret}
	if device != nil && h.Devices.required() {
		w.Device = "key:" + device.Thumbprint() // no secret has a colon
	}
	return w
}

// register attests a device: its platform's word about a key against a
// credential for that key. Nothing is kept but that the challenge is used up.
func (h *Handler) register(c *gin.Context) error {
	if h.Devices == nil {
		return problem.ErrNotFound
	}
	var in deviceRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	ch, err := h.Cards.TakeChallenge(c.Request.Context(), cardauth.ChallengeID(in.Challenge), cert.App, cert.PurposeCertificate)
	if err != nil {
		return err
	}
	device, err := h.Devices.attest(&in, ch.Bytes)
	if err != nil {
		h.Devices.refused(c.Request.Context(), err)
		return err
	}
	token, expires, err := h.Devices.Credentials.Issue(device, h.Now())
	if err != nil {
		return err
	}
	return answer(c, http.StatusCreated, deviceResponse{token, expires.UTC()})
}

func (d *Devices) attest(in *deviceRequest, challenge [32]byte) (attest.Device, error) {
	switch {
	case in.Platform == attest.IOS && d.Apple != nil:
		return d.Apple.Attest(in.Attestation, in.KeyID, attest.AttestationHash(challenge))
	case in.Platform == attest.Android && d.Google != nil:
		return d.Google.Attest(string(in.Attestation), in.Key, challenge)
	}
	return attest.Device{}, attest.Refuse("device", attest.CodePlatform)
}
