// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
)

// Policy is what a device's credential and assertion are good for.
type Policy string

// The policies. The zero value is Required.
const (
	Required Policy = "required" // a request without them, or with bad ones, is refused
	Report   Policy = "report"   // they are judged and reported, and the request goes on whatever they are
	Off      Policy = "off"      // they are not looked at; never in production
)

// Valid reports whether p is one of the three, or empty.
func (p Policy) Valid() bool { return p == "" || p == Required || p == Report || p == Off }

// Proof is what a request carries of its device.
type Proof struct {
	cert.Redacted
	Credential string // as it was issued
	Assertion  []byte // by the device's key
}

// Guard judges the proof of one request. Its fields are set once, before it is
// used; it is safe for concurrent use.
type Guard struct {
	Policy      Policy
	Credentials *Credentials
	Asserters   Asserter // [Asserters], normally
	// Now gives the time; time.Now in production.
	Now func() time.Time
	// Refused is told the code of each proof that was not good, let through
	// or not. Nil tells nobody.
	Refused func(ctx context.Context, c Code)
}

// Check says what is missing in g, wrapping [ErrConfig].
func (g *Guard) Check() error {
	switch {
	case !g.Policy.Valid():
		return fmt.Errorf("%w: unknown policy", ErrConfig)
	case g.Policy == Off:
		return nil
	case g.Credentials == nil || g.Asserters == nil || g.Now == nil:
		return fmt.Errorf("%w: guard without credentials, asserters or clock", ErrConfig)
	}
	return nil
}

// Admit judges p for what was hashed: by [ApplicationHash] or [SealedHash]. It
// returns the device, nil if there is none that was proved. The error is an
// [Error], and nil under Report and Off, whatever p is.
func (g *Guard) Admit(ctx context.Context, p Proof, clientDataHash [32]byte) (*Device, error) {
	if g.Policy == Off {
		return nil, nil
	}
	d, err := g.judge(p, clientDataHash)
	if err == nil {
		return &d, nil
	}
	c, ok := CodeOf(err)
	if !ok {
		c, err = CodeInternal, errors.Join(err, Error{CodeInternal})
	}
	if g.Refused != nil {
		g.Refused(ctx, c)
	}
	if g.Policy == Report {
		return nil, nil
	}
	return nil, err
}

func (g *Guard) judge(p Proof, clientDataHash [32]byte) (Device, error) {
	d, err := g.Credentials.Verify(p.Credential, g.Now())
	if err != nil {
		return Device{}, err
	}
	return d, g.Asserters.VerifyAssertion(d, clientDataHash, p.Assertion)
}
