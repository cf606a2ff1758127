// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"time"

	"golang.org/x/text/language"

	"kofu/cert"
)

// ErrAnchor is returned for a file that holds no certificate that can be used.
var ErrAnchor = errors.New("vdsnc: not a certificate, in PEM or DER")

// Trust is whom the reader believes. Nobody, when it is empty.
type Trust struct {
	CSCAs   [][]byte // country signing authorities, DER
	Signers [][]byte // barcode signers trusted by themselves, DER
}

// Certificates reads a file of certificates: PEM blocks, or one in DER. Keys
// with spelled-out curve parameters are fine.
func Certificates(file []byte) ([][]byte, error) {
	var out [][]byte
	for rest := file; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, ErrAnchor
		}
		out = append(out, block.Bytes)
	}
	if out == nil {
		out = [][]byte{file}
	}
	for _, der := range out {
		c, err := parseCertificate(der)
		if err != nil {
			return nil, ErrAnchor
		}
		if _, err := parsePublicKey(c.spki); err != nil {
			return nil, ErrAnchor
		}
	}
	return out, nil
}

// Chain says why a signer is believed.
type Chain string

// The three outcomes.
const (
	ChainTrusted   Chain = "trusted"   // under a given country signing authority
	ChainPinned    Chain = "pinned"    // itself given
	ChainUntrusted Chain = "untrusted" // neither, or not at the time of issue
)

// What Result.Reason may be besides empty. The texts hold nothing of the
// document.
const (
	ReasonSignature = "the signature does not match"
	ReasonUnknown   = "the signer is not pinned and no given authority signed it"
	ReasonUsage     = "the signer's certificate is not for VDS-NC"
	ReasonDocType   = "the signer's certificate is not for vaccinations"
	ReasonCountry   = "the signer belongs to another country than the document"
	ReasonTime      = "the signer's certificate was not in force at the time of issue"
	ReasonFuture    = "the time of issue lies in the future"
)

// Result is the outcome of [Document.Verify]. A document is to be believed if
// Signature is true and Chain is not [ChainUntrusted].
type Result struct {
	Signature bool
	Chain     Chain
	Reason    string // why it is not to be believed; empty if it is
}

// IssuedOn returns the date of issue if "ai" is a certificate ID of Japan's
// form, else no date.
func (d *Document) IssuedOn() cert.Date {
	id, err := cert.ParseID(d.Person.OtherID)
	if err != nil {
		return cert.Date{}
	}
	return id.Day()
}

// issued returns the span in which d can have been issued. Days are those of
// any time zone on Earth, where the zone is not known.
func (d *Document) issued(now time.Time) span {
	if day := d.IssuedOn(); day.Full() {
		from := time.Date(day.Year, time.Month(day.Month), day.Day, 0, 0, 0, 0, cert.JST())
		return span{from, from.AddDate(0, 0, 1).Add(-time.Second)}
	}
	var latest cert.Date
	for _, dose := range d.Doses {
		if dose.Date.Compare(latest) > 0 {
			latest = dose.Date
		}
	}
	from := time.Date(latest.Year, time.Month(max(latest.Month, 1)), max(latest.Day, 1), 0, 0, 0, 0, time.UTC)
	return span{from.Add(-14 * time.Hour), now}
}

// Verify judges the signature and the signer against t. now bounds the time
// of issue; an authority or signer that has expired since is no reason to
// disbelieve a document.
func (d *Document) Verify(t Trust, now time.Time) Result {
	r := Result{Signature: d.signatureValid(), Chain: ChainUntrusted}
	if !r.Signature {
		r.Reason = ReasonSignature
		return r
	}
	r.Chain, r.Reason = d.chain(t, now)
	return r
}

func (d *Document) signatureValid() bool {
	key, ok := d.key.(*ecdsa.PublicKey)
	if !ok || len(d.sigvl) != 2*((key.Curve.Params().BitSize+7)/8) { // ES256 means P-256, and so on
		return false
	}
	half := len(d.sigvl) / 2
	der, err := asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(d.sigvl[:half]), new(big.Int).SetBytes(d.sigvl[half:]),
	})
	return err == nil && ecdsa.VerifyASN1(key, hashOf(d.hash, d.Signed), der)
}

func (d *Document) chain(t Trust, now time.Time) (Chain, string) {
	issued := d.issued(now)
	if issued.from.After(now.Add(24 * time.Hour)) {
		return ChainUntrusted, ReasonFuture
	}
	inForce := issued.meets(span{d.signer.notBefore, d.signer.notAfter}) && issued.meets(d.signer.used)
	for _, der := range t.Signers {
		if bytes.Equal(der, d.Signer) {
			if !inForce {
				return ChainUntrusted, ReasonTime
			}
			return ChainPinned, ""
		}
	}
	reason := ReasonUnknown
	for _, der := range t.CSCAs { // several may bear one name: successors and link certificates
		anchor, err := parseCertificate(der)
		if err != nil || !anchor.authority() || !anchor.issued(d.signer) || !d.signer.signedBy(anchor) {
			continue
		}
		switch {
		case !d.signer.barcodeSigner():
			reason = ReasonUsage
		case !d.signer.vaccinations():
			reason = ReasonDocType
		case !sameCountry(d.Issuer, d.signer.country):
			reason = ReasonCountry
		case !inForce || !issued.meets(span{anchor.notBefore, anchor.notAfter}):
			reason = ReasonTime
		default:
			return ChainTrusted, ""
		}
	}
	return ChainUntrusted, reason
}

// sameCountry compares an ISO 3166-1 alpha-3 code with the alpha-2 code of a
// certificate, lest one country's authority sign for another. Where either is
// no country known to ISO (specimens use UTO) there is nothing to compare.
func sameCountry(alpha3, alpha2 string) bool {
	a, errA := language.ParseRegion(alpha3)
	b, errB := language.ParseRegion(alpha2)
	return errA != nil || errB != nil || !a.IsCountry() || a.Canonicalize() == b.Canonicalize()
}
