// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// What the framework lays down once for whoever writes and whoever reads. It
// is all that the two sides of this package have in common.

// ErrIssuer is returned for an issuer that no card may have.
var ErrIssuer = errors.New("shc: issuer is not an https URL without trailing slash")

// scheme begins the text of every QR code.
const scheme = "shc:/"

// cvx is the code system of the vaccine codes.
const cvx = "http://hl7.org/fhir/sid/cvx"

// ridForm is vc.rid.
var ridForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,24}$`)

// inJWS reports whether c may stand in a compact JWS, hence in a QR code.
func inJWS(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// checkIssuer fails with [ErrIssuer] for what iss may not be.
func checkIssuer(iss string) error {
	u, err := url.Parse(iss)
	switch {
	case err != nil, u.Scheme != "https", u.Host == "", u.User != nil:
		return ErrIssuer
	case u.RawQuery != "", u.Fragment != "", strings.HasSuffix(iss, "/"), strings.HasSuffix(iss, "?"), strings.HasSuffix(iss, "#"):
		return ErrIssuer
	}
	return nil
}
