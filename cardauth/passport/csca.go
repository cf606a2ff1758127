// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// ErrCSCAs is what every error of [ParseCSCAs] wraps.
var ErrCSCAs = errors.New("passport: bad list of country signing authorities")

// maxList is the most that is read of a list of authorities, in bytes; ICAO's
// has about a thousandth of that a State.
const maxList = 8 << 20

// CSCAs are the country signing certification authorities that are trusted.
// They do not change once parsed.
type CSCAs struct {
	bySubject map[string][]*certificate // key: Name, raw
	byKey     map[string][]*certificate // key: subject key identifier
	count     int
	skipped   int
	version   [sha256.Size]byte
}

// Len returns how many certificates are trusted.
func (s *CSCAs) Len() int { return s.count }

// Skipped returns how many certificates of the file are not trusted: those of a
// master list that cannot be read, with keys or signatures that are not known
// here (brainpool curves, for one), or signed by none that is trusted.
func (s *CSCAs) Skipped() int { return s.skipped }

// Version names this list: the SHA-256, in hexadecimal, of the file.
func (s *CSCAs) Version() string { return hex.EncodeToString(s.version[:]) }

// ParseCSCAs reads the authorities that are to be trusted. data is a bundle of
// PEM blocks, CERTIFICATE (one authority) and CMS (a master list), or one of
// the two in DER. A master list is CMS with the content that Doc 9303-12 gives
// it.
//
// The file is configuration: it is trusted because the operator put it there,
// and who signed a master list is not looked at. Trusted are authorities that
// signed themselves, and those that one of these signed for its own State, not
// with SHA-1 (link certificates, with which a State goes over to a new key; they
// name the same authority twice and do no harm). The others are counted, see [CSCAs.Skipped]: a list of all
// States always has some. A list without one usable authority is an error, as
// is a PEM block that is no certificate.
func ParseCSCAs(data []byte) (*CSCAs, error) {
	if len(data) > maxList {
		return nil, fmt.Errorf("%w: larger than 8 MiB", ErrCSCAs)
	}
	listed, err := certificatesIn(data)
	if err != nil {
		return nil, err
	}
	s := &CSCAs{bySubject: make(map[string][]*certificate), byKey: make(map[string][]*certificate), version: sha256.Sum256(data)}
	var links []*certificate
	seen := make(map[[sha256.Size]byte]bool)
	for i, one := range listed {
		c, ok := readCertificate(one.der)
		if !ok && !one.master {
			return nil, fmt.Errorf("%w: certificate %d cannot be read", ErrCSCAs, i+1)
		}
		if !ok {
			s.skipped++
			continue
		}
		own := bytes.Equal(c.issuer, c.subject)
		switch {
		case seen[c.sum()]:
		case !c.isAuthority(), c.signedBy.hash == 0:
			s.skipped++
		case own && c.signs(c):
			s.add(c)
		default: // States that keep their name make links that look as if they signed themselves
			links = append(links, c)
		}
		seen[c.sum()] = true
	}
	roots := s.all()
	for _, c := range links {
		if linked(roots, c) {
			s.add(c)
		} else {
			s.skipped++
		}
	}
	if s.count == 0 {
		return nil, fmt.Errorf("%w: none that can be used", ErrCSCAs)
	}
	return s, nil
}

// isAuthority reports whether c may sign signers, with a key known here.
func (c *certificate) isAuthority() bool {
	return c.ca && c.keyKnown && !c.strange && (!c.hasUsage || c.usage&usageCertSign != 0)
}

func (s *CSCAs) add(c *certificate) {
	s.bySubject[string(c.subject)] = append(s.bySubject[string(c.subject)], c)
	if c.subjectKey != nil {
		s.byKey[string(c.subjectKey)] = append(s.byKey[string(c.subjectKey)], c)
	}
	s.count++
}

func (s *CSCAs) all() (all []*certificate) {
	for _, some := range s.bySubject {
		all = append(all, some...)
	}
	return all
}

// linked reports whether one of roots signed c for its own State: none can make
// another State's authority.
func linked(roots []*certificate, c *certificate) bool {
	if c.signedBy.hash == crypto.SHA1 {
		return false
	}
	for _, one := range roots {
		if one.country == c.country && one.signs(c) {
			return true
		}
	}
	return false
}

// issuer returns the authority that signed c and was valid when c began to be.
// If it is trusted, the key that c names is tried alone; else all keys of the
// issuer's name are, since States keep their name with a new key, and some get
// the key identifiers wrong. A name that is written in another way, as some do,
// is found by the key.
func (s *CSCAs) issuer(c *certificate) (*certificate, Code) {
	var candidates []*certificate
	if c.authorityKey != nil {
		candidates = s.byKey[string(c.authorityKey)]
	}
	if len(candidates) == 0 {
		candidates = s.bySubject[string(c.issuer)]
	}
	if len(candidates) == 0 {
		return nil, CodeCSCAUnknown
	}
	code := CodeSignerSig
	for _, a := range candidates {
		if !a.signs(c) {
			continue
		}
		if a.validAt(c.notBefore) {
			return a, ""
		}
		code = CodeCSCANotValid
	}
	return nil, code
}

func (c *certificate) validAt(t time.Time) bool { return !t.Before(c.notBefore) && !t.After(c.until) }

// listed is a certificate as a file has it.
type listed struct {
	der    []byte
	master bool // in a master list
}

// certificatesIn returns the certificates of a file.
func certificatesIn(data []byte) ([]listed, error) {
	if len(data) > 0 && data[0] == tagSequence {
		return certificatesOf(data)
	}
	var all []listed
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if len(bytes.TrimSpace(rest)) > 0 {
				return nil, fmt.Errorf("%w: neither PEM nor DER", ErrCSCAs)
			}
			return all, nil
		}
		if block.Type != "CERTIFICATE" && block.Type != "CMS" && block.Type != "PKCS7" {
			return nil, fmt.Errorf("%w: a PEM block is neither CERTIFICATE nor CMS", ErrCSCAs)
		}
		some, err := certificatesOf(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
}

// certificatesOf takes a master list apart; a certificate is left alone.
func certificatesOf(der []byte) ([]listed, error) {
	r := newReader(der)
	if s := r.within(tagSequence); !s.has(tagOID) {
		return []listed{{der, false}}, nil
	}
	d, code := readSignedData(der, oidMasterList)
	if code != "" {
		return nil, fmt.Errorf("%w: master list: %w", ErrCSCAs, Error{code})
	}
	r = newReader(d.content)
	list := r.within(tagSequence)
	r.end()
	list.small()
	var all []listed
	for set := list.within(tagSet); set.more(); {
		all = append(all, listed{set.take(tagSequence).raw, true})
	}
	list.end()
	if !r.ok() {
		return nil, fmt.Errorf("%w: master list: not as Doc 9303-12 has it", ErrCSCAs)
	}
	return all, nil
}
