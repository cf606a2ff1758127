// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// What can be wrong with an anchors file.
var (
	ErrAnchors     = errors.New("cardauth: bad trust anchors")
	ErrNoAnchors   = errors.New("cardauth: no trust anchor")
	ErrEnvironment = errors.New("cardauth: trust anchor of another environment")
)

// KeyID is the name of a key in the card's hierarchy: 7 digits, 08 05,
// 3 digits, 4 bytes. All 16 bytes count. It names an authority or a
// municipality, never a person.
type KeyID [16]byte

// String returns 32 hexadecimal digits.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// ParseKeyID reads 32 hexadecimal digits.
func ParseKeyID(s string) (KeyID, error) {
	var id KeyID
	if b, err := hex.DecodeString(s); err != nil || copy(id[:], b) != len(id) || len(b) != len(id) {
		return KeyID{}, fmt.Errorf("cardauth: key id is not 32 hexadecimal digits: %w", ErrAnchors)
	}
	return id, nil
}

// environment tells which hierarchy an ID belongs to by its first digit: 5 is
// production, 6 J-LIS's test cards, 9 ours. Others are left to the label.
func (id KeyID) environment() (env cert.Environment, known bool) {
	switch id[0] {
	case '5':
		return cert.Production, true
	case '6', '9':
		return cert.Test, true
	}
	return "", false
}

// Application is one of the two applications of a card whose files are
// verified. Each has an authority of its own.
type Application string

// The applications, as an anchors file names them.
const (
	TextAP    Application = "text"    // 券面事項入力補助AP, D3921000310001010408
	SurfaceAP Application = "surface" // 券面事項確認AP, D3921000310001010402
)

// Anchors are the keys that certify the municipalities' keys. They do not
// change once parsed.
type Anchors struct {
	byID        map[KeyID]anchor
	environment cert.Environment
	version     [sha256.Size]byte
}

type anchor struct {
	id          KeyID
	application Application // whose files it may verify, and no others
	scheme      scheme
	key         crypto.PublicKey
	from, until cert.Date // both included, days in Japan
}

// Refused lists the suites of anchors that p does not accept on day: cards under
// such an anchor would all be turned away.
func (a *Anchors) Refused(p Policy, day cert.Date) []Suite {
	var refused []Suite
	for _, one := range a.byID {
		if s := one.scheme.suite; !p.allows(s, day) && !slices.Contains(refused, s) {
			refused = append(refused, s)
		}
	}
	slices.Sort(refused)
	return refused
}

// Usable counts the text application's anchors that are valid on day and whose
// suite p accepts then. With none, every card is turned away.
func (a *Anchors) Usable(p Policy, day cert.Date) (n int) { return a.UsableFor(TextAP, p, day) }

// UsableFor counts as [Anchors.Usable] does, for one application. With none of
// the surface application's, every card is turned away where [Surface] binds.
func (a *Anchors) UsableFor(app Application, p Policy, day cert.Date) (n int) {
	for _, one := range a.byID {
		if one.application == app && one.validOn(day) && p.allows(one.scheme.suite, day) {
			n++
		}
	}
	return n
}

// has reports whether there is any anchor for app.
func (a *Anchors) has(app Application) bool {
	for _, one := range a.byID {
		if one.application == app {
			return true
		}
	}
	return false
}

func (a anchor) validOn(day cert.Date) bool {
	return a.from.Compare(day) <= 0 && day.Compare(a.until) <= 0
}

// Len returns how many anchors there are, of both applications.
func (a *Anchors) Len() int { return len(a.byID) }

// Version names this set of anchors: the SHA-256, in hexadecimal, of the file.
func (a *Anchors) Version() string { return hex.EncodeToString(a.version[:]) }

type anchorJSON struct {
	ID          string           `json:"id"`
	Application Application      `json:"application"`
	Suite       Suite            `json:"suite"`
	Key         string           `json:"key"`
	Environment cert.Environment `json:"environment"`
	ValidFrom   string           `json:"valid_from"`
	ValidUntil  string           `json:"valid_until"`
}

// ParseAnchors reads a trust-anchor file strictly (unknown and duplicate
// members and trailing data are refused):
//
//	{"anchors": [{
//	  "id":          32 hexadecimal digits,
//	  "application": "text", or "surface"; "text" if it is left out,
//	  "suite":       "rsa2048-sha256",
//	  "key":         SubjectPublicKeyInfo, as PEM or as base64 of its DER,
//	  "environment": "test",
//	  "valid_from":  "2015-10-01",
//	  "valid_until": "2035-09-30"
//	}]}
//
// Every anchor must be of the environment env, by its label and by its id. An
// id names one key, whichever the application.
// The error tells everything that is wrong, each anchor by its place and id;
// it wraps [ErrAnchors], [ErrNoAnchors] or [ErrEnvironment].
func ParseAnchors(data []byte, env cert.Environment) (*Anchors, error) {
	if env != cert.Production && env != cert.Test {
		return nil, fmt.Errorf("cardauth: parse anchors: environment is neither production nor test: %w", ErrEnvironment)
	}
	var file struct {
		Anchors []anchorJSON `json:"anchors"`
	}
	if err := json.Unmarshal(data, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("cardauth: parse anchors: %w: %w", ErrAnchors, err)
	}
	if len(file.Anchors) == 0 {
		return nil, fmt.Errorf("cardauth: parse anchors: %w", ErrNoAnchors)
	}
	set := &Anchors{byID: make(map[KeyID]anchor), environment: env, version: sha256.Sum256(data)}
	var wrong []error
	for i, w := range file.Anchors {
		a, err := w.parse(env)
		if _, twice := set.byID[a.id]; err == nil && twice {
			err = fmt.Errorf("same id twice: %w", ErrAnchors)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("cardauth: parse anchor %d, id %q: %w", i+1, w.ID, err))
			continue
		}
		set.byID[a.id] = a
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return set, nil
}

func (w anchorJSON) parse(env cert.Environment) (anchor, error) {
	id, err := ParseKeyID(w.ID)
	if err != nil {
		return anchor{}, err
	}
	if e, known := id.environment(); w.Environment != env || known && e != env {
		return anchor{}, ErrEnvironment
	}
	switch w.Application {
	case "":
		w.Application = TextAP
	case TextAP, SurfaceAP:
	default:
		return anchor{}, fmt.Errorf("unknown application: %w", ErrAnchors)
	}
	row, ok := schemeOf(w.Suite)
	if !ok {
		return anchor{}, fmt.Errorf("unknown suite: %w", ErrAnchors)
	}
	key, err := parseSPKI(w.Key)
	if err != nil || !row.anchorKey(key) {
		return anchor{}, fmt.Errorf("key is not a public key of its suite: %w", ErrAnchors)
	}
	from, err1 := cert.ParseDate(w.ValidFrom)
	until, err2 := cert.ParseDate(w.ValidUntil)
	if err1 != nil || err2 != nil || !from.Full() || !until.Full() || until.Compare(from) < 0 {
		return anchor{}, fmt.Errorf("valid_from and valid_until are not a period of days: %w", ErrAnchors)
	}
	return anchor{id, w.Application, row, key, from, until}, nil
}

// parseSPKI reads PEM if there is any, base64 DER otherwise.
func parseSPKI(s string) (crypto.PublicKey, error) {
	if block, rest := pem.Decode([]byte(s)); block != nil {
		if block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
			return nil, ErrAnchors
		}
		return x509.ParsePKIXPublicKey(block.Bytes)
	}
	der, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, err
	}
	return x509.ParsePKIXPublicKey(der)
}
