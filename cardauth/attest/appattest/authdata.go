// SPDX-License-Identifier: Apache-2.0

package appattest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"kofu/cardauth/attest"
)

const (
	plainLength    = 32 + 1 + 4                // App ID's digest, flags, counter
	attestedLength = plainLength + 16 + 2 + 32 // AAGUID, length, credential id
	flagAttested   = 0x40                      // WebAuthn's AT: attested credential data included
)

// What the extensions are called: in Apple's sample and on devices, and in
// Apple's text on assertions.
var (
	categoryNames = []string{"apple_validation_category_01", "validationCategory"}
	versionNames  = []string{"apple_bundle_version_01", "bundleVersion"}
)

// authenticator is the authenticator data (WebAuthn level 2, section 6.1).
type authenticator struct {
	app          [32]byte
	counter      uint32
	aaguid       []byte           // attestations only, as are the next two
	credentialID []byte           //
	key          *ecdsa.PublicKey //
	launch       launch
}

// launch is what iOS 27 and later say of the running app.
type launch struct {
	category *Category
	version  string
}

// coseKey is an EC2 key on P-256 (RFC 9053 sections 2.1 and 7.1.1).
type coseKey struct {
	Type      int             `cbor:"1,keyasint"`
	Algorithm int             `cbor:"3,keyasint"`
	Curve     int             `cbor:"-1,keyasint"`
	X         cbor.ByteString `cbor:"-2,keyasint"`
	Y         cbor.ByteString `cbor:"-3,keyasint"`
}

// parsePlain reads what attestations and assertions have both, and returns
// what stands behind it. Flags of an assertion say nothing: Apple sets AT
// without attested data, and leaves ED clear before extensions.
func parsePlain(data []byte) (a authenticator, rest []byte, ok bool) {
	if len(data) < plainLength {
		return authenticator{}, nil, false
	}
	copy(a.app[:], data)
	a.counter = binary.BigEndian.Uint32(data[33:])
	return a, data[plainLength:], true
}

// parseAttested reads the authenticator data of an attestation.
func (v *Verifier) parseAttested(data []byte) (authenticator, error) {
	bad := refuse("authenticator data", attest.CodeAppleAuthData)
	a, _, ok := parsePlain(data)
	if !ok || len(data) < attestedLength || data[32]&flagAttested == 0 || binary.BigEndian.Uint16(data[53:]) != 32 {
		return authenticator{}, bad
	}
	a.aaguid, a.credentialID = data[37:53], data[55:attestedLength]
	var k coseKey
	rest, err := v.strict.UnmarshalFirst(data[attestedLength:], &k)
	if err != nil || k.Type != 2 || k.Algorithm != -7 || k.Curve != 1 || len(k.X) != 32 || len(k.Y) != 32 {
		return authenticator{}, bad
	}
	a.key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), []byte("\x04"+k.X+k.Y))
	if err != nil {
		return authenticator{}, bad
	}
	if a.launch, ok = v.parseLaunch(rest); !ok {
		return authenticator{}, bad
	}
	return a, nil
}

// parseLaunch reads the extensions: nothing, or one map. Names it does not
// know are let pass.
func (v *Verifier) parseLaunch(data []byte) (l launch, ok bool) {
	if len(data) == 0 {
		return launch{}, true
	}
	var ext map[string]cbor.RawMessage
	if v.strict.Unmarshal(data, &ext) != nil || ext == nil {
		return launch{}, false
	}
	category, okCategory := one(ext, categoryNames)
	version, okVersion := one(ext, versionNames)
	if !okCategory || !okVersion {
		return launch{}, false
	}
	if category != nil {
		c, ok := v.parseCategory(category)
		if !ok {
			return launch{}, false
		}
		l.category = &c
	}
	if version != nil && (v.strict.Unmarshal(version, &l.version) != nil || l.version == "" || len(l.version) > 64) {
		return launch{}, false
	}
	return l, true
}

// one returns what ext has under any of names, nil for nothing. Under two of
// them it is not ok.
func one(ext map[string]cbor.RawMessage, names []string) (found cbor.RawMessage, ok bool) {
	for _, name := range names {
		raw, told := ext[name]
		if told && found != nil {
			return nil, false
		}
		if told {
			found = raw
		}
	}
	return found, true
}

// parseCategory takes what Apple's text says, a number, and what its devices
// send, four bytes with the lowest first.
func (v *Verifier) parseCategory(raw []byte) (c Category, ok bool) {
	var b cbor.ByteString
	if v.strict.Unmarshal(raw, &b) == nil && len(b) == 4 {
		return Category(binary.LittleEndian.Uint32([]byte(b))), true
	}
	return c, v.strict.Unmarshal(raw, &c) == nil && c > 0
}

// ours reports whether one of the configured apps has this digest. It is no
// secret.
func (v *Verifier) ours(app [32]byte) bool { return slices.Contains(v.apps, app) }

// admit judges how the app was installed and how old it is, as far as the
// device tells.
func (v *Verifier) admit(l launch) error {
	if l.category != nil && !slices.Contains(v.categories, *l.category) {
		return refuse("extensions", attest.CodeAppleCategory)
	}
	if l.version == "" || v.minimum == (version{}) {
		return nil
	}
	if got, ok := parseVersion(l.version); !ok || slices.Compare(got[:], v.minimum[:]) < 0 {
		return refuse("extensions", attest.CodeAppleVersion)
	}
	return nil
}

// version is a CFBundleVersion: one to three numbers.
type version [3]uint64

func parseVersion(s string) (v version, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) > len(v) {
		return version{}, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil {
			return version{}, false
		}
		v[i] = n
	}
	return v, true
}
