// SPDX-License-Identifier: Apache-2.0

package phone

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"

	"kofu/test/attest"
)

// Handset is a phone's hardware with the platform behind it: one key, and the
// platform's word for it. [IPhone] and [Pixel] are.
type Handset interface {
	// Attest fills in a registration, but for the challenge's id.
	Attest(challenge []byte) (*Registration, error)
	// Assert has the key sign clientDataHash, in the platform's way.
	Assert(clientDataHash [32]byte) ([]byte, error)
}

// IPhone is a [Handset].
type IPhone struct {
	*attest.IPhone
	Forgery attest.Forgery // what is wrong with it; nothing by default
}

// Attest implements [Handset].
func (p IPhone) Attest(challenge []byte) (*Registration, error) {
	object, err := p.IPhone.Attest(hash("kofu-attestation-v1", field(challenge)), p.Forgery)
	return &Registration{Platform: "ios", Attestation: object, KeyID: p.KeyID()}, err
}

// Assert implements [Handset].
func (p IPhone) Assert(clientDataHash [32]byte) ([]byte, error) {
	return p.IPhone.Assert(clientDataHash, attest.Forgery{})
}

// Pixel is a [Handset].
type Pixel struct {
	*attest.Pixel
	Misprint attest.Misprint // what is wrong with its tokens; nothing by default
}

// Attest implements [Handset].
func (p Pixel) Attest(challenge []byte) (*Registration, error) {
	if len(challenge) != 32 {
		return nil, fmt.Errorf("phone: challenge of %d bytes", len(challenge))
	}
	token, err := p.Token([32]byte(challenge), p.Misprint)
	return &Registration{Platform: "android", Attestation: []byte(token), Key: p.SPKI()}, err
}

// Register gets a credential, unless there is one or no handset.
func (c *Client) Register(ctx context.Context) error {
	if c.Handset == nil || c.Credential != nil {
		return nil
	}
	ch, err := c.Challenge(ctx)
	if err != nil {
		return err
	}
	return c.RegisterWith(ctx, ch)
}

// RegisterWith gets a credential for a challenge.
func (c *Client) RegisterWith(ctx context.Context, ch *Challenge) error {
	in, err := c.Handset.Attest(ch.Challenge)
	if err != nil {
		return fmt.Errorf("phone: attest: %w", err)
	}
	in.Challenge = ch.ID
	got := new(Credential)
	if err := c.call(ctx, "/app/v1/devices", in, http.StatusCreated, got); err != nil {
		return err
	}
	c.Credential = got
	return nil
}

// Sign has the handset sign what is in a, and puts credential and assertion
// into it. Without a handset it does nothing.
func (c *Client) Sign(ch *Challenge, a *Application) error {
	if c.Handset == nil {
		return nil
	}
	var err error
	if a.Assertion, err = c.Handset.Assert(a.Hash(ch.Challenge)); err != nil {
		return fmt.Errorf("phone: assert: %w", err)
	}
	if c.Credential != nil {
		a.Credential = c.Credential.Token
	}
	return nil
}

// open gives what a request about a sealed application carries.
func (c *Client) open(ctx context.Context, sealed string) (credential string, assertion []byte, err error) {
	if c.Handset == nil {
		return "", nil, nil
	}
	if err := c.Register(ctx); err != nil {
		return "", nil, err
	}
	if assertion, err = c.Handset.Assert(hash("kofu-sealed-v1", field([]byte(sealed)))); err != nil {
		return "", nil, fmt.Errorf("phone: assert: %w", err)
	}
	return c.Credential.Token, assertion, nil
}

// Hash is the clientDataHash of an application.
func (a *Application) Hash(challenge []byte) [32]byte {
	c := a.Card
	files := [][]byte{c.EF0001, c.EF0002, c.EF0003, c.EF0004, c.EF0007}
	if s := c.Surface; s != nil {
		files = append(files, s.Birth, s.Sex, s.Key, s.Pictures, s.Photo, s.Signature, s.EF0004)
	}
	var lines, chip [][]byte
	for _, line := range a.MRZ {
		lines = append(lines, []byte(line))
	}
	if a.Chip != nil {
		chip = [][]byte{a.Chip.SOD, a.Chip.DG1}
	}
	return hash("kofu-application-v1", field(challenge), list(files), list(lines), list(chip), field([]byte(a.Kind)), field([]byte(a.Municipality)))
}

// hash, field and list are those of the contract.
func hash(domain string, parts ...[]byte) [32]byte {
	all := field([]byte(domain))
	for _, p := range parts {
		all = append(all, p...)
	}
	return sha256.Sum256(all)
}

func field(b []byte) []byte { return append(count(len(b)), b...) }

func list(items [][]byte) []byte {
	out := count(len(items))
	for _, b := range items {
		out = append(out, field(b)...)
	}
	return out
}

func count(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
