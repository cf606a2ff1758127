// SPDX-License-Identifier: Apache-2.0

// Package app is the phone's door.
//
//	POST /app/v1/challenges            32 random bytes for card or device to sign, 120 s, once
//	POST /app/v1/devices               the platform's attestation of a key → device credential, a day
//	POST /app/v1/applications          card files, signature, kind, municipality, passport → preview, sealed application
//	POST /app/v1/certificates          sealed application → the certificate, in this one answer
//	POST /app/v1/applications/discard  sealed application → shredded
//	GET  /app/v1/municipalities        who takes part now
//	GET  /app/v1/status                service hours, maintenance, minimum app version, what to have issued anew
//
// No message has a place for a My Number, a name or a PIN to be typed (B3, B4):
// what is personal comes from the card's signed files and from the passport: its
// chip, which the State has signed, or its machine-readable zone, which nobody
// has. With the zone alone, whoever writes the phone's message can put another
// Latin name and passport number beside the holder's own birth date and sex;
// that it is the genuine app that writes it is what [Devices] is for, and
// [Handler.Passports] can ask for the chip. Nothing outlives its request but
// counts ([Limits]).
//
// An application is judged in this order: the app's version, the form of the
// body, the device's credential, the form of the passport, the card, the
// device's assertion, limits, the passport's chip, passport against card, and
// what package issuance holds it against.
package app

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cardauth"
	"kofu/cardauth/attest"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/keys"
	"kofu/cert/municipality"
)

// Handler serves the phone's calls. Its fields are set once, before it is
// mounted; those up to Now are needed.
type Handler struct {
	Cards          *cardauth.Verifier // its Bindings say what a phone sends of the card
	Issuing        *issuance.Service
	Municipalities *municipality.Directory
	Status         Status
	DeepLinkBase   string // base of the SMART Health Card deep link, such as https://app.example
	Now            func() time.Time

	Devices   *Devices                    // nil: the app is not asked to prove itself
	Limits    *Limits                     // nil: none
	Passports passport.Acceptance         // the zero value accepts the zone, and no chip; Now may be nil
	Releases  map[attest.Platform]Release // nil: the app's version is not looked at
	Keys      *keys.Ring                  // nil: nobody is told to have a certificate issued anew
	Entrance  Entrance                    // nil: everybody is let in
	Running   int                         // applications and certificates at once, beyond which nothing is taken; 0: no bound

	Deprecation Deprecation // the zero value announces no end of these calls

	running atomic.Int64
}

// Entrance decides who may begin. Both methods answer at once and are safe for
// concurrent use.
type Entrance interface {
	// Admit decides about one who asks for a challenge, for a municipality or
	// for "". Its error is an [*admission.Refusal].
	Admit(ch cert.Channel, m cert.MunicipalityCode) error
	// GiveBack returns the place of one who was admitted and got no challenge.
	GiveBack(ch cert.Channel, m cert.MunicipalityCode)
}

// Check says what cannot work. What it returns wraps [attest.ErrConfig],
// [ErrLimits], [ErrDeprecation] or [ErrRelease].
func (h *Handler) Check() error {
	if err := h.Devices.check(h.Now); err != nil {
		return err
	}
	if err := h.Limits.check(); err != nil {
		return err
	}
	if err := h.Deprecation.Check(); err != nil {
		return err
	}
	return checkReleases(h.Releases)
}

// Mount puts the calls on r.
func (h *Handler) Mount(r *problem.Router) {
	handle := func(method, path string, next problem.HandlerFunc) {
		r.Handle(method, path, h.Deprecation.announced(next))
	}
	handle(http.MethodPost, "/app/v1/challenges", h.current(h.challenge))
	handle(http.MethodPost, "/app/v1/devices", h.current(h.register))
	handle(http.MethodPost, "/app/v1/applications", h.current(again(h.apply)))
	handle(http.MethodPost, "/app/v1/applications/discard", h.current(h.discard))
	handle(http.MethodPost, "/app/v1/certificates", h.current(again(h.issue)))
	handle(http.MethodGet, "/app/v1/municipalities", h.municipalities)
	handle(http.MethodGet, "/app/v1/status", h.status)
}

