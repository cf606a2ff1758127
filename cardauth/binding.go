// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"fmt"

	"kofu/cert"
)

// Binding says how the card that signs the challenge and the person whom the
// files are about are tied to each other.
type Binding string

// The bindings. The package comment says what each proves.
const (
	// Surface ties them by the card: birth date, sex and the key that signs the
	// challenge are under one signature in the surface application.
	Surface Binding = "surface"
	// Attested leaves it to the reader, which has to be known to send the files
	// of one card: controlled hardware, or an attested app.
	Attested Binding = "attested"
)

// DefaultBindings returns the bindings that a service should run with: the
// app's phones are anybody's, the kiosk's readers are not.
func DefaultBindings() map[cert.Channel]Binding {
	return map[cert.Channel]Binding{cert.App: Surface, cert.Kiosk: Attested}
}

// KnownBinding reports whether b is a binding that a verifier can be given.
func KnownBinding(b Binding) bool { return b == Surface || b == Attested }

// Binding returns how card and person are tied at ch: a reader has to be told,
// since it decides what the card is given to sign.
func (v *Verifier) Binding(ch cert.Channel) Binding {
	all := v.Bindings
	if all == nil {
		all = DefaultBindings()
	}
	if all[ch] == Attested {
		return Attested
	}
	return Surface
}

func (v *Verifier) checkBindings() error {
	for _, b := range v.Bindings {
		if !KnownBinding(b) {
			return fmt.Errorf("cardauth: binding is neither surface nor attested: %w", ErrNotReady)
		}
	}
	for _, ch := range [...]cert.Channel{cert.App, cert.Kiosk} {
		if v.Binding(ch) == Surface && !v.Anchors.has(SurfaceAP) {
			return fmt.Errorf("cardauth: surface binding without a surface anchor: %w", ErrNotReady)
		}
	}
	return nil
}

// presence is a card that has signed the challenge.
type presence struct {
	binding Binding
	cardKey [32]byte       // SHA-256 of the object with its key
	surface *surfaceRecord // nil unless the binding is Surface
}

// cardPresent proves that a card was there after the challenge was made. crt is
// the text application's certificate.
func (v *Verifier) cardPresent(c Challenge, crt certificate, ev Evidence, day cert.Date) (presence, error) {
	if v.Binding(c.Channel) == Surface {
		return v.surfacePresent(c, crt, ev, day)
	}
	key, fingerprint, err := crt.authKey(ev.Files.EF0007)
	if err != nil {
		return presence{}, err
	}
	message := BoundMessage(c.Bytes, ev.Files.EF0003, ev.Files.EF0007)
	if !crt.scheme.verify(key, crt.scheme.digest(message), ev.Signature) {
		return presence{}, refuse("challenge signature", CodeChallengeSig)
	}
	return presence{binding: Attested, cardKey: fingerprint}, nil
}

// binds reports whether the card that was there is this person's, as far as
// the binding can tell.
func (p presence) binds(h cert.Holder) error {
	if p.surface == nil {
		return nil
	}
	return p.surface.agrees(h)
}
