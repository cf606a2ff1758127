// SPDX-License-Identifier: Apache-2.0

package passkey_test

import (
	"errors"
	"strings"
	"testing"

	virtual "github.com/descope/virtualwebauthn"

	"kofu/api/counter/passkey"
	"kofu/api/counter/staff"
)

var (
	party = virtual.RelyingParty{ID: "counter.kofu.test", Name: "kofu", Origin: "https://counter.kofu.test:8446"}
	yui   = staff.Account{ID: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Login: "yui", Name: "佐藤 結衣"}
	other = staff.Account{ID: "BBCDEFGHIJKLMNOPQRSTUVWXYZ", Login: "ren", Name: "鈴木 蓮"}
)

func newPasskeys(t testing.TB) *passkey.Passkeys {
	p, err := passkey.New(party.ID, []string{party.Origin}, party.Name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// authenticator is a phone with one credential for an account.
func authenticator(a staff.Account, o virtual.AuthenticatorOptions) (virtual.Authenticator, virtual.Credential) {
	o.UserHandle = []byte(a.ID)
	return virtual.NewAuthenticatorWithOptions(o), virtual.NewCredential(virtual.KeyTypeEC2)
}

func created(t testing.TB, at virtual.RelyingParty, auth virtual.Authenticator, c virtual.Credential, options []byte) []byte {
	o, err := virtual.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtual.CreateAttestationResponse(at, auth, c, *o))
}

func signed(t testing.TB, at virtual.RelyingParty, auth virtual.Authenticator, c virtual.Credential, options []byte) []byte {
	o, err := virtual.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtual.CreateAssertionResponse(at, auth, c, *o))
}

