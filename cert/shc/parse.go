// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What is read. Members not named here are let pass.

type readHeader struct {
	Alg  string         `json:"alg"`
	Zip  string         `json:"zip"`
	KID  string         `json:"kid"`
	Crit jsontext.Value `json:"crit"`
}

type readClaims struct {
	ISS string         `json:"iss"`
	NBF jsontext.Value `json:"nbf"`
	EXP jsontext.Value `json:"exp"`
	VC  struct {
		Type    []string `json:"type"`
		RID     *string  `json:"rid"`
		Subject struct {
			Version string         `json:"fhirVersion"`
			Bundle  jsontext.Value `json:"fhirBundle"`
		} `json:"credentialSubject"`
	} `json:"vc"`
}

const healthCard = "https://smarthealth.cards#health-card"

var versionForm = regexp.MustCompile(`^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,3}$`)

// Parse reads a compact JWS as a SMART Health Card and walks its FHIR bundle.
// It does not verify anything. It fails with a [*MalformedError].
//
// The envelope is read as the framework has it: alg, zip and kid, raw DEFLATE,
// strict base64url, an https issuer, vc.type, the form of rid. Let pass are
// white space around the JWS, JSON that is not minified, a fraction in nbf and
// exp, and members that are not known.
//
// Of FHIR only what a verifier shows is read, and it must be there and be
// right: the version's form, a Bundle with a type, entries each with a fullUrl
// of its own, at most one Patient, with a name and a birth date, and for a
// completed Immunization a code, the patient's reference and a time that is
// not after the card's. Not demanded is what the data-minimisation profile
// adds: other members, other resources (they are counted, not read) and a
// card without any Patient, such as a laboratory report, pass. Whether a code
// exists is not asked.
func Parse(jws string) (*Card, error) {
	c, packed, err := open(jws)
	if err != nil {
		return nil, err
	}
	if c.PayloadJSON, err = inflate(packed); err != nil {
		return nil, err
	}
	if err := c.readClaims(); err != nil {
		return nil, err
	}
	return c, nil
}

// open reads what is around the payload.
func open(jws string) (c *Card, packed []byte, err error) {
	jws = strings.Trim(jws, space)
	if len(jws) > maxJWS {
		return nil, nil, malformed("JWS: too long")
	}
	part := strings.Split(jws, ".")
	if len(part) != 3 {
		return nil, nil, malformed("JWS: not three parts")
	}
	c = &Card{jws: jws}
	if err := c.readHeader(part[0]); err != nil {
		return nil, nil, err
	}
	if packed, err = segment("payload", part[1]); err != nil {
		return nil, nil, err
	}
	sig, err := segment("signature", part[2])
	if err != nil {
		return nil, nil, err
	}
	if len(sig) != 64 {
		return nil, nil, malformed("signature: not 64 bytes of r and s")
	}
	return c, packed, nil
}

// Altered reports whether jws names a key of set and is not signed by it. That
// can be told of a card whose payload [Parse] cannot read, and tells why.
func Altered(jws string, set KeySet) bool {
	c, _, err := open(jws)
	return err == nil && errors.Is(c.checkSignature(set), ErrSignature)
}

func segment(name, text string) ([]byte, error) {
	// Decoding would let line breaks pass that the signature does not cover.
	if strings.ContainsAny(text, "\r\n") {
		return nil, malformed(name + ": not base64url")
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, malformed(name + ": not base64url")
	}
	return data, nil
}

func (c *Card) readHeader(text string) error {
	data, err := segment("header", text)
	if err != nil {
		return err
	}
	var h readHeader
	if err := decode("header", data, &h); err != nil {
		return err
	}
	switch {
	case h.Alg != "ES256":
		return malformed("header: alg is not ES256")
	case h.Zip != "DEF":
		return malformed("header: zip is not DEF")
	case h.KID == "":
		return malformed("header: no kid")
	case h.Crit != nil:
		return malformed("header: crit names extensions that are not known")
	}
	c.KID = h.KID
	return nil
}

