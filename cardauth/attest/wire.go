// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// header is the protected header of a credential: these three members and no
// others, whatever RFC 7515 would allow.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// claims are what a credential says (RFC 7519 section 4.1, RFC 7800 section
// 3.2). Times are whole seconds since the epoch.
type claims struct {
	Issuer      string       `json:"iss"`
	Audience    string       `json:"aud"`
	Issued      int64        `json:"iat"`
	Expires     int64        `json:"exp"`
	Confirm     confirmation `json:"cnf"`
	Platform    Platform     `json:"plat"`
	Development bool         `json:"dev"`
	AppVersion  string       `json:"app,omitzero"`
}

type confirmation struct {
	JWK deviceKey `json:"jwk"`
}

type deviceKey struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

func (c *Credentials) claims(d Device, issued, expires time.Time) claims {
	x, y, _ := coordinates(d.Key) // accept has looked at the curve
	return claims{
		Issuer: c.cfg.Issuer, Audience: c.cfg.Audience, Issued: issued.Unix(), Expires: expires.Unix(),
		Confirm:  confirmation{deviceKey{KTY: "EC", CRV: "P-256", X: x, Y: y}},
		Platform: d.Platform, Development: d.Development, AppVersion: d.AppVersion,
	}
}

func (cl claims) device() (Device, error) {
	k := cl.Confirm.JWK
	strict := base64.RawURLEncoding.Strict()
	x, errX := strict.DecodeString(k.X)
	y, errY := strict.DecodeString(k.Y)
	if k.KTY != "EC" || k.CRV != "P-256" || errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return Device{}, Refuse("credential", CodeDeviceKey)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return Device{}, Refuse("credential", CodeDeviceKey)
	}
	return Device{Platform: cl.Platform, Key: key, Development: cl.Development, AppVersion: cl.AppVersion}, nil
}

func marshalClaims(cl claims) ([]byte, error) { return json.Marshal(cl, json.Deterministic(true)) }

func unmarshalClaims(payload []byte) (cl claims, err error) {
	if json.Unmarshal(payload, &cl, json.RejectUnknownMembers(true)) != nil {
		return claims{}, Refuse("credential", CodeCredentialMalformed)
	}
	return cl, nil
}

// credentialHeader takes one spelling of a token only (three parts of
// base64url without line breaks or unused bits), and returns the key id of a
// header that has the right algorithm and type.
func credentialHeader(token string) (kid string, err error) {
	malformed := Refuse("credential", CodeCredentialMalformed)
	parts := strings.Split(token, ".")
	if len(token) > maxCredential || len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return "", malformed
	}
	var first []byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil {
			return "", malformed
		}
		if i == 0 {
			first = b
		}
	}
	var h header
	if json.Unmarshal(first, &h, json.RejectUnknownMembers(true)) != nil {
		return "", malformed
	}
	switch {
	case h.Algorithm != "ES256":
		return "", Refuse("credential", CodeCredentialAlgorithm)
	case h.Type != credentialType:
		return "", Refuse("credential", CodeCredentialType)
	}
	return h.KeyID, nil
}

// rawSignature turns an ASN.1 signature on P-256 into r and s, 32 bytes each.
func rawSignature(der []byte) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &sig); err != nil || len(rest) > 0 ||
		sig.R.Sign() <= 0 || sig.S.Sign() <= 0 || sig.R.BitLen() > 256 || sig.S.BitLen() > 256 {
		return nil, ErrIssue
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}