// register makes a passkey of yui's.
func register(t testing.TB, p *passkey.Passkeys, auth virtual.Authenticator, c virtual.Credential) staff.Passkey {
	options, state, err := p.Begin(yui, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	k, err := p.Finish(yui, nil, true, state, created(t, party, auth, c, options))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Rows: F4
func TestRegisterAndSignIn(t *testing.T) {
	p := newPasskeys(t)
	auth, c := authenticator(yui, virtual.AuthenticatorOptions{})
	k := register(t, p, auth, c)
	if string(k.ID) != string(c.ID) || strings.Contains(string(k.Data), yui.Name) {
		t.Fatalf("the passkey kept is another one, or has a name in it")
	}
	for count := uint32(1); count < 4; count++ {
		c.Counter = count
		options, state, err := p.Begin(yui, []staff.Passkey{k}, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"userVerification":"required"`, party.ID} {
			if !strings.Contains(string(options), want) {
				t.Errorf("options have no %s", want)
			}
		}
		next, err := p.Finish(yui, []staff.Passkey{k}, false, state, signed(t, party, auth, c, options))
		if err != nil {
			t.Fatalf("sign-in %d: %v", count, err)
		}
		if string(next.Data) == string(k.Data) {
			t.Fatal("the counter was not kept")
		}
		k = next
	}
}

func TestBeginAsksForWhatIsMeant(t *testing.T) {
	p := newPasskeys(t)
	auth, c := authenticator(yui, virtual.AuthenticatorOptions{})
	k := register(t, p, auth, c)
	options, _, err := p.Begin(yui, []staff.Passkey{k}, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"residentKey":"preferred"`, `"userVerification":"required"`, `"excludeCredentials":[{`} {
		if !strings.Contains(string(options), want) {
			t.Errorf("options have no %s", want)
		}
	}
	for _, not := range []string{yui.Name, `"attestation":"direct"`, `"attestation":"indirect"`, `"attestation":"enterprise"`} {
		if strings.Contains(string(options), not) {
			t.Errorf("options have %s", not)
		}
	}
	if _, _, err := p.Begin(yui, nil, false); err == nil {
		t.Error("a sign-in begins without a passkey")
	}
}

func TestFinishRefusesCreation(t *testing.T) {
	p := newPasskeys(t)
	good, c := authenticator(yui, virtual.AuthenticatorOptions{})
	unseen, _ := authenticator(yui, virtual.AuthenticatorOptions{UserNotVerified: true})
	absent, _ := authenticator(yui, virtual.AuthenticatorOptions{UserNotPresent: true})
	elsewhere := party
	elsewhere.Origin = "https://counter.kofu.example"
	otherParty := party
	otherParty.ID = "kofu.example"
	options, state, err := p.Begin(yui, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	_, before, _ := p.Begin(yui, nil, true)
	right := created(t, party, good, c, options)
	for name, f := range map[string]struct {
		a      staff.Account
		create bool
		state  []byte
		answer []byte
	}{
		"not verified":       {yui, true, state, created(t, party, unseen, c, options)},
		"not present":        {yui, true, state, created(t, party, absent, c, options)},
		"another origin":     {yui, true, state, created(t, elsewhere, good, c, options)},
		"another party":      {yui, true, state, created(t, otherParty, good, c, options)},
		"another ceremony":   {yui, true, before, right},
		"another account":    {other, true, state, right},
		"as a sign-in":       {yui, false, state, right},
		"no ceremony":        {yui, true, nil, right},
		"nothing":            {yui, true, state, nil},
		"not JSON":           {yui, true, state, []byte("{")},
		"too long":           {yui, true, state, append(right, make([]byte, 64<<10)...)},
		"an altered message": {yui, true, state, []byte(strings.Replace(string(right), `"attestationObject":"`, `"attestationObject":"AA`, 1))},
	} {
		if _, err := p.Finish(f.a, nil, f.create, f.state, f.answer); !errors.Is(err, staff.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Finish(yui, nil, true, state, right); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

func TestFinishRefusesSignIn(t *testing.T) {
	p := newPasskeys(t)
	auth, c := authenticator(yui, virtual.AuthenticatorOptions{})
	k := register(t, p, auth, c)
	options, state, err := p.Begin(yui, []staff.Passkey{k}, false)
	if err != nil {
		t.Fatal(err)
	}
	c.Counter = 7
	used, err := p.Finish(yui, []staff.Passkey{k}, false, state, signed(t, party, auth, c, options))
	if err != nil {
		t.Fatal(err)
	}
	stranger, theirs := authenticator(yui, virtual.AuthenticatorOptions{})
	forged := virtual.NewCredential(virtual.KeyTypeEC2)
	forged.ID, forged.Counter = c.ID, 8
	same, lower, higher := c, c, c
	lower.Counter, higher.Counter = 6, 8
	unseen, _ := authenticator(yui, virtual.AuthenticatorOptions{UserNotVerified: true})
	elsewhere := party
	elsewhere.Origin = "https://counter.kofu.example"
	for name, answer := range map[string][]byte{
		"another key of that name": signed(t, party, auth, forged, options),
		"an unknown passkey":       signed(t, party, stranger, theirs, options),
		"the counter stands":       signed(t, party, auth, same, options),
		"the counter falls":        signed(t, party, auth, lower, options),
		"not verified":             signed(t, party, unseen, higher, options),
		"another origin":           signed(t, elsewhere, auth, higher, options),
	} {
		if _, err := p.Finish(yui, []staff.Passkey{used}, false, state, answer); !errors.Is(err, staff.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Finish(yui, []staff.Passkey{used}, false, state, signed(t, party, auth, higher, options)); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, try := range map[string]func() (*passkey.Passkeys, error){
		"no host":    func() (*passkey.Passkeys, error) { return passkey.New("", []string{party.Origin}, "kofu") },
		"no origins": func() (*passkey.Passkeys, error) { return passkey.New(party.ID, nil, "kofu") },
		"no name":    func() (*passkey.Passkeys, error) { return passkey.New(party.ID, []string{party.Origin}, "") },
		"an address": func() (*passkey.Passkeys, error) {
			return passkey.New("https://"+party.ID, []string{party.Origin}, "kofu")
		},
	} {
		if _, err := try(); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
