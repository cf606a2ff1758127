// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Methods of a revocation list.
const (
	methodRID  = "rid"       // SMART Health Cards 1.2.0
	methodHash = "hash-fhir" // draft RFC 002, for cards without rid
)

// CRL is a card revocation list: which cards of one key are revoked. The zero
// list revokes nothing.
type CRL struct {
	KID     string // of the key
	Counter int64  // "ctr": the key's crlVersion when the list was made; see [KeySet.CRLVersion]
	method  string
	until   map[string]time.Time // cards with nbf before it are revoked
}

type readCRL struct {
	KID    string         `json:"kid"`
	Method string         `json:"method"`
	CTR    jsontext.Value `json:"ctr"`
	RIDs   []string       `json:"rids"`
}

var revokedForm = regexp.MustCompile(`^([A-Za-z0-9_-]{1,24})(?:\.([0-9]{1,15}))?$`)

const maxCRL = 64 << 20

// ParseCRL reads a card revocation list. ctr may be a number or, as the
// published text has it, a string of digits. A malformed entry, or a second one
// for a revocation id, whatever its time stamp, makes the whole list
// malformed: half a list would let revoked cards pass. It fails with a
// [*MalformedError].
func ParseCRL(data []byte) (CRL, error) {
	if len(data) > maxCRL {
		return CRL{}, malformed("revocation list: too long")
	}
	var doc readCRL
	if err := decode("revocation list", data, &doc); err != nil {
		return CRL{}, err
	}
	list := CRL{KID: doc.KID, method: doc.Method, until: make(map[string]time.Time, len(doc.RIDs))}
	var err error
	switch {
	case doc.KID == "":
		return CRL{}, malformed("revocation list: no kid")
	case doc.Method != methodRID && doc.Method != methodHash:
		return CRL{}, malformed("revocation list: method is not known")
	case doc.RIDs == nil:
		return CRL{}, malformed("revocation list: no rids")
	}
	if list.Counter, err = counter(doc.CTR); err != nil {
		return CRL{}, malformed("revocation list: ctr is not a whole number")
	}
	for _, entry := range doc.RIDs {
		m := revokedForm.FindStringSubmatch(entry)
		if m == nil {
			return CRL{}, malformed("revocation list: entry is not rid or rid.timestamp")
		}
		if _, twice := list.until[m[1]]; twice {
			return CRL{}, malformed("revocation list: a revocation id twice")
		}
		until := time.Unix(lastSecond, 0) // later than any nbf
		if m[2] != "" {
			seconds, err := strconv.ParseInt(m[2], 10, 64)
			if err != nil {
				return CRL{}, malformed("revocation list: timestamp")
			}
			until = time.Unix(seconds, 0)
		}
		list.until[m[1]] = until
	}
	return list, nil
}

var counterForm = regexp.MustCompile(`^(?:([0-9]+)|"([0-9]+)")$`)

// counter reads a ctr or crlVersion: a whole number, or a string of digits.
func counter(v jsontext.Value) (int64, error) {
	m := counterForm.FindSubmatch(v)
	if m == nil {
		return 0, ErrMalformed
	}
	return strconv.ParseInt(string(m[1])+string(m[2]), 10, 64)
}

// Revokes reports whether the list is of c's key and revokes c: its rid is
// listed, without a timestamp or with one after its nbf. A list of the method
// hash-fhir speaks of cards without rid only.
func (l CRL) Revokes(c *Card) bool {
	if l.KID == "" || l.KID != c.KID {
		return false
	}
	id := c.RID
	if l.method == methodHash {
		if c.RID != "" {
			return false
		}
		id = c.bundleHash()
	}
	until, listed := l.until[id]
	return id != "" && listed && c.NotBefore.Before(until)
}

// bundleHash is the revocation id of a card without rid (draft RFC 002,
// hash-fhir): base64url of the first 8 bytes of SHA-256 over the base64url of
// the bundle. The draft says minified; RFC 8785 canonical form gives the
// value that the framework's example generator has. "" if there is none.
func (c *Card) bundleHash() string {
	bundle := jsontext.Value(slices.Clone(c.BundleJSON))
	if err := bundle.Canonicalize(); err != nil {
		return ""
	}
	enc := base64.RawURLEncoding
	sum := sha256.Sum256([]byte(enc.EncodeToString(bundle)))
	return enc.EncodeToString(sum[:8])
}

// What EncodeCRL refuses.
var (
	ErrRevocationID  = errors.New("shc: revocation id is not 1 to 24 characters of the base64url alphabet")
	ErrRevocationKey = errors.New("shc: revocation list without a key, or not counted from 1")
)

type wireCRL struct {
	KID    string   `json:"kid"`
	Method string   `json:"method"`
	CTR    int64    `json:"ctr"` // a number, as the framework's own examples have it; its text shows a string
	RIDs   []string `json:"rids"`
}

// EncodeCRL writes the card revocation list of the key kid (SMART Health Cards
// 1.4.0, "Revocation"), for cards of any age. Counter is the key's crlVersion,
// 1 or more. The ids are sorted, which tells nobody which came last, and each
// stands there once, as [ParseCRL] demands. It fails with [ErrRevocationID] or
// [ErrRevocationKey].
func EncodeCRL(kid string, counter int64, rids []string) ([]byte, error) {
	if kid == "" || counter < 1 {
		return nil, ErrRevocationKey
	}
	list := append([]string{}, rids...) // never null
	slices.Sort(list)
	list = slices.Compact(list)
	for _, id := range list {
		if !ridForm.MatchString(id) {
			return nil, ErrRevocationID
		}
	}
	return json.Marshal(wireCRL{KID: kid, Method: methodRID, CTR: counter, RIDs: list})
}

// RID returns the revocation id of userID under a key, as the framework
// recommends: base64url of the first 8 bytes of HMAC-SHA-256, keyed with the
// secret followed by the key's id; 11 characters.
func RID(secret []byte, kid string, userID string) string {
	mac := hmac.New(sha256.New, append(slices.Clip(slices.Clone(secret)), kid...))
	mac.Write([]byte(userID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:8])
}
