// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cert"
)

// Status is what an app shows before it starts. The operator writes it in the
// configuration.
type Status struct {
	Open              string       // "HH:MM" in Japan; "00:00" to "24:00" for always
	Close             string       // likewise
	Maintenance       problem.Text // empty when there is none
	MinimumAppVersion string
}

// maxReissue is how many key ids one call may ask about. Nobody's certificates
// are of more keys.
const maxReissue = 10

var kidForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// reissue returns which of kids are of no key that is published: certificates
// of these keys no longer verify, and their holders may have new ones issued
// (N14). A key's id is nothing personal.
func (h *Handler) reissue(kids []string) ([]string, error) {
	if len(kids) > maxReissue {
		return nil, ErrBody
	}
	var gone []string
	for _, kid := range kids {
		if !kidForm.MatchString(kid) {
			return nil, ErrBody
		}
		if h.Keys == nil || slices.Contains(gone, kid) {
			continue
		}
		if _, err := h.Keys.Public(kid); err != nil {
			gone = append(gone, kid)
		}
	}
	return gone, nil
}

func (h *Handler) status(c *gin.Context) error {
	gone, err := h.reissue(c.QueryArray("kid"))
	if err != nil {
		return err
	}
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
		PassportChip      string        `json:"passport_chip"`
		Reissue           []string      `json:"reissue,omitempty"`
	}{h.Status.Open <= now && now < h.Status.Close, [2]string{h.Status.Open, h.Status.Close}, notice, h.Status.MinimumAppVersion, !h.Issuing.Stopped(cert.App), h.chips(), gone})
}

// chips tells whether an app is to read passports' chips.
func (h *Handler) chips() string {
	switch p := h.Passports; {
	case p.Chips == nil:
		return "none"
	case p.ChipRequired:
		return "required"
	}
	return "accepted"
}
