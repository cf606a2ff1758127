// SPDX-License-Identifier: Apache-2.0

package phone

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"kofu/cardauth"
)

// Remote is a card that lies on another machine's desk: the demo's
// POST /demo/cards/{resident}/read.
type Remote struct {
	Client   *Client // whose BaseURL and HTTP are used
	Resident string

	pin string
}

// reading is the body of what a Remote asks for.
type reading struct {
	PIN     string `json:"pin"`
	Message []byte `json:"message,omitzero"`
	// Surface asks for the objects of the surface application, too, and has its
	// key sign.
	Surface bool `json:"surface,omitzero"`
}

// ErrPINRefused is what a [Remote] answers to a wrong PIN.
var ErrPINRefused = errors.New("phone: PIN refused by the card")

// ReadAll implements [Card].
func (r *Remote) ReadAll(pin string) (cardauth.Files, error) {
	r.pin = pin
	read, err := r.read(reading{})
	return cardauth.Files{EF0001: read.EF0001, EF0002: read.EF0002, EF0003: read.EF0003, EF0004: read.EF0004, EF0007: read.EF0007}, err
}

// Sign implements [Card], with the PIN of the last ReadAll.
func (r *Remote) Sign(message []byte) ([]byte, error) {
	read, err := r.read(reading{Message: message})
	return read.Signature, err
}

// ReadSurface implements [SurfaceCard]. The desk takes the number from the card.
func (r *Remote) ReadSurface([]byte) (cardauth.SurfaceFiles, error) {
	read, err := r.read(reading{Surface: true})
	if err == nil && read.Surface == nil {
		err = errors.New("phone: the card's desk reads no surface application")
	}
	if err != nil {
		return cardauth.SurfaceFiles{}, err
	}
	s := read.Surface
	return cardauth.SurfaceFiles{Birth: s.Birth, Sex: s.Sex, Key: s.Key, Pictures: s.Pictures, Photo: s.Photo, Signature: s.Signature, EF0004: s.EF0004}, nil
}

// SignSurface implements [SurfaceCard].
func (r *Remote) SignSurface(message []byte) ([]byte, error) {
	read, err := r.read(reading{Message: message, Surface: true})
	return read.Signature, err
}

func (r *Remote) read(what reading) (CardFiles, error) {
	what.PIN = r.pin
	body, err := json.Marshal(what)
	if err != nil {
		return CardFiles{}, fmt.Errorf("phone: encode a request: %w", err)
	}
	res, err := r.Client.Send(context.Background(), http.MethodPost, "/demo/cards/"+url.PathEscape(r.Resident)+"/read", "application/json", body)
	switch {
	case err != nil:
		return CardFiles{}, err
	case res.Status == http.StatusForbidden:
		return CardFiles{}, ErrPINRefused
	case res.Status != http.StatusOK:
		return CardFiles{}, fmt.Errorf("phone: the card's desk answered %d", res.Status)
	}
	var read CardFiles
	if err := json.Unmarshal(res.Body, &read, json.RejectUnknownMembers(true)); err != nil {
		return CardFiles{}, fmt.Errorf("phone: the card's desk answered: %w", err)
	}
	return read, nil
}
