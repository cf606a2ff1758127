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
	"net/url"
	"slices"

	"kofu/cardauth"
)

// Card is what is held to the phone. A card.Reader is one, and so is a
// [Remote].
type Card interface {
	// ReadAll shows the PIN to the card and reads the five files.
	ReadAll(pin string) (cardauth.Files, error)
	// Sign has the card's text application sign DigestInfo(SHA-256(message)).
	Sign(message []byte) ([]byte, error)
}

// SurfaceCard is a [Card] whose surface application can be read, too. It is
// needed where the binding is "surface".
type SurfaceCard interface {
	// ReadSurface opens the application with the My Number and reads what is
	// sent of it.
	ReadSurface(number []byte) (cardauth.SurfaceFiles, error)
	// SignSurface has its key sign DigestInfo(SHA-256(message)).
	SignSurface(message []byte) ([]byte, error)
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
	// App is sent as Kofu-App, as "ios/2.1.0"; nothing when empty.
	App string
	// Handset proves that this is the genuine app; nil proves nothing. A Client
	// with one is for one goroutine.
	Handset Handset
	// Credential is got when it is first needed.
	Credential *Credential
}

// Wish is what the user chooses.
type Wish struct {
	Kind         string   // domestic or overseas
	Municipality string   // six digits
	MRZ          []string // two lines, overseas only
	Chip         *Chip    // likewise; nil when it was not read
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
	if err := c.Register(ctx); err != nil {
		return nil, err
	}
	ch, err := c.ChallengeFor(ctx, w.Municipality)
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
	return c.ChallengeFor(ctx, "")
}

// ChallengeFor gets them for an application to a municipality.
func (c *Client) ChallengeFor(ctx context.Context, town string) (*Challenge, error) {
	ch := new(Challenge)
	if err := c.callFor(ctx, town, "/app/v1/challenges", struct{}{}, http.StatusCreated, ch); err != nil {
		return nil, err
	}
	if len(ch.Challenge) != 32 {
		return nil, fmt.Errorf("phone: challenge of %d bytes", len(ch.Challenge))
	}
	return ch, nil
}

// Prove reads the card, has it sign, writes the application, and has the
// handset sign that.
func (c *Client) Prove(ch *Challenge, w Wish) (*Application, error) {
	files, err := c.read(ch)
	if err != nil {
		return nil, err
	}
	a := &Application{
		Challenge: ch.ID, Device: c.device(), Kind: w.Kind, Municipality: w.Municipality, MRZ: w.MRZ, Chip: w.Chip, Card: *files,
	}
	return a, c.Sign(ch, a)
}

// read reads the card and has it sign, as the challenge says.
func (c *Client) read(ch *Challenge) (*CardFiles, error) {
	files, err := c.Card.ReadAll(c.PIN)
	if err != nil {
		return nil, fmt.Errorf("phone: read the card: %w", err)
	}
	out := &CardFiles{EF0001: files.EF0001, EF0002: files.EF0002, EF0003: files.EF0003, EF0004: files.EF0004}
	if ch.Binding != string(cardauth.Surface) {
		out.EF0007 = files.EF0007
		if out.Signature, err = c.Card.Sign(Message(ch.Challenge, files.EF0003, files.EF0007)); err != nil {
			return nil, fmt.Errorf("phone: have the card sign: %w", err)
		}
		return out, nil
	}
	number, err := Number(files.EF0001)
	if err != nil {
		return nil, err
	}
	card, ok := c.Card.(SurfaceCard)
	if !ok {
		return nil, errors.New("phone: the card's surface application cannot be read here")
	}
	s, err := card.ReadSurface(number)
	if err != nil {
		return nil, fmt.Errorf("phone: read the card's surface: %w", err)
	}
	out.Surface = &Surface{s.Birth, s.Sex, s.Key, s.Pictures, s.Photo, s.Signature, s.EF0004}
	if out.Signature, err = card.SignSurface(SurfaceMessage(ch.Challenge, files.EF0003, out.Surface)); err != nil {
		return nil, fmt.Errorf("phone: have the card sign: %w", err)
	}
	return out, nil
}

// Number takes the My Number out of EF0001, to open the surface application.
func Number(ef0001 []byte) ([]byte, error) {
	if len(ef0001) < 15 || ef0001[0] != 0xFF || ef0001[1] != 0x10 || ef0001[2] != 12 {
		return nil, errors.New("phone: EF0001 is not what it has to be")
	}
	return ef0001[3:15], nil
}

// Message is what the card signs where the binding is "attested", M of the
// contract.
func Message(challenge, ef0003, ef0007 []byte) []byte {
	return message("kofu-card-v1", challenge, ef0003, ef0007)
}

// SurfaceMessage is M where the binding is "surface".
func SurfaceMessage(challenge, ef0003 []byte, s *Surface) []byte {
	return message("kofu-card-v2", challenge, ef0003, slices.Concat(s.Birth, s.Sex, s.Key))
}

func message(domain string, challenge, content, key []byte) []byte {
	first, second := sha256.Sum256(content), sha256.Sum256(key)
	return slices.Concat([]byte(domain), challenge, first[:], second[:])
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
	credential, assertion, err := c.open(ctx, sealed)
	if err != nil {
		return nil, err
	}
	in := issueRequest{Sealed: sealed, Device: c.device(), PDF: pdf, Credential: credential, Assertion: assertion}
	if err := c.call(ctx, "/app/v1/certificates", in, http.StatusOK, cert); err != nil {
		return nil, err
	}
	return cert, nil
}

// Discard shreds a sealed application.
func (c *Client) Discard(ctx context.Context, sealed string) error {
	credential, assertion, err := c.open(ctx, sealed)
	if err != nil {
		return err
	}
	in := discardRequest{Sealed: sealed, Device: c.device(), Credential: credential, Assertion: assertion}
	return c.call(ctx, "/app/v1/applications/discard", in, http.StatusNoContent, nil)
}

// Municipalities lists those that issue by app now.
func (c *Client) Municipalities(ctx context.Context) ([]Municipality, error) {
	var list struct {
		Municipalities []Municipality `json:"municipalities"`
	}
	err := c.get(ctx, "/app/v1/municipalities", &list)
	return list.Municipalities, err
}

// Status tells whether the service is open, and of kids, the key ids of
// certificates that the app holds, those to have issued anew.
func (c *Client) Status(ctx context.Context, kids ...string) (*Status, error) {
	s, path := new(Status), "/app/v1/status"
	if len(kids) > 0 {
		path += "?" + url.Values{"kid": kids}.Encode()
	}
	return s, c.get(ctx, path, s)
}

func (c *Client) device() string {
	if c.Device == "" {
		secret := make([]byte, 16)
		_, _ = rand.Read(secret) // never fails
		c.Device = base64.RawURLEncoding.EncodeToString(secret)
	}
	return c.Device
}
