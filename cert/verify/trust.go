// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
)

// ErrTrust is returned for a file of keys, certificates or revocations that
// cannot be used. The text says what is malformed in it.
var ErrTrust = errors.New("verify: trust file is not usable")

// Trust is whom to believe. The zero Trust believes nobody. Fill it before
// use; afterwards it is safe for concurrent use.
type Trust struct {
	keys    []issuerKeys
	crls    []shc.CRL
	vdsnc   vdsnc.Trust
	revoked map[string]bool // HashUVCI
}

type issuerKeys struct {
	issuer string // empty: any
	set    shc.KeySet
}

// AddKeys trusts the keys of a JWKS file, for cards of issuer only unless it
// is empty.
func (t *Trust) AddKeys(jwks []byte, issuer string) error {
	set, err := shc.ParseKeySet(jwks)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTrust, err)
	}
	t.keys = append(t.keys, issuerKeys{issuer, set})
	return nil
}

// AddCSCAs trusts the country signing authorities in a PEM or DER file.
func (t *Trust) AddCSCAs(file []byte) error {
	ders, err := vdsnc.Certificates(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTrust, err)
	}
	t.vdsnc.CSCAs = append(t.vdsnc.CSCAs, ders...)
	return nil
}

// AddSigners trusts the barcode signers in a PEM or DER file, whoever may
// have signed their certificates.
func (t *Trust) AddSigners(file []byte) error {
	ders, err := vdsnc.Certificates(file)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTrust, err)
	}
	t.vdsnc.Signers = append(t.vdsnc.Signers, ders...)
	return nil
}

// uvciList is the revocation list of VDS-NC.
type uvciList struct {
	Format string   `json:"format"`
	Hashes []string `json:"uvci_sha256"`
}

// UVCIList writes the revocation list of VDS-NC, of identifiers hashed as by
// [HashUVCI]. They are sorted, and each stands there once. It fails with
// [ErrTrust] for what is no such hash.
func UVCIList(hashes []string) ([]byte, error) {
	list := append([]string{}, hashes...) // never null
	slices.Sort(list)
	list = slices.Compact(list)
	if err := new(Trust).revoke(list); err != nil {
		return nil, err
	}
	out, err := json.Marshal(uvciList{string(keys.VDSNC), list})
	if err != nil {
		return nil, fmt.Errorf("verify: write revocation list: %w", err)
	}
	return out, nil
}

// AddRevocations takes in a revocation list, of SMART Health Cards or of
// VDS-NC.
func (t *Trust) AddRevocations(list []byte) error {
	var form struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(list, &form) != nil || form.Format == "" {
		crl, err := shc.ParseCRL(list)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrTrust, err)
		}
		t.crls = append(t.crls, crl)
		return nil
	}
	var own uvciList
	if form.Format != string(keys.VDSNC) || json.Unmarshal(list, &own, json.RejectUnknownMembers(true)) != nil || own.Hashes == nil {
		return fmt.Errorf("%w: revocation list: not of a known format", ErrTrust)
	}
	return t.revoke(own.Hashes)
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (t *Trust) revoke(hashes []string) error {
	if t.revoked == nil {
		t.revoked = make(map[string]bool, len(hashes))
	}
	for _, h := range hashes {
		if !hashForm.MatchString(h) {
			return fmt.Errorf("%w: revocation list: not a SHA-256 in lower-case hex", ErrTrust)
		}
		t.revoked[h] = true
	}
	return nil
}

// HashUVCI is how a revoked VDS-NC is listed: SHA-256 of its identifier, in
// lower-case hexadecimal. 55 bits of the identifier are random to whoever does
// not hold the document.
func HashUVCI(uvci string) string {
	sum := sha256.Sum256([]byte(uvci))
	return hex.EncodeToString(sum[:])
}

// TrustBundle is everything in one file. See the package comment.
type TrustBundle struct {
	Issuer      string           `json:"issuer,omitempty"`
	JWKS        jsontext.Value   `json:"jwks,omitempty"`
	CRLs        []jsontext.Value `json:"crls,omitempty"`
	CSCA        []string         `json:"csca,omitempty"`        // PEM
	Signers     []string         `json:"signers,omitempty"`     // PEM
	RevokedUVCI []string         `json:"revoked_uvci,omitzero"` // HashUVCI; nil: nothing is said, empty: none is revoked
}

// NewTrustBundle returns the public half of ring: the keys of issuer and the
// authorities above its barcode signers. Revocations are the caller's to add.
func NewTrustBundle(ring *keys.Ring, issuer string) TrustBundle {
	var b TrustBundle
	for _, p := range ring.Publics() {
		if p.Format == keys.SHC {
			b.Issuer, b.JWKS = issuer, ring.JWKS()
			break
		}
	}
	for _, c := range ring.CSCAs() {
		b.CSCA = append(b.CSCA, string(vdsnc.PEM(c)))
	}
	return b
}

// JSON returns the bundle as a file.
func (b TrustBundle) JSON() ([]byte, error) {
	out, err := json.Marshal(b, jsontext.Multiline(true))
	if err != nil {
		return nil, fmt.Errorf("verify: write trust bundle: %w", err)
	}
	return append(out, '\n'), nil
}

// AddBundle trusts whom a trust bundle names, and takes in its revocations.
func (t *Trust) AddBundle(file []byte) error {
	var b TrustBundle
	if json.Unmarshal(file, &b, json.RejectUnknownMembers(true)) != nil {
		return fmt.Errorf("%w: bundle: not JSON of the right members", ErrTrust)
	}
	if b.JWKS != nil {
		if err := t.AddKeys(b.JWKS, b.Issuer); err != nil {
			return err
		}
	}
	for _, list := range b.CRLs {
		if err := t.AddRevocations(list); err != nil {
			return err
		}
	}
	for _, c := range b.CSCA {
		if err := t.AddCSCAs([]byte(c)); err != nil {
			return err
		}
	}
	for _, c := range b.Signers {
		if err := t.AddSigners([]byte(c)); err != nil {
			return err
		}
	}
	if b.RevokedUVCI == nil {
		return nil // no list: nobody has asked
	}
	return t.revoke(b.RevokedUVCI)
}
