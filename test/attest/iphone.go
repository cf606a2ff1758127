// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"slices"
)

// The AAGUIDs of the two environments.
const (
	ProductionAAGUID  = "appattest\x00\x00\x00\x00\x00\x00\x00"
	DevelopmentAAGUID = "appattestdevelop"
)

// IPhone is a phone with one App Attest key in one app.
type IPhone struct {
	AppID      string // TEAMID.bundle
	AAGUID     string // of its environment
	Extensions []byte // CBOR, as iOS 27 appends them; empty before
	Key        *ecdsa.PrivateKey
	apple      *Apple
	counter    uint32
}

// NewIPhone makes a phone of the production environment, with an iOS before
// 27.
func (a *Apple) NewIPhone(appID string) (*IPhone, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &IPhone{AppID: appID, AAGUID: ProductionAAGUID, Key: key, apple: a}, err
}

// Launch is the CBOR of iOS 27's extensions.
func Launch(category uint32, version string) []byte {
	return Map(
		Member{"apple_bundle_version_01", Text(version)},
		Member{"apple_validation_category_01", Bytes(binary.LittleEndian.AppendUint32(nil, category))},
	)
}

// KeyID is the key's name: SHA-256 of its uncompressed point.
func (p *IPhone) KeyID() []byte {
	sum := sha256.Sum256(p.point())
	return sum[:]
}

func (p *IPhone) point() []byte {
	point, _ := p.Key.PublicKey.Bytes() // a key of P-256 has them
	return point
}

// Forgery is where an attestation or assertion can be made wrong: each
// function gets what is right, and gives back what goes on. Nil changes
// nothing.
type Forgery struct {
	AuthData func([]byte) []byte       // before it is certified or signed
	Leaf     func(c *x509.Certificate) // template, its nonce in ExtraExtensions
	LeafKey  crypto.PublicKey          // certified instead of the phone's
	X5C      func([][]byte) [][]byte   // certificates, DER
	Members  func([]Member) []Member   // of the CBOR map, before it is encoded
	Object   func([]byte) []byte       // the CBOR
}

// AuthData is the authenticator data of an attestation.
func (p *IPhone) AuthData() []byte {
	return slices.Concat(p.plain(0), []byte(p.AAGUID), []byte{0, 32}, p.KeyID(), COSE(p.point()), p.Extensions)
}

func (p *IPhone) plain(counter uint32) []byte {
	app := sha256.Sum256([]byte(p.AppID))
	return binary.BigEndian.AppendUint32(append(app[:], 0x40), counter)
}

// COSE is an uncompressed point of P-256 as a COSE key.
func COSE(point []byte) []byte {
	return slices.Concat([]byte{0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21}, Bytes(point[1:33]), []byte{0x22}, Bytes(point[33:]))
}

// Attest is DCAppAttestService.attestKey: an attestation for clientDataHash,
// wrong where f says so.
func (p *IPhone) Attest(clientDataHash [32]byte, f Forgery) ([]byte, error) {
	data := change(f.AuthData, p.AuthData())
	nonce := sha256.Sum256(slices.Concat(data, clientDataHash[:]))
	template, err := p.apple.leaf(&p.Key.PublicKey)
	if err != nil {
		return nil, err
	}
	template.ExtraExtensions = append(template.ExtraExtensions, NonceExtension(NonceDER(nonce[:])))
	if f.Leaf != nil {
		f.Leaf(template)
	}
	var key crypto.PublicKey = &p.Key.PublicKey
	if f.LeafKey != nil {
		key = f.LeafKey
	}
	leaf, err := p.apple.Certify(template, key)
	if err != nil {
		return nil, err
	}
	x5c := change(f.X5C, [][]byte{leaf.Raw, p.apple.Intermediate.Raw})
	encoded := make([][]byte, len(x5c))
	for i, c := range x5c {
		encoded[i] = Bytes(c)
	}
	members := change(f.Members, []Member{
		{"fmt", Text("apple-appattest")},
		{"attStmt", Map(Member{"x5c", Array(encoded...)}, Member{"receipt", Bytes(bytes.Repeat([]byte{0x30}, 3700))})},
		{"authData", Bytes(data)},
	})
	return change(f.Object, Map(members...)), nil
}

// Assert is DCAppAttestService.generateAssertion: an assertion over
// clientDataHash, wrong where f says so (AuthData, Members and Object).
func (p *IPhone) Assert(clientDataHash [32]byte, f Forgery) ([]byte, error) {
	p.counter++
	data := change(f.AuthData, append(p.plain(p.counter), p.Extensions...))
	nonce := sha256.Sum256(slices.Concat(data, clientDataHash[:]))
	digest := sha256.Sum256(nonce[:])
	signature, err := p.Key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	members := change(f.Members, []Member{{"signature", Bytes(signature)}, {"authenticatorData", Bytes(data)}})
	return change(f.Object, Map(members...)), nil
}

func change[T any](by func(T) T, v T) T {
	if by == nil {
		return v
	}
	return by(v)
}