// challenge is where people are let in, or told to come again: before anything
// is read, counted, stored or computed for them.
func (h *Handler) challenge(c *gin.Context) error {
	town, err := h.enter(c)
	if err != nil {
		return err
	}
	if err = h.newChallenge(c); err != nil && h.Entrance != nil {
		h.Entrance.GiveBack(cert.App, town)
	}
	return err
}

func (h *Handler) newChallenge(c *gin.Context) error {
	if err := decode(c, &nothing{}); err != nil {
		return err
	}
	if err := h.limitChallenge(c); err != nil {
		return err
	}
	ch, err := h.Cards.NewChallenge(c.Request.Context(), cert.App, cert.PurposeCertificate)
	if err != nil {
		return err
	}
	return answer(c, http.StatusCreated, challengeResponse{
		string(ch.ID), ch.Bytes[:], ch.Expires.UTC().Truncate(time.Second), h.Cards.Binding(cert.App),
	})
}

func (h *Handler) apply(c *gin.Context) error {
	var in applicationRequest
	defer in.wipe()
	if err := decode(c, &in); err != nil {
		return err
	}
	end, err := h.begin()
	if err != nil {
		return err
	}
	defer end()
	ctx := c.Request.Context()
	if err := h.precheck(ctx, in.proof()); err != nil {
		return err
	}
	read, err := h.zone(&in)
	if err != nil {
		return err
	}
	person, err := h.Cards.Verify(ctx, in.evidence(), cert.App, cert.PurposeCertificate)
	if err != nil {
		return err
	}
	defer person.Wipe()
	device, err := h.admit(ctx, in.proof(), in.hash(person.Challenge))
	if err != nil {
		return err
	}
	if err := h.limitApplication(c, person.CardKey, device); err != nil {
		return err
	}
	if err := h.passport(&in, &read, person.Applicant.Holder); err != nil {
		return err
	}
	shown, sealed, err := h.Issuing.Review(ctx, issuance.Application{
		Who: h.who(in.Device, device), Kind: cert.Kind(in.Kind), Municipality: cert.MunicipalityCode(in.Municipality),
		Applicant: person.Applicant, Passport: read.Passport,
	})
	if err != nil {
		return whatToCheck(err)
	}
	return answer(c, http.StatusOK, applicationResponse{preview(shown, read), sealed.Token, sealed.Expires.UTC()})
}

func (h *Handler) issue(c *gin.Context) error {
	var in certificateRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	end, err := h.begin()
	if err != nil {
		return err
	}
	defer end()
	device, err := h.admit(c.Request.Context(), in.proof(), attest.SealedHash(in.Sealed))
	if err != nil {
		return err
	}
	issued, err := h.Issuing.Issue(c.Request.Context(), in.Sealed, h.who(in.Device, device), in.PDF)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, certificate(issued, h.DeepLinkBase))
}

func (h *Handler) discard(c *gin.Context) error {
	var in discardRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	device, err := h.admit(c.Request.Context(), in.proof(), attest.SealedHash(in.Sealed))
	if err != nil {
		return err
	}
	if err := h.Issuing.Discard(c.Request.Context(), in.Sealed, h.who(in.Device, device)); err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
	return nil
}

func (h *Handler) municipalities(c *gin.Context) error {
	list := []municipalityJSON{}
	towns, err := h.Municipalities.List(c.Request.Context(), cert.App, h.Now())
	if err != nil {
		return err
	}
	for _, m := range towns {
		list = append(list, town(m))
	}
	return answer(c, http.StatusOK, struct {
		Municipalities []municipalityJSON `json:"municipalities"`
	}{list})
}
