// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of sig.alg and of certificates
	_ "crypto/sha512"
	"encoding/asn1"
	"strings"
)

var signatureHashes = map[string]crypto.Hash{
	"1.2.840.10045.4.3.2":    crypto.SHA256, // ecdsa-with-SHA256
	"1.2.840.10045.4.3.3":    crypto.SHA384,
	"1.2.840.10045.4.3.4":    crypto.SHA512,
	"1.2.840.113549.1.1.11":  crypto.SHA256, // sha256WithRSAEncryption
	"1.2.840.113549.1.1.12":  crypto.SHA384,
	"1.2.840.113549.1.1.13":  crypto.SHA512,
	"2.16.840.1.101.3.4.2.1": crypto.SHA256, // inside RSASSA-PSS
	"2.16.840.1.101.3.4.2.2": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// signedBy reports whether c's signature was made with the key of authority.
func (c *certificate) signedBy(authority *certificate) bool {
	key, err := parsePublicKey(authority.spki)
	if err != nil {
		return false
	}
	oid := c.algorithm.OID
	pss := oid.Equal(oidRSAPSS)
	if pss {
		oid = pssHash(c.algorithm.Parameters.FullBytes)
	}
	hash, ok := signatureHashes[oid.String()]
	if !ok {
		return false
	}
	digest := hashOf(hash, c.tbs)
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return strings.HasPrefix(oid.String(), "1.2.840.10045.") && ecdsa.VerifyASN1(key, digest, c.signature)
	case *rsa.PublicKey:
		if pss {
			return rsa.VerifyPSS(key, hash, digest, c.signature, nil) == nil
		}
		return strings.HasPrefix(oid.String(), "1.2.840.113549.") && rsa.VerifyPKCS1v15(key, hash, digest, c.signature) == nil
	}
	return false
}

// pssHash returns the hash of RSASSA-PSS-params (RFC 4055, 3.1), nil for the
// default, SHA-1.
func pssHash(parameters []byte) asn1.ObjectIdentifier {
	var p struct {
		Hash algorithm     `asn1:"optional,explicit,tag:0"`
		MGF  asn1.RawValue `asn1:"optional,tag:1"`
		Salt asn1.RawValue `asn1:"optional,tag:2"`
		Tail asn1.RawValue `asn1:"optional,tag:3"`
	}
	if rest, err := asn1.Unmarshal(parameters, &p); err != nil || len(rest) != 0 {
		return nil
	}
	return p.Hash.OID
}

func hashOf(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}
