// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"fmt"
	"io"
	"log/slog"

	"kofu/cert"
)

const redacted = "[redacted]"

// Secret is raw bytes of a card. It prints, logs and marshals as "[redacted]".
type Secret []byte

// Format implements [fmt.Formatter] for every verb, %x and %#v included.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Wipe overwrites the bytes. Whoever shares them sees them gone, too.
func (s Secret) Wipe() { clear(s) }

// Files are the five files of the text application, as read: the bytes that
// were hashed for the challenge signature, headers and filler included.
type Files struct {
	cert.Redacted
	EF0001 Secret // My Number, 17 bytes; 15 without the filler are accepted
	EF0002 Secret // name, address, birth date, sex; filler after it may be cut
	EF0003 Secret // digests of the two above and their signature
	EF0004 Secret // certificate of the municipality's signing key, 568 bytes
	EF0007 Secret // the card's public key and its signature; may be left out where [Surface] binds
}

// Wipe overwrites all five files.
func (f *Files) Wipe() {
	f.EF0001.Wipe()
	f.EF0002.Wipe()
	f.EF0003.Wipe()
	f.EF0004.Wipe()
	f.EF0007.Wipe()
}

// Evidence is what an applicant's device sends to prove a card.
type Evidence struct {
	cert.Redacted
	Files     Files
	Surface   *SurfaceFiles // where [Surface] binds; not looked at elsewhere
	Signature Secret        // by the card, over [SurfaceMessage] where [Surface] binds, else over [BoundMessage]
	Challenge ChallengeID
}

// Wipe overwrites all files and the signature. The door that received them
// calls it when the request ends, whatever the outcome.
func (e *Evidence) Wipe() {
	e.Files.Wipe()
	e.Surface.Wipe()
	e.Signature.Wipe()
}

// Person is whom the card's files are about.
type Person struct {
	cert.Redacted
	Applicant    cert.Applicant // name in the card's own bytes; birth date with 0 for what the card does not know
	Address      cert.Private   // in the card's own bytes, may be empty
	Binding      Binding        // how card and person are tied
	Challenge    [32]byte       // that the card has signed, used up
	CardKey      [32]byte       // SHA-256 of the object with the key that signed (DF24 or EF0007's DF51): the same for every use of a card under one binding, so treat it as personal
	SigningKeyID KeyID          // of the municipality's signing key, text application
	IssuerID     KeyID          // of its anchor
}

// Wipe overwrites the My Number. A nil Person may be wiped.
func (p *Person) Wipe() {
	if p != nil {
		p.Applicant.MyNumber.Wipe()
	}
}