// inflate undoes raw DEFLATE, and tells its neighbours apart for the sake of
// whoever has to mend the issuer.
func inflate(packed []byte) ([]byte, error) {
	in := bytes.NewReader(packed)
	r := flate.NewReader(in)
	payload, err := io.ReadAll(io.LimitReader(r, maxPayload+1))
	switch {
	case err != nil && len(packed) > 1 && packed[0]&0x0f == 8 && (uint(packed[0])<<8|uint(packed[1]))%31 == 0:
		return nil, malformed("payload: zlib header, not raw DEFLATE")
	case err != nil && len(packed) > 1 && packed[0] == 0x1f && packed[1] == 0x8b:
		return nil, malformed("payload: gzip header, not raw DEFLATE")
	case err != nil && len(packed) > 0 && packed[0] == '{':
		return nil, malformed("payload: not compressed")
	case err != nil:
		return nil, malformed("payload: not raw DEFLATE")
	case len(payload) > maxPayload:
		return nil, malformed("payload: too long when inflated")
	case in.Len() > 0:
		return nil, malformed("payload: data after the DEFLATE stream")
	}
	return payload, nil
}

func (c *Card) readClaims() error {
	var p readClaims
	if err := decode("payload", c.PayloadJSON, &p); err != nil {
		return err
	}
	var err error
	if c.NotBefore, err = instant("nbf", p.NBF); err != nil {
		return err
	}
	if p.EXP != nil {
		exp, err := instant("exp", p.EXP)
		if err != nil {
			return err
		}
		c.Expires = &exp
	}
	if checkIssuer(p.ISS) != nil {
		return malformed("payload: iss is not an https URL without trailing slash")
	}
	if !slices.Contains(p.VC.Type, healthCard) {
		return malformed("payload: vc.type lacks #health-card")
	}
	if p.VC.RID != nil {
		if !ridForm.MatchString(*p.VC.RID) {
			return malformed("payload: rid is not 1 to 24 characters of base64url")
		}
		c.RID = *p.VC.RID
	}
	if !versionForm.MatchString(p.VC.Subject.Version) {
		return malformed("payload: fhirVersion is not a version")
	}
	c.Issuer, c.Types, c.FHIRVersion = p.ISS, p.VC.Type, p.VC.Subject.Version
	c.BundleJSON = p.VC.Subject.Bundle
	return c.readBundle()
}

// decode reads JSON strictly in form (duplicate names, trailing data and
// broken UTF-8 are refused) and loosely in content. Its errors say in which
// part, never what stood there.
func decode(part string, data []byte, into any) error {
	err := json.Unmarshal(data, into)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsontext.ErrDuplicateName):
		return malformed(part + ": a member name twice in one object")
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return malformed(part + ": not JSON")
	}
	return malformed(part + ": member of the wrong type")
}

// lastSecond is the end of the year 9999. A time beyond it is milliseconds.
const lastSecond = 253402300800

// instant reads seconds since 1970, with a fraction if there is one. What is
// finer than a nanosecond is cut, never rounded up into the next second.
func instant(name string, v jsontext.Value) (time.Time, error) {
	if v == nil || v.Kind() != '0' || len(v) > 32 {
		return time.Time{}, malformed("payload: " + name + " is not a number of seconds")
	}
	whole, fraction := decimal(string(v))
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds < 0 || seconds >= lastSecond || v[0] == '-' {
		return time.Time{}, malformed("payload: " + name + " is not in seconds")
	}
	nanos, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil {
		return time.Time{}, malformed("payload: " + name + " is not in seconds")
	}
	return time.Unix(seconds, nanos).UTC(), nil
}

// decimal returns the digits of a JSON number before and behind the point,
// its exponent undone. A float would not hold them all.
func decimal(number string) (whole, fraction string) {
	number = strings.ToLower(number)
	mantissa, exponent, _ := strings.Cut(number, "e")
	whole, fraction, _ = strings.Cut(mantissa, ".")
	shift := 0
	if exponent != "" {
		// One beyond int becomes the largest or smallest; so does, here, one
		// beyond all digits that there can be.
		shift, _ = strconv.Atoi(exponent)
		shift = max(-64, min(shift, 64))
	}
	zeros := strings.Repeat("0", 64)
	if shift >= 0 {
		fraction += zeros[:shift]
		return whole + fraction[:shift], fraction[shift:]
	}
	whole = zeros[:-shift] + whole
	point := len(whole) + shift
	return whole[:point], whole[point:] + fraction
}
