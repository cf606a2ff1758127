// SPDX-License-Identifier: Apache-2.0

// Package passkey implements the passkeys of the counter's staff with WebAuthn
// Level 3: user verification is required, attestation is not asked for, and a
// discoverable credential is preferred. It is a room of its own so that what
// does not offer passkeys need not compile them.
package passkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kofu/api/counter/staff"
)

const (
	mostResponse = 64 << 10 // bytes of a browser's response
	mostKnown    = 20       // passkeys of one account
)

// Passkeys implements [staff.Passkeys]. It is safe for concurrent use.
type Passkeys struct{ w *webauthn.WebAuthn }

// New makes one for a relying party: rpID is the host name of the console,
// origins where it is served ("https://…"), displayName what a browser shows.
func New(rpID string, origins []string, displayName string) (*Passkeys, error) {
	if rpID == "" || displayName == "" || len(origins) == 0 {
		return nil, errors.New("passkey: host name, origins and a name to show are needed")
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: rpID, RPDisplayName: displayName, RPOrigins: slices.Clone(origins),
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: configure: %w", err)
	}
	return &Passkeys{w}, nil
}

// Begin returns options for navigator.credentials, {"publicKey": …}, and what
// Finish needs of the ceremony.
func (p *Passkeys) Begin(a staff.Account, known []staff.Passkey, create bool) (options, state []byte, err error) {
	defer func() {
		if recover() != nil {
			options, state, err = nil, nil, errors.New("passkey: begin: the library gave up")
		}
	}()
	u, err := newUser(a, known)
	if err != nil {
		return nil, nil, err
	}
	var asked any
	var session *webauthn.SessionData
	if create {
		asked, session, err = p.w.BeginRegistration(u, webauthn.WithExclusions(descriptors(u.credentials)))
	} else {
		asked, session, err = p.w.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationRequired))
	}
	if err != nil {
		return nil, nil, errors.New("passkey: begin: not possible for this account")
	}
	options, err = json.Marshal(asked)
	if err != nil {
		return nil, nil, errors.New("passkey: begin: write the options")
	}
	state, err = json.Marshal(ceremony{create, *session})
	if err != nil {
		return nil, nil, errors.New("passkey: begin: write the ceremony")
	}
	return options, state, nil
}

// Finish judges the browser's response, JSON as PublicKeyCredential.toJSON
// writes it. Whatever is wrong is [staff.ErrPasskey], a counter that does not
// rise too: the authenticator may have been copied.
func (p *Passkeys) Finish(a staff.Account, known []staff.Passkey, create bool, state, response []byte) (key staff.Passkey, err error) {
	defer func() {
		if recover() != nil {
			key, err = staff.Passkey{}, staff.ErrPasskey
		}
	}()
	var c ceremony
	if len(response) > mostResponse || json.Unmarshal(state, &c) != nil || c.Create != create {
		return staff.Passkey{}, staff.ErrPasskey
	}
	u, err := newUser(a, known)
	if err != nil {
		return staff.Passkey{}, err
	}
	var found *webauthn.Credential
	if create {
		found, err = p.register(u, c.Session, response)
	} else {
		found, err = p.signIn(u, c.Session, response)
	}
	if err != nil {
		return staff.Passkey{}, staff.ErrPasskey // the library's text may quote the response
	}
	return encode(found)
}

func (p *Passkeys) register(u user, s webauthn.SessionData, response []byte) (*webauthn.Credential, error) {
	r, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, err
	}
	c, err := p.w.CreateCredential(u, s, r)
	if err != nil {
		return nil, err
	}
	if !c.Flags.UserVerified || slices.ContainsFunc(u.credentials, func(k webauthn.Credential) bool { return bytes.Equal(k.ID, c.ID) }) {
		return nil, staff.ErrPasskey
	}
	return c, nil
}

func (p *Passkeys) signIn(u user, s webauthn.SessionData, response []byte) (*webauthn.Credential, error) {
	if len(s.AllowedCredentialIDs) == 0 || s.UserVerification != protocol.VerificationRequired {
		return nil, staff.ErrPasskey
	}
	r, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, err
	}
	c, err := p.w.ValidateLogin(u, s, r)
	if err != nil {
		return nil, err
	}
	if c.Authenticator.CloneWarning {
		return nil, staff.ErrPasskey
	}
	return c, nil
}

// ceremony is what stands between Begin and Finish.
type ceremony struct {
	Create  bool                 `json:"create"`
	Session webauthn.SessionData `json:"session"`
}

// user is an account as the library wants it.
type user struct {
	account     staff.Account
	credentials []webauthn.Credential
}

func newUser(a staff.Account, known []staff.Passkey) (u user, err error) {
	if a.ID == "" || len(a.ID) > 64 || len(known) > mostKnown {
		return u, errors.New("passkey: no account, or too many passkeys of it")
	}
	u.account = a
	for _, k := range known {
		var c webauthn.Credential
		if json.Unmarshal(k.Data, &c) != nil || !bytes.Equal(c.ID, k.ID) || len(k.ID) == 0 {
			return u, errors.New("passkey: read a passkey of the account")
		}
		u.credentials = append(u.credentials, c)
	}
	return u, nil
}

// WebAuthnID is random as the account's id is, and says nothing.
func (u user) WebAuthnID() []byte                         { return []byte(u.account.ID) }
func (u user) WebAuthnName() string                       { return u.account.Login }
func (u user) WebAuthnDisplayName() string                { return u.account.Login }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func descriptors(list []webauthn.Credential) (d []protocol.CredentialDescriptor) {
	for i := range list {
		d = append(d, list[i].Descriptor())
	}
	return d
}

// encode keeps of a credential what a sign-in needs: nobody will ask for an
// attestation that was not asked for.
func encode(c *webauthn.Credential) (staff.Passkey, error) {
	c.Attestation = webauthn.CredentialAttestation{}
	data, err := json.Marshal(c)
	if err != nil {
		return staff.Passkey{}, errors.New("passkey: write a passkey")
	}
	return staff.Passkey{ID: bytes.Clone(c.ID), Data: data}, nil
}
