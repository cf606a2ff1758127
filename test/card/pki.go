// SPDX-License-Identifier: Apache-2.0

package card

import (
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// PKI is the pair of authorities behind a card, "9000033" for the text
// application and "9000023" for the surface application where J-LIS has
// 5000033 and 5000023 (production), 6000033 and 6000023 (test cards).
type PKI struct {
	*Authority                   // the text application's
	Surface           *Authority // the surface application's, ten less
	pool, surfacePool *keyPool

	mu          sync.Mutex
	generations map[string]int // keys made so far for a municipality
}

// NewPKI makes the authorities of today's cards (RSA-2048). issuer is the text
// application's; it has 7 digits, should begin with 9 and is not below 10. It
// makes the authorities' keys; a municipality's is made with the municipality
// and the cards' with the first few cards, those of the surface application
// when one is first selected, each some hundredths of a second's work. None is
// ever stored.
func NewPKI(issuer string) (*PKI, error) { return newPKI(issuer, today()) }

// NewNextPKI makes the authorities of the next generation of cards (ECDSA
// P-384), with an assumed layout.
func NewNextPKI(issuer string) (*PKI, error) { return newPKI(issuer, next()) }

func newPKI(issuer string, alg algorithm) (*PKI, error) {
	number, err := strconv.Atoi(issuer)
	if err != nil || number < 10 {
		return nil, errors.New("card: an authority has a number of 7 digits")
	}
	text, err := newAuthority(issuer, alg)
	if err != nil {
		return nil, err
	}
	surface, err := newAuthority(fmt.Sprintf("%07d", number-10), alg)
	if err != nil {
		return nil, err
	}
	return &PKI{
		Authority: text, Surface: surface, generations: make(map[string]int),
		pool: newKeyPool(alg.generate), surfacePool: newKeyPool(alg.generate),
	}, nil
}

// AnchorsJSON returns a trust-anchor file with both authorities in it.
func (p *PKI) AnchorsJSON() []byte { return AnchorsJSON(p) }

// AnchorsJSON returns a trust-anchor file with several pairs of authorities in
// it, the text application's first.
func AnchorsJSON(pairs ...*PKI) []byte {
	type anchor struct {
		ID          string `json:"id"`
		Application string `json:"application"`
		Suite       string `json:"suite"`
		Key         string `json:"key"`
		Environment string `json:"environment"`
		ValidFrom   string `json:"valid_from"`
		ValidUntil  string `json:"valid_until"`
	}
	var file struct {
		Anchors []anchor `json:"anchors"`
	}
	add := func(application string, a *Authority) {
		file.Anchors = append(file.Anchors, anchor{
			hex.EncodeToString(a.ID[:]), application, a.alg.suite, a.PublicKeyPEM(), "test", "2015-10-01", "2045-09-30",
		})
	}
	for _, p := range pairs {
		add("text", p.Authority)
		add("surface", p.Surface)
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil { // strings only
		return nil
	}
	return append(data, '\n')
}

// Municipality holds data signing keys that the authorities have certified, one
// for each application, under the same name.
type Municipality struct {
	ID      KeyID
	ef0004  []byte
	key     crypto.Signer
	pki     *PKI
	surface func() (*SurfaceSigner, error) // made when first wanted
}

// NewMunicipality makes and certifies keys for the municipality with this
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
	key, ef0004, err := p.Authority.certify(id)
	if err != nil {
		return nil, err
	}
	return &Municipality{ID: id, ef0004: ef0004, key: key, pki: p, surface: sync.OnceValues(func() (*SurfaceSigner, error) {
		key, ef0004, err := p.Surface.certify(id)
		return &SurfaceSigner{ef0004, key, p.alg}, err
	})}, nil
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

// poolSize is how many card keys an authority shares out for an application.
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
