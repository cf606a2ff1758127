// SPDX-License-Identifier: Apache-2.0

package passkey_test

import (
	"errors"
	"testing"

	virtual "github.com/descope/virtualwebauthn"

	"kofu/api/counter/staff"
)

// FuzzFinish has a browser that says anything, in ceremonies of both kinds.
func FuzzFinish(f *testing.F) {
	p := newPasskeys(f)
	auth, c := authenticator(yui, virtual.AuthenticatorOptions{})
	options, creating, err := p.Begin(yui, nil, true)
	if err != nil {
		f.Fatal(err)
	}
	right := created(f, party, auth, c, options)
	k, err := p.Finish(yui, nil, true, creating, right)
	if err != nil {
		f.Fatal(err)
	}
	asked, signing, err := p.Begin(yui, []staff.Passkey{k}, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(right, true)
	f.Add(signed(f, party, auth, c, asked), false)
	f.Add([]byte(`{"id":"","rawId":"AA","type":"public-key","response":{"attestationObject":"o2NmbXRkbm9uZQ"}}`), true)
	f.Add([]byte(`null`), false)
	f.Fuzz(func(t *testing.T, response []byte, create bool) {
		state, known := signing, []staff.Passkey{k}
		if create {
			state, known = creating, nil
		}
		got, err := p.Finish(yui, known, create, state, response)
		if err != nil && !errors.Is(err, staff.ErrPasskey) {
			t.Fatalf("another error: %v", err)
		}
		if err == nil && len(got.ID) == 0 {
			t.Fatal("a passkey without a name")
		}
	})
}
