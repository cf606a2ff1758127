// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"
	"strings"

	"kofu/cert"
	"kofu/cert/vdsnc"
)

// Signature is what came of checking a signature.
type Signature string

// The outcomes; empty for what is malformed.
const (
	Valid      Signature = "valid"
	Invalid    Signature = "invalid"
	UnknownKey Signature = "unknown_key" // SMART Health Cards: the key is not in a given key set
)

// Reasons that a certificate is not to be relied on, besides those of package
// vdsnc. Texts hold nothing of the certificate.
const (
	ReasonSignature  = "the signature does not match"
	ReasonUnknownKey = "signed by a key that is not in a given key set"
	ReasonIssuer     = "the key belongs to another issuer"
	ReasonRevoked    = "revoked"
	ReasonExpired    = "expired"
	ReasonNotYet     = "not valid yet"
	ReasonUnread     = "a symbol could not be read"
	ReasonDisagree   = "the symbols speak of different certificates"
	ReasonPersons    = "the symbols speak of different persons"
	ReasonStale      = "the revocation list is older than the key says"
)

// Certificate is one certificate, judged.
type Certificate struct {
	cert.Redacted
	Format    Format
	Malformed string // what is malformed; then nothing below is set
	Signature Signature
	Chain     vdsnc.Chain // trusted, pinned or untrusted
	Revoked   bool
	Asked     bool // a revocation list for its key was given
	Expired   bool
	Reasons   []string // why it is not to be relied on; none: it is authentic
	Content   Content
}

// Content is what a certificate says, true or not.
type Content struct {
	cert.Redacted
	Issuer        string       // URL (SHC) or alpha-3 code (VDS-NC)
	Issued        string       // RFC 3339, or a date (VDS-NC of Japan), or empty
	Expires       string       // RFC 3339 or empty
	Name          cert.Private // all names on it, parted by " / "
	BirthDate     string
	Sex           string
	Passport      cert.Private
	CertificateID string // 証明書ID
	UVCI          string
	RID           string
	Doses         []Dose
	Other         int // resources in a SMART Health Card that are no vaccination

	names []cert.Private // of a SMART Health Card, one by one
}

// Dose is one vaccination. What a format does not carry is empty.
type Dose struct {
	cert.Redacted
	Number    int
	Date      string
	Vaccine   string
	Code      string // CVX (SHC), ICD-11 (VDS-NC), or of another system
	Lot       string
	Country   string
	Authority string
}

// Verdict is the outcome for one file, for the files that hold the chunks of
// one card, or for one document of an array.
type Verdict struct {
	cert.Redacted
	Files        []string
	Element      int // which document of an array of several, from 1; else 0
	Source       Source
	Unusable     string // why there was nothing to judge; no personal data
	Certificates []Certificate
	Reasons      []string // reasons that lie with no single certificate

	files []int // which of the files given, where something can lie with a file
}

// Outcome is a verdict in one word.
type Outcome int

// From good to bad.
const (
	Authentic    Outcome = iota // by a trusted key, neither revoked nor expired
	NotAuthentic                // well-formed, and not to be relied on
	Unusable                    // not a certificate, or a malformed one
)

// Outcome sums v up: every certificate in it has to be authentic.
func (v Verdict) Outcome() Outcome {
	out := Authentic
	if len(v.Reasons) > 0 {
		out = NotAuthentic
	}
	for _, c := range v.Certificates {
		if len(c.Reasons) > 0 {
			out = NotAuthentic
		}
	}
	if v.Unusable != "" || len(v.Certificates) == 0 ||
		slices.ContainsFunc(v.Certificates, func(c Certificate) bool { return c.Malformed != "" }) {
		return Unusable
	}
	return out
}

// Reason says why v is not authentic; empty if it is.
func (v Verdict) Reason() string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	add(v.Unusable)
	for _, c := range v.Certificates {
		switch {
		case c.Malformed != "" && c.Format != "":
			add("malformed " + string(c.Format) + ": " + c.Malformed)
		case c.Malformed != "":
			add(c.Malformed)
		}
		for _, r := range c.Reasons {
			add(r)
		}
	}
	for _, r := range v.Reasons {
		add(r)
	}
	return strings.Join(out, "; ")
}

// sum returns what v's certificates come to together: the worst of each.
func (v Verdict) sum() Certificate {
	if len(v.Certificates) == 0 {
		return Certificate{}
	}
	out := v.Certificates[0]
	for _, c := range v.Certificates[1:] {
		if c.Format != out.Format {
			out.Format = "shc+vdsnc"
		}
		out.Signature = worse(out.Signature, c.Signature, Invalid, UnknownKey, "", Valid)
		out.Chain = worse(out.Chain, c.Chain, vdsnc.ChainUntrusted, "", vdsnc.ChainPinned, vdsnc.ChainTrusted)
		out.Revoked = out.Revoked || c.Revoked
		out.Asked = out.Asked && c.Asked
		out.Expired = out.Expired || c.Expired
	}
	return out
}

// worse returns whichever of a and b comes first in order.
func worse[T comparable](a, b T, order ...T) T {
	for _, o := range order {
		if a == o || b == o {
			return o
		}
	}
	return a
}
