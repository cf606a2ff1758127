// SPDX-License-Identifier: Apache-2.0

package appattest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"kofu/cardauth/attest"
)

// Category is how an app was signed for the device it runs on.
type Category uint32

// The categories that make sense on a phone. Apple's numbers.
const (
	TestFlight Category = 2
	Developer  Category = 3
	AppStore   Category = 4
	Enterprise Category = 5 // ad hoc, too
)

// Config is what a [Verifier] needs.
type Config struct {
	// Roots is one or more CA certificates, PEM.
	Roots []byte
	// AppIDs are the apps that may apply, each a ten-character team id, a dot
	// and a bundle id.
	AppIDs []string
	// Development accepts devices of the environment "appattestdevelop", too.
	// Never in production.
	Development bool
	// Categories are accepted of devices that tell one; nil means AppStore,
	// and under Development TestFlight and Developer, too.
	Categories []Category
	// MinVersion is the lowest CFBundleVersion accepted of devices that tell
	// theirs: one to three numbers with dots between. Empty accepts any.
	MinVersion string
	// Now gives the time; time.Now in production.
	Now func() time.Time
}

// Verifier judges attestations and assertions. It is safe for concurrent use,
// keeps nothing, and asks nobody.
type Verifier struct {
	roots       *x509.CertPool
	apps        [][32]byte // SHA-256 of the App IDs
	development bool
	categories  []Category
	minimum     version
	now         func() time.Time
	strict      cbor.DecMode
}

var _ attest.Asserter = (*Verifier)(nil)

var appID = regexp.MustCompile(`^[0-9A-Z]{10}\.[0-9A-Za-z.-]{1,155}$`)

// New checks cfg. What it returns wraps [attest.ErrConfig].
func New(cfg Config) (*Verifier, error) {
	v := &Verifier{development: cfg.Development, categories: slices.Clone(cfg.Categories), now: cfg.Now}
	if v.now == nil {
		return nil, fmt.Errorf("%w: app attest without a clock", attest.ErrConfig)
	}
	if v.categories == nil {
		v.categories = []Category{AppStore}
		if cfg.Development {
			v.categories = append(v.categories, TestFlight, Developer)
		}
	}
	if len(cfg.AppIDs) == 0 {
		return nil, fmt.Errorf("%w: app attest without an App ID", attest.ErrConfig)
	}
	for _, id := range cfg.AppIDs {
		if !appID.MatchString(id) {
			return nil, fmt.Errorf("%w: App ID %q is not TEAMID.bundle", attest.ErrConfig, id)
		}
		v.apps = append(v.apps, sha256.Sum256([]byte(id)))
	}
	var err error
	if v.roots, err = roots(cfg.Roots); err != nil {
		return nil, err
	}
	if cfg.MinVersion != "" {
		var ok bool
		if v.minimum, ok = parseVersion(cfg.MinVersion); !ok {
			return nil, fmt.Errorf("%w: app attest's lowest version is not one to three numbers", attest.ErrConfig)
		}
	}
	if v.strict, err = strictMode(); err != nil {
		return nil, fmt.Errorf("%w: CBOR mode: %w", attest.ErrConfig, err)
	}
	return v, nil
}

// roots reads CA certificates, and nothing else, from text.
func roots(text []byte) (*x509.CertPool, error) {
	pool, found := x509.NewCertPool(), false
	for rest := bytes.TrimSpace(text); len(rest) > 0; found = true {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%w: app attest root is not a PEM certificate", attest.ErrConfig)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil || !c.IsCA || !ecdsaOnly(c) {
			return nil, fmt.Errorf("%w: app attest root is not an ECDSA CA certificate", attest.ErrConfig)
		}
		pool.AddCert(c)
		rest = bytes.TrimSpace(rest)
	}
	if !found {
		return nil, fmt.Errorf("%w: app attest without a root certificate", attest.ErrConfig)
	}
	return pool, nil
}

// strictMode has one reading for each input: nothing twice, nothing unknown,
// no length left open. The numbers are the smallest that the decoder takes.
func strictMode() (cbor.DecMode, error) {
	return cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   4,
		MaxArrayElements:  16,
		MaxMapPairs:       16,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode()
}

func refuse(what string, c attest.Code) error { return attest.Refuse("app attest "+what, c) }

// contain turns a panic of a library into an error: none is known, and none
// shall end a request of somebody else.
func contain(err *error) {
	if recover() != nil {
		*err = refuse("input", attest.CodeInternal)
	}
}
