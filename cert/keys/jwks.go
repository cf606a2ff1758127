// SPDX-License-Identifier: Apache-2.0

package keys

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// jwk is a key as SMART Health Cards publish it. It has no member for a
// private key.
type jwk struct {
	KTY string   `json:"kty"`
	KID string   `json:"kid"`
	Use string   `json:"use"`
	Alg string   `json:"alg"`
	CRV string   `json:"crv"`
	X   string   `json:"x"`
	Y   string   `json:"y"`
	X5C []string `json:"x5c,omitempty"` // RFC 7517 4.7: standard base64, not base64url
	CRL int64    `json:"crlVersion,omitempty"`
}

func jwks(public []Public, crlVersion int64) ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{Keys: []jwk{}}
	for _, p := range public {
		if p.Format != SHC {
			continue
		}
		x, y, ok := coordinates(p.Key)
		if !ok {
			return nil, fmt.Errorf("keys: write key set: %w", ErrKey)
		}
		k := jwk{KTY: "EC", KID: p.KID, Use: "sig", Alg: "ES256", CRV: "P-256", X: x, Y: y, CRL: crlVersion}
		for _, c := range p.Chain {
			k.X5C = append(k.X5C, base64.StdEncoding.EncodeToString(c.Raw))
		}
		set.Keys = append(set.Keys, k)
	}
	return json.Marshal(set)
}
