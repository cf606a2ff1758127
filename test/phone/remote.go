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

// ErrPINRefused is what a [Remote] answers to a wrong PIN.
var ErrPINRefused = errors.New("phone: PIN refused by the card")

// ReadAll implements [Card].
func (r *Remote) ReadAll(pin string) (cardauth.Files, error) {
	r.pin = pin
	read, err := r.read(nil)
	return cardauth.Files{EF0001: read.EF0001, EF0002: read.EF0002, EF0003: read.EF0003, EF0004: read.EF0004, EF0007: read.EF0007}, err
}

// Sign implements [Card], with the PIN of the last ReadAll.
func (r *Remote) Sign(message []byte) ([]byte, error) {
	read, err := r.read(message)
	return read.Signature, err
}

func (r *Remote) read(message []byte) (CardFiles, error) {
	body, err := json.Marshal(struct {
		PIN     string `json:"pin"`
		Message []byte `json:"message,omitzero"`
	}{r.pin, message})
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
