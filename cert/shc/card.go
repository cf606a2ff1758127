// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kofu/cert"
)

// What a card that is well-formed may fail by.
var (
	ErrUnknownKey  = errors.New("shc: signed by a key that is not known")
	ErrSignature   = errors.New("shc: signature does not verify")
	ErrForeignKey  = errors.New("shc: key's certificate is for another issuer")
	ErrExpired     = errors.New("shc: expired")
	ErrNotYetValid = errors.New("shc: not valid yet")
	ErrRevoked     = errors.New("shc: revoked") // for callers to report what [CRL.Revokes] says
)

// Leeway is by how much an issuer's clock may be ahead of a verifier's.
const Leeway = time.Minute

// Card is a SMART Health Card as read. Nothing in it is to be believed before
// [Card.Verify] has said nil.
type Card struct {
	cert.Redacted
	KID       string
	Issuer    string
	NotBefore time.Time  // fractions kept
	Expires   *time.Time // nil: never
	RID       string     // "" in cards that cannot be revoked
	Types     []string   // vc.type, as in the card
	Patient   Patient
	Doses     []Dose // completed immunizations, in the card's order
	Other     int    // how many resources of other kinds, or not completed, there are
	// FHIRVersion is as in the card, such as 4.0.1.
	FHIRVersion string
	// PayloadJSON is the inflated payload as signed.
	PayloadJSON []byte
	// BundleJSON is the FHIR bundle as it stands in the payload.
	BundleJSON []byte

	jws string
}

// Patient is whose card it is. Family, Given and Text are of the first name.
type Patient struct {
	cert.Redacted
	Family cert.Private
	Given  cert.Private // given names joined by one space
	Text   cert.Private // of a name that is not split
	// Names is every name on the card, in full: the first above, prefixes and
	// suffixes included, and whatever others there are. A text and the parts
	// of one name are two entries unless they say the same.
	Names     []cert.Private
	BirthDate string // YYYY-MM-DD, YYYY-MM or YYYY
}

// Dose is an immunization.
type Dose struct {
	cert.Redacted
	System    string // of the code: the CVX one where there are several
	CVX       string // the code; CVX if System says so
	Date      string // occurrenceDateTime: YYYY-MM-DD in Japan's cards, less or more in others
	Lot       string
	Performer string
}

// Verify checks the card's signature with the key of set that the card names.
// It fails with [ErrUnknownKey], [ErrSignature], or [ErrForeignKey] where the
// key's certificate names issuers and the card's is none of them. Time and
// revocation are separate questions: [Card.CheckTime], [CRL.Revokes].
func (c *Card) Verify(set KeySet) error {
	if err := c.checkSignature(set); err != nil {
		return err
	}
	if issuers := set.keys[c.KID].issuers; issuers != nil && !names(issuers, c.Issuer) {
		return fmt.Errorf("shc: verify: %w", ErrForeignKey)
	}
	return nil
}

func (c *Card) checkSignature(set KeySet) error {
	key, ok := set.keys[c.KID]
	if !ok {
		return fmt.Errorf("shc: verify: %w", ErrUnknownKey)
	}
	sig, err := jose.ParseSignedCompact(c.jws, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return fmt.Errorf("shc: verify: %w", ErrSignature)
	}
	if _, err := sig.Verify(key.public); err != nil {
		return fmt.Errorf("shc: verify: %w", ErrSignature)
	}
	return nil
}

func names(uris []*url.URL, iss string) bool {
	for _, u := range uris {
		if u.String() == iss {
			return true
		}
	}
	return false
}

// CheckTime fails with [ErrExpired] from the card's exp on, and with
// [ErrNotYetValid] more than [Leeway] before its nbf.
func (c *Card) CheckTime(now time.Time) error {
	switch {
	case c.Expires != nil && !now.Before(*c.Expires):
		return fmt.Errorf("shc: check time: %w", ErrExpired)
	case now.Add(Leeway).Before(c.NotBefore):
		return fmt.Errorf("shc: check time: %w", ErrNotYetValid)
	}
	return nil
}
