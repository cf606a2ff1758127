// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"kofu/api/admission"
	"kofu/api/problem"
	"kofu/cert"
)

// HeaderMunicipality is where a request for a challenge names the municipality
// that the application will be for: six digits. It is only used to share what
// there is among municipalities, and stands in a header so that a request can
// be refused before its body is read.
const HeaderMunicipality = "Kofu-Municipality"

// ErrFull is answered when more requests run than are bounded to.
var ErrFull = errors.New("app: as many requests run as may")

// fullWait is the time after which it is worth trying again what was begun.
const fullWait = 2 * time.Second

// enter asks for a place. A municipality that is not written as one is none.
func (h *Handler) enter(c *gin.Context) (cert.MunicipalityCode, error) {
	if h.Entrance == nil {
		return "", nil
	}
	town, err := cert.ParseMunicipalityCode(c.GetHeader(HeaderMunicipality))
	if err != nil {
		town = ""
	}
	err = h.Entrance.Admit(cert.App, town)
	if r, ok := errors.AsType[*admission.Refusal](err); ok {
		retryAfter(c, r.After)
	}
	return town, err
}

// begin takes one of the places that there are for requests which run: a safety
// net under the door, so that who was admitted is served, unless more run at
// once than the memory of this process is meant for. It comes after the body
// was read: a body that never comes would hold a place for as long as it is
// waited for, and costs its sender nothing.
func (h *Handler) begin() (end func(), err error) {
	end = func() { h.running.Add(-1) }
	if n := h.running.Add(1); h.Running > 0 && n > int64(h.Running) {
		end()
		return nil, ErrFull
	}
	return end, nil
}

// again tells whom there is no room for when to try again.
func again(next problem.HandlerFunc) problem.HandlerFunc {
	return func(c *gin.Context) error {
		err := next(c)
		if errors.Is(err, ErrFull) || errors.Is(err, admission.ErrFull) {
			retryAfter(c, fullWait)
		}
		return err
	}
}

// InFlight is how many applications and certificates are being served.
func (h *Handler) InFlight() int { return int(h.running.Load()) }

func retryAfter(c *gin.Context, d time.Duration) {
	c.Header("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}
