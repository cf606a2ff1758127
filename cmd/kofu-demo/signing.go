// SPDX-License-Identifier: Apache-2.0

package main

import (
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/test/keyring"
)

// newRing makes the keys of this run: those of the app, since no other door is
// open. They are of the test environment, so that paper says SPECIMEN.
func newRing() (*keys.Ring, error) {
	all, err := keyring.New(issuer)
	if err != nil {
		return nil, err
	}
	var app []keys.Signer
	for _, f := range []keys.Format{keys.SHC, keys.VDSNC} {
		s, err := all.Active(f, cert.App)
		if err != nil {
			return nil, err
		}
		app = append(app, s)
	}
	return keys.New(cert.Test, app, nil)
}
