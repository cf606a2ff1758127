// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"kofu/api/problem"
	"kofu/cardauth/attest"
)

// What an app is sent to its store for.
var (
	ErrOutdated = errors.New("app: app is older than is served")
	ErrUnnamed  = errors.New("app: app does not name itself, and has to")
)

// ErrRelease is wrapped by what [Handler.Check] says of a [Release] that cannot
// be.
var ErrRelease = errors.New("app: release")

// Release is what is asked of the app of one platform. What an app says of
// itself is not proved: this spares people with an old app a refusal that they
// cannot understand. What the platform proves is judged with the device.
type Release struct {
	Minimum string // lowest version served: one to four numbers with dots between; empty: any
	Store   string // where there is a newer one, https
}

// HeaderApp is where an app names itself, as in "ios/2.1.0".
const HeaderApp = "Kofu-App"

var (
	appForm     = regexp.MustCompile(`^(ios|android)/([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})$`)
	versionForm = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9}){0,3}$`)
)

func checkReleases(all map[attest.Platform]Release) error {
	for platform, r := range all {
		store, err := url.Parse(r.Store)
		switch {
		case !platform.Valid():
			return fmt.Errorf("%w: unknown platform", ErrRelease)
		case r.Minimum != "" && !versionForm.MatchString(r.Minimum):
			return fmt.Errorf("%w: the lowest version for %s is not numbers and dots", ErrRelease, platform)
		case err != nil || store.Scheme != "https" || store.Host == "":
			return fmt.Errorf("%w: the store for %s is not an https address", ErrRelease, platform)
		}
	}
	return nil
}

// current wraps a call that takes only apps that are new enough.
func (h *Handler) current(next problem.HandlerFunc) problem.HandlerFunc {
	return func(c *gin.Context) error {
		if err := h.admitApp(c.GetHeader(HeaderApp)); err != nil {
			return err
		}
		return next(c)
	}
}

// admitApp judges what an app says of itself. Only where a device has to prove
// itself must it say something.
func (h *Handler) admitApp(name string) error {
	if h.Releases == nil {
		return nil
	}
	var r Release
	m := appForm.FindStringSubmatch(name)
	known := m != nil
	if known {
		r, known = h.Releases[attest.Platform(m[1])]
	}
	switch {
	case !known && h.Devices.required():
		return told{ErrUnnamed, map[string][]string{"store": h.stores()}}
	case !known:
		return nil
	case older(m[2], r.Minimum):
		return told{ErrOutdated, map[string][]string{"store": {r.Store}}}
	}
	return nil
}

func (h *Handler) stores() (all []string) {
	for _, r := range h.Releases {
		all = append(all, r.Store)
	}
	slices.Sort(all)
	return all
}

// older compares versions number by number; a missing one is 0.
func older(version, minimum string) bool {
	if minimum == "" {
		return false
	}
	v, m := numbers(version), numbers(minimum)
	return slices.Compare(v[:], m[:]) < 0
}

func numbers(version string) (out [4]int) {
	for i, n := range strings.SplitN(version, ".", len(out)) {
		out[i], _ = strconv.Atoi(n) // the form allows nothing else
	}
	return out
}

// told is a refusal with what a program may know of it: names, and addresses of
// the configuration.
type told struct {
	error
	details map[string][]string
}

// Unwrap implements the errors package's interface.
func (t told) Unwrap() error { return t.error }

// Details implements [problem.Detailed].
func (t told) Details() map[string][]string { return t.details }
