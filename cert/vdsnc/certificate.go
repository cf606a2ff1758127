// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"
)

var errCertificate = errors.New("vdsnc: not an X.509 certificate")

// certificate is what the reader needs of an X.509 certificate. It is parsed
// here rather than by crypto/x509, which refuses certificates of real
// authorities.
type certificate struct {
	raw, tbs, spki      []byte
	subject, issuer     string // comparable form, see nameKey
	country             string // of the subject, in capitals; may be empty
	notBefore, notAfter time.Time
	used                span // private key usage period; zero ends: not limited
	keyID, authorityID  []byte
	ca                  bool
	keyUsage            *asn1.BitString
	extKeyUsage         []asn1.ObjectIdentifier
	docTypes            []string
	algorithm           algorithm
	signature           []byte
}

// span is a period; a zero end is open.
type span struct{ from, to time.Time }

// meets reports whether s and o have a moment in common.
func (s span) meets(o span) bool {
	return (s.from.IsZero() || o.to.IsZero() || !s.from.After(o.to)) &&
		(o.from.IsZero() || s.to.IsZero() || !o.from.After(s.to))
}

// derCertificate is Certificate of RFC 5280, 4.1.
type derCertificate struct {
	TBS       derTBS
	Algorithm algorithm
	Signature asn1.BitString
}

type derTBS struct {
	Raw        asn1.RawContent
	Version    int `asn1:"optional,explicit,default:0,tag:0"`
	Serial     *big.Int
	Algorithm  algorithm
	Issuer     asn1.RawValue
	Validity   struct{ NotBefore, NotAfter time.Time }
	Subject    asn1.RawValue
	PublicKey  asn1.RawValue
	IssuerID   asn1.BitString `asn1:"optional,tag:1"`
	SubjectID  asn1.BitString `asn1:"optional,tag:2"`
	Extensions []derExtension `asn1:"omitempty,optional,explicit,tag:3"`
}

type derExtension struct {
	ID       asn1.ObjectIdentifier
	Critical bool `asn1:"optional"`
	Value    []byte
}

// parseCertificate reads one DER certificate. A critical extension that it
// does not know makes it refuse the certificate.
func parseCertificate(der []byte) (*certificate, error) {
	var in derCertificate
	if rest, err := asn1.Unmarshal(der, &in); err != nil || len(rest) != 0 {
		return nil, errCertificate
	}
	if !in.Algorithm.OID.Equal(in.TBS.Algorithm.OID) ||
		!bytes.Equal(in.Algorithm.Parameters.FullBytes, in.TBS.Algorithm.Parameters.FullBytes) || in.Signature.BitLength%8 != 0 {
		return nil, errCertificate
	}
	c := &certificate{
		raw: der, tbs: in.TBS.Raw, spki: in.TBS.PublicKey.FullBytes,
		notBefore: in.TBS.Validity.NotBefore, notAfter: in.TBS.Validity.NotAfter,
		algorithm: in.Algorithm, signature: in.Signature.Bytes,
	}
	var err error
	if c.subject, c.country, err = nameKey(in.TBS.Subject.FullBytes); err != nil {
		return nil, err
	}
	if c.issuer, _, err = nameKey(in.TBS.Issuer.FullBytes); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, e := range in.TBS.Extensions {
		if seen[e.ID.String()] {
			return nil, errCertificate
		}
		seen[e.ID.String()] = true
		known, err := c.extension(e)
		if err != nil || e.Critical && !known {
			return nil, errCertificate
		}
	}
	return c, nil
}

// extension takes in what decides: key identifiers, CA flag, usages, document
// types and the private key's period.
func (c *certificate) extension(e derExtension) (known bool, err error) {
	var rest []byte
	switch e.ID.String() {
	case "2.5.29.14":
		rest, err = asn1.Unmarshal(e.Value, &c.keyID)
	case "2.5.29.35":
		var aki struct {
			ID     []byte        `asn1:"optional,tag:0"`
			Issuer asn1.RawValue `asn1:"optional,tag:1"`
			Serial *big.Int      `asn1:"optional,tag:2"`
		}
		rest, err = asn1.Unmarshal(e.Value, &aki)
		c.authorityID = aki.ID
	case "2.5.29.19":
		var basic struct {
			CA      bool `asn1:"optional"`
			PathLen int  `asn1:"optional,default:-1"`
		}
		rest, err = asn1.Unmarshal(e.Value, &basic)
		c.ca = basic.CA
	case "2.5.29.15":
		c.keyUsage = new(asn1.BitString)
		rest, err = asn1.Unmarshal(e.Value, c.keyUsage)
	case "2.5.29.37":
		rest, err = asn1.Unmarshal(e.Value, &c.extKeyUsage)
	case "2.5.29.16":
		var period struct {
			NotBefore time.Time `asn1:"optional,generalized,tag:0"`
			NotAfter  time.Time `asn1:"optional,generalized,tag:1"`
		}
		rest, err = asn1.Unmarshal(e.Value, &period)
		c.used = span{period.NotBefore, period.NotAfter}
	case "2.23.136.1.1.6.2":
		var list struct {
			Version int
			Types   []string `asn1:"set"`
		}
		rest, err = asn1.Unmarshal(e.Value, &list)
		c.docTypes = list.Types
	case "2.5.29.17", "2.5.29.18", "2.5.29.32": // names and policies: tolerated, even critical
	default:
		return false, nil
	}
	if err != nil || e.Value == nil || len(rest) != 0 {
		return true, errCertificate
	}
	return true, nil
}

// nameKey turns a distinguished name into text that is equal for names that
// differ only in string type, letter case or surrounding space, as those of
// passport authorities do; and tells its country.
func nameKey(der []byte) (key, country string, err error) {
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	type relativeSET []attribute
	var name []relativeSET
	if rest, err := asn1.Unmarshal(der, &name); err != nil || len(rest) != 0 {
		return "", "", errCertificate
	}
	var b strings.Builder
	for _, set := range name {
		for _, a := range set {
			value := strings.ToUpper(strings.Join(strings.Fields(string(a.Value.Bytes)), " "))
			if a.Type.String() == "2.5.4.6" {
				country = value
			}
			b.WriteString(a.Type.String() + "=" + value + "\x00")
		}
		b.WriteByte(1)
	}
	return b.String(), country, nil
}

// authority reports whether c may sign certificates.
func (c *certificate) authority() bool {
	return c.ca && (c.keyUsage == nil || c.keyUsage.At(5) == 1)
}

// issued reports whether child names c as its issuer, by subject and, where
// both have it, by key identifier.
func (c *certificate) issued(child *certificate) bool {
	return child.issuer == c.subject &&
		(child.authorityID == nil || c.keyID == nil || bytes.Equal(child.authorityID, c.keyID))
}

// barcodeSigner reports whether c may sign VDS-NC. The extended key usage is
// what tells a barcode signer from the same authority's passport signers.
func (c *certificate) barcodeSigner() bool {
	return !c.ca && (c.keyUsage == nil || c.keyUsage.At(0) == 1) &&
		slices.ContainsFunc(c.extKeyUsage, asn1.ObjectIdentifier{2, 23, 136, 1, 1, 14, 2}.Equal)
}

// vaccinations reports whether c may sign documents of type icao.vacc.
func (c *certificate) vaccinations() bool {
	return c.docTypes == nil || slices.Contains(c.docTypes, "NV")
}
