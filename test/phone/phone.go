// SPDX-License-Identifier: Apache-2.0

package phone

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"kofu/cardauth"
)

// Card is what is held to the phone. A card.Reader is one, and so is a
// [Remote].
type Card interface {
	// ReadAll shows the PIN to the card and reads the five files.
	ReadAll(pin string) (cardauth.Files, error)
	// Sign has the card sign DigestInfo(SHA-256(message)).
	Sign(message []byte) ([]byte, error)
}

// Client is one phone.
type Client struct {
	BaseURL string       // such as http://127.0.0.1:8080, no trailing slash
	HTTP    *http.Client // http.DefaultClient when nil
	Card    Card
	PIN     string
	// Device is the secret that applications are bound to. It is made at the
	// first use when empty; a Client is then for one goroutine.
	Device string
}

// Wish is what the user chooses.
type Wish struct {
	Kind         string   // domestic or overseas
	Municipality string   // six digits
	MRZ          []string // two lines, overseas only
	PDF          bool
}

// Journey does everything: challenge, card, application, certificate.
func (c *Client) Journey(ctx context.Context, w Wish) (*Reviewed, *Certificate, error) {
	reviewed, err := c.Ask(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	issued, err := c.Issue(ctx, reviewed.Sealed, w.PDF)
	return reviewed, issued, err
}

// Ask is the first half of a journey, up to the preview.
func (c *Client) Ask(ctx context.Context, w Wish) (*Reviewed, error) {
	ch, err := c.Challenge(ctx)
	if err != nil {
		return nil, err
	}
	a, err := c.Prove(ch, w)
	if err != nil {
		return nil, err
	}
	return c.Apply(ctx, a)
}

// Challenge gets 32 random bytes.
func (c *Client) Challenge(ctx context.Context) (*Challenge, error) {
	ch := new(Challenge)
	if err := c.call(ctx, "/app/v1/challenges", struct{}{}, http.StatusCreated, ch); err != nil {
		return nil, err
	}
	if len(ch.Challenge) != 32 {
		return nil, fmt.Errorf("phone: challenge of %d bytes", len(ch.Challenge))
	}
	return ch, nil
}

// Prove reads the card, has it sign, and writes the application.
func (c *Client) Prove(ch *Challenge, w Wish) (*Application, error) {
	files, err := c.Card.ReadAll(c.PIN)
	if err != nil {
		return nil, fmt.Errorf("phone: read the card: %w", err)
	}
	signature, err := c.Card.Sign(Message(ch.Challenge, files.EF0003, files.EF0007))
	if err != nil {
		return nil, fmt.Errorf("phone: have the card sign: %w", err)
	}
	return &Application{
		Challenge: ch.ID, Device: c.device(), Kind: w.Kind, Municipality: w.Municipality, MRZ: w.MRZ,
		Card: CardFiles{files.EF0001, files.EF0002, files.EF0003, files.EF0004, files.EF0007, signature},
	}, nil
}

// Message is what the card signs, M of the contract.
func Message(challenge, ef0003, ef0007 []byte) []byte {
	content, key := sha256.Sum256(ef0003), sha256.Sum256(ef0007)
	m := append([]byte("kofu-card-v1"), challenge...)
	m = append(m, content[:]...)
	return append(m, key[:]...)
}

// Apply sends an application.
func (c *Client) Apply(ctx context.Context, a *Application) (*Reviewed, error) {
	r := new(Reviewed)
	if err := c.call(ctx, "/app/v1/applications", a, http.StatusOK, r); err != nil {
		return nil, err
	}
	if r.Sealed == "" {
		return nil, errors.New("phone: no sealed application in the answer")
	}
	return r, nil
}

// Issue turns a sealed application into a certificate.
func (c *Client) Issue(ctx context.Context, sealed string, pdf bool) (*Certificate, error) {
	cert := new(Certificate)
	in := issueRequest{Sealed: sealed, Device: c.device(), PDF: pdf}
	if err := c.call(ctx, "/app/v1/certificates", in, http.StatusOK, cert); err != nil {
		return nil, err
	}
	return cert, nil
}

// Discard shreds a sealed application.
func (c *Client) Discard(ctx context.Context, sealed string) error {
	return c.call(ctx, "/app/v1/applications/discard", discardRequest{sealed, c.device()}, http.StatusNoContent, nil)
}

// Municipalities lists those that issue by app now.
func (c *Client) Municipalities(ctx context.Context) ([]Municipality, error) {
	var list struct {
		Municipalities []Municipality `json:"municipalities"`
	}
	err := c.get(ctx, "/app/v1/municipalities", &list)
	return list.Municipalities, err
}

// Status tells whether the service is open.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	s := new(Status)
	return s, c.get(ctx, "/app/v1/status", s)
}

func (c *Client) device() string {
	if c.Device == "" {
		secret := make([]byte, 16)
		_, _ = rand.Read(secret) // never fails
		c.Device = base64.RawURLEncoding.EncodeToString(secret)
	}
	return c.Device
}
