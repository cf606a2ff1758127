// SPDX-License-Identifier: Apache-2.0

package card

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// KeyID is the 16-byte name of a key: 7 digits, 08 05, 3 digits, 4 bytes.
type KeyID [16]byte

// NewKeyID puts a name together. number has 7 digits, generation 3.
func NewKeyID(number, generation string) (KeyID, error) {
	if !isDigits(number, 7) || !isDigits(generation, 3) {
		return KeyID{}, errors.New("card: a key id has 7 and 3 digits")
	}
	return KeyID(slices.Concat([]byte(number), []byte{0x08, 0x05}, []byte(generation), make([]byte, 4))), nil
}

func isDigits(s string, n int) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == n
}

// PKI is the authority that certifies municipalities' keys, "9000033" where
// J-LIS has 5000033 (production) and 6000033 (test cards).
type PKI struct {
	ID   KeyID
	alg  algorithm
	key  crypto.Signer
	pool *keyPool

	mu          sync.Mutex
	generations map[string]int // keys made so far for a municipality
}

// NewPKI makes an authority of today's cards (RSA-2048). issuer has 7 digits
// and should begin with 9. It makes its own key; a municipality's is made with the
// municipality and the cards' with the first few cards, each some hundredths
// of a second's work. None is ever stored.
func NewPKI(issuer string) (*PKI, error) { return newPKI(issuer, today()) }

// NewNextPKI makes an authority of the next generation of cards (ECDSA P-384),
// with an assumed layout.
func NewNextPKI(issuer string) (*PKI, error) { return newPKI(issuer, next()) }

func newPKI(issuer string, alg algorithm) (*PKI, error) {
	id, err := NewKeyID(issuer, "001")
	if err != nil {
		return nil, err
	}
	p := &PKI{ID: id, alg: alg, generations: make(map[string]int), pool: newKeyPool(alg.generate)}
	if p.key, err = alg.generate(); err != nil {
		return nil, fmt.Errorf("card: make the authority's key: %w", err)
	}
	return p, nil
}

// PublicKeyPEM returns the authority's public key (SubjectPublicKeyInfo).
func (p *PKI) PublicKeyPEM() string {
	der, err := x509.MarshalPKIXPublicKey(p.key.Public())
	if err != nil { // not with keys made here
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// AnchorsJSON returns a trust-anchor file with this authority in it.
func (p *PKI) AnchorsJSON() []byte { return AnchorsJSON(p) }

// AnchorsJSON returns a trust-anchor file with several authorities in it.
func AnchorsJSON(authorities ...*PKI) []byte {
	type anchor struct {
		ID          string `json:"id"`
		Suite       string `json:"suite"`
		Key         string `json:"key"`
		Environment string `json:"environment"`
		ValidFrom   string `json:"valid_from"`
		ValidUntil  string `json:"valid_until"`
	}
	var file struct {
		Anchors []anchor `json:"anchors"`
	}
	for _, p := range authorities {
		file.Anchors = append(file.Anchors, anchor{
			hex.EncodeToString(p.ID[:]), p.alg.suite, p.PublicKeyPEM(), "test", "2015-10-01", "2045-09-30",
		})
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil { // strings only
		return nil
	}
	return append(data, '\n')
}

// Certificate returns an EF0004 that certifies a key field for subject, in the
// name of issuer, whatever these are: tests make bad ones with it.
func (p *PKI) Certificate(issuer, subject KeyID, keyField []byte) ([]byte, error) {
	body := slices.Concat(issuer[:], subject[:], keyField)
	sig, err := p.Sign(body)
	if err != nil {
		return nil, err
	}
	return TLV(0x7F21, TLV(0x5F4E, body), TLV(0x5F37, sig)), nil
}

// Sign signs anything as the authority.
func (p *PKI) Sign(data []byte) ([]byte, error) {
	sig, err := p.alg.sign(p.key, p.alg.digest(data))
	if err != nil {
		return nil, fmt.Errorf("card: sign as the authority: %w", err)
	}
	return sig, nil
}

// Municipality holds a data signing key that an authority has certified.
type Municipality struct {
	ID     KeyID
	ef0004 []byte
	key    crypto.Signer
	pki    *PKI
}

// NewMunicipality makes and certifies a key for the municipality with this
// 5-digit code. Called again for the same code it makes the next generation.
func (p *PKI) NewMunicipality(code5 string) (*Municipality, error) {
	p.mu.Lock()
	generation := p.generations[code5]
	p.generations[code5]++
	p.mu.Unlock()
	id, err := NewKeyID(code5+"21", fmt.Sprintf("%03d", generation))
	if err != nil {
		return nil, err
	}
	key, err := p.alg.generate()
	if err != nil {
		return nil, fmt.Errorf("card: make a municipality's key: %w", err)
	}
	ef0004, err := p.Certificate(p.ID, id, p.alg.field(key.Public()))
	if err != nil {
		return nil, err
	}
	return &Municipality{ID: id, ef0004: ef0004, key: key, pki: p}, nil
}

// EF0003 signs the digests of two files, whatever they hold.
func (m *Municipality) EF0003(ef0001, ef0002 []byte) ([]byte, error) {
	alg := m.pki.alg
	sums := slices.Concat(
		TLV(0xDF31, alg.digest(ef0001)),
		TLV(0xDF32, alg.digest(attrSigned(ef0002))),
	)
	sig, err := m.Sign(sums)
	if err != nil {
		return nil, err
	}
	return TLV(0xFF30, sums, TLV(0xDF33, sig)), nil
}

// EF0007 signs a card's key field, whatever it is.
func (m *Municipality) EF0007(keyField []byte) ([]byte, error) {
	object := TLV(0xDF51, keyField)
	sig, err := m.Sign(object)
	if err != nil {
		return nil, err
	}
	return TLV(0xFF50, object, TLV(0xDF52, sig)), nil
}

// Sign signs anything as the municipality.
func (m *Municipality) Sign(data []byte) ([]byte, error) {
	sig, err := m.pki.alg.sign(m.key, m.pki.alg.digest(data))
	if err != nil {
		return nil, fmt.Errorf("card: sign as a municipality: %w", err)
	}
	return sig, nil
}

// poolSize is how many card keys an authority shares out.
const poolSize = 6

// keyPool hands out card keys in turn. Real cards have one each; simulated
// ones share a handful, so that hundreds of them cost no time. Two cards
// issued one after the other have different keys. [Holder.UniqueKey] makes
// one of its own.
type keyPool struct {
	generate func() (crypto.Signer, error)

	mu   sync.Mutex
	keys []crypto.Signer
	next int
}

func newKeyPool(generate func() (crypto.Signer, error)) *keyPool {
	return &keyPool{generate: generate}
}

// take returns the next key of the pool, made now if it is a new one.
func (p *keyPool) take() (crypto.Signer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) < poolSize {
		key, err := p.generate()
		if err != nil {
			return nil, fmt.Errorf("card: make a card's key: %w", err)
		}
		p.keys = append(p.keys, key)
		return key, nil
	}
	p.next++
	return p.keys[p.next%poolSize], nil
}
