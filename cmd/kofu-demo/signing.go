// SPDX-License-Identifier: Apache-2.0

package main

import (
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/test/keyring"
)

// newRing makes the keys of this run: one for each format, with which all
// doors sign. They are of the test environment, so that paper says SPECIMEN.
func newRing() (*keys.Ring, error) {
	all, err := keyring.New(issuer)
	if err != nil {
		return nil, err
	}
	var both []keys.Signer
	for _, f := range []keys.Format{keys.SHC, keys.VDSNC} {
		s, err := all.Active(f, cert.App)
		if err != nil {
			return nil, err
		}
		for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
			s.Channel = ch
			both = append(both, s)
		}
	}
	return keys.New(cert.Test, both, nil)
}
