// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cardauth"
	"kofu/test/card"
)

// Desk is where another process keeps simulated cards, as the demo does: the
// kit then needs no card of its own.
type Desk struct {
	URL  string       // no trailing slash
	HTTP *http.Client // http.DefaultClient when nil
}

// Unblock has a card's PIN set back, as a counter can.
func (d Desk) Unblock(ctx context.Context, resident string) error {
	status, _, err := d.post(ctx, resident, "unblock", struct{}{})
	if err == nil && status != http.StatusNoContent {
		err = fmt.Errorf("terminal: the desk of cards answered %d", status)
	}
	return err
}

// Card returns a resident's card.
func (d Desk) Card(resident string) Card { return &deskCard{desk: d, resident: resident} }

// deskCard is a card that lies on a desk. The PIN stays with it, as it stays
// with a real card until that leaves the field.
type deskCard struct {
	desk     Desk
	resident string
	pin      string
	read     CardFiles
}

// deskPatience is how long the desk may take.
const deskPatience = 10 * time.Second

// VerifyPIN implements [Card].
func (c *deskCard) VerifyPIN(pin string) error {
	c.pin = pin
	return c.ask(nil)
}

// Files implements [Card].
func (c *deskCard) Files() (cardauth.Files, error) {
	r := c.read
	if len(r.EF0001) == 0 {
		return cardauth.Files{}, errUnread
	}
	return cardauth.Files{EF0001: r.EF0001, EF0002: r.EF0002, EF0003: r.EF0003, EF0004: r.EF0004, EF0007: r.EF0007}, nil
}

// Sign implements [Card].
func (c *deskCard) Sign(message []byte) ([]byte, error) {
	err := c.ask(message)
	return c.read.Signature, err
}

func (c *deskCard) ask(message []byte) error {
	status, body, err := c.desk.post(context.Background(), c.resident, "read", struct {
		PIN     string `json:"pin"`
		Message []byte `json:"message,omitzero"`
	}{c.pin, message})
	if err != nil {
		return err
	}
	if status == http.StatusForbidden {
		var refused struct {
			Code  string `json:"code"`
			Tries *int   `json:"tries_left"`
		}
		if json.Unmarshal(body, &refused) != nil || refused.Code == "pin_blocked" || refused.Tries == nil {
			return card.ErrPINBlocked
		}
		return card.PINError{TriesLeft: *refused.Tries}
	}
	c.read = CardFiles{}
	if status != http.StatusOK || json.Unmarshal(body, &c.read) != nil {
		return errUnread
	}
	return nil
}

func (d Desk) post(ctx context.Context, resident, what string, in any) (int, []byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, nil, errors.New("terminal: encode for the desk of cards")
	}
	ctx, cancel := context.WithTimeout(ctx, deskPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL+"/demo/cards/"+url.PathEscape(resident)+"/"+what, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("terminal: address of the desk of cards")
	}
	req.Header.Set("Content-Type", "application/json")
	client := d.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("terminal: ask the desk of cards: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return 0, nil, fmt.Errorf("terminal: ask the desk of cards: %w", err)
	}
	return res.StatusCode, answer, nil
}
