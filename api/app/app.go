// SPDX-License-Identifier: Apache-2.0

// Package app is the phone's door.
//
//	POST /app/v1/challenges            32 random bytes for the card to sign, 120 s, once
//	POST /app/v1/applications          card files, signature, kind, municipality, MRZ → preview, sealed application
//	POST /app/v1/certificates          sealed application → the certificate, in this one answer
//	POST /app/v1/applications/discard  sealed application → shredded
//	GET  /app/v1/municipalities        who takes part now
//	GET  /app/v1/status                service hours, maintenance, minimum app version
//
// No message has a place for a My Number, a name or a PIN to be typed (B3, B4):
// what is personal comes from the card's signed files and the passport's
// machine-readable zone. The zone is not signed, so a phone that lies can put
// another Latin name and passport number beside the holder's own birth date and
// sex; reading the passport's chip closes that, and is not built yet. Nothing
// outlives its request.
package app

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cardauth"
	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
)

// Handler serves the phone's calls. Every field is needed.
type Handler struct {
	Cards          *cardauth.Verifier
	Issuing        *issuance.Service
	Municipalities *municipality.Directory
	Status         Status
	DeepLinkBase   string // base of the SMART Health Card deep link, such as https://app.example
	Now            func() time.Time
}

// Mount puts the calls on r.
func (h *Handler) Mount(r *problem.Router) {
	r.Handle(http.MethodPost, "/app/v1/challenges", h.challenge)
	r.Handle(http.MethodPost, "/app/v1/applications", h.apply)
	r.Handle(http.MethodPost, "/app/v1/applications/discard", h.discard)
	r.Handle(http.MethodPost, "/app/v1/certificates", h.issue)
	r.Handle(http.MethodGet, "/app/v1/municipalities", h.municipalities)
	r.Handle(http.MethodGet, "/app/v1/status", h.status)
}

func (h *Handler) challenge(c *gin.Context) error {
	if err := decode(c, &nothing{}); err != nil {
		return err
	}
	ch, err := h.Cards.NewChallenge(c.Request.Context(), cert.App, cert.PurposeCertificate)
	if err != nil {
		return err
	}
	return answer(c, http.StatusCreated, challengeResponse{string(ch.ID), ch.Bytes[:], ch.Expires.UTC().Truncate(time.Second)})
}

func (h *Handler) apply(c *gin.Context) error {
	var in applicationRequest
	defer in.wipe()
	if err := decode(c, &in); err != nil {
		return err
	}
	p, err := h.mrz(in.MRZ)
	if err != nil {
		return err
	}
	person, err := h.Cards.Verify(c.Request.Context(), in.evidence(), cert.App, cert.PurposeCertificate)
	if err != nil {
		return err
	}
	defer person.Wipe()
	if p != nil { // the zone has two digits of the year; the card has four
		passport.AlignCentury(p, person.Applicant.Holder.BirthDate)
	}
	shown, sealed, err := h.Issuing.Review(c.Request.Context(), issuance.Application{
		Who: who(in.Device), Kind: cert.Kind(in.Kind), Municipality: cert.MunicipalityCode(in.Municipality), Applicant: person.Applicant, Passport: p,
	})
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, applicationResponse{preview(shown), sealed.Token, sealed.Expires.UTC()})
}

// mrz reads the two lines of a passport's machine-readable zone, if any.
func (h *Handler) mrz(lines []string) (*cert.Passport, error) {
	switch len(lines) {
	case 0:
		return nil, nil
	case 2:
		return passport.ParseMRZ(lines[0], lines[1], cert.DateOf(h.Now()))
	}
	return nil, ErrBody
}

func who(device string) issuance.Who { return issuance.Who{Channel: cert.App, Device: device} }

func (h *Handler) issue(c *gin.Context) error {
	var in certificateRequest
	if err := decode(c, &in); err != nil {
		return err
	}
	issued, err := h.Issuing.Issue(c.Request.Context(), in.Sealed, who(in.Device), in.PDF)
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
	if err := h.Issuing.Discard(c.Request.Context(), in.Sealed, who(in.Device)); err != nil {
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

// Status is what an app shows before it starts. The operator writes it in the
// configuration.
type Status struct {
	Open              string       // "HH:MM" in Japan; "00:00" to "24:00" for always
	Close             string       // likewise
	Maintenance       problem.Text // empty when there is none
	MinimumAppVersion string
}

func (h *Handler) status(c *gin.Context) error {
	now := h.Now().In(cert.JST()).Format("15:04")
	var notice *problem.Text
	if h.Status.Maintenance != (problem.Text{}) {
		notice = &h.Status.Maintenance
	}
	return answer(c, http.StatusOK, struct {
		Open              bool          `json:"open"`
		Hours             [2]string     `json:"hours"`
		Maintenance       *problem.Text `json:"maintenance,omitempty"`
		MinimumAppVersion string        `json:"minimum_app_version"`
		Accepting         bool          `json:"accepting"`
	}{h.Status.Open <= now && now < h.Status.Close, [2]string{h.Status.Open, h.Status.Close}, notice, h.Status.MinimumAppVersion, !h.Issuing.Stopped(cert.App)})
}
