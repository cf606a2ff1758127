// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kofu/cert"
)

// Passkeys makes and judges WebAuthn ceremonies (package passkey). state is
// kept in the session between begin and finish.
type Passkeys interface {
	// Begin returns options for navigator.credentials, JSON. create: to
	// register a new passkey; else to sign in with one of those known.
	Begin(a Account, known []Passkey, create bool) (options, state []byte, err error)
	// Finish judges the browser's response. It returns the passkey with its new
	// counter. Whatever is wrong is [ErrPasskey].
	Finish(a Account, known []Passkey, create bool, state, response []byte) (Passkey, error)
}

// Config is what a Service is made of. All but Passkeys is needed.
type Config struct {
	Accounts  Accounts
	Book      AccountBook
	SignIns   SignIns
	Terminals Terminals
	Sessions  Sessions
	Tally     Tally
	Log       Log
	Alerts    Alerts
	Passkeys  Passkeys // nil: TOTP alone
	Policy    func(cert.MunicipalityCode) Policy
	Secret    []byte // 32 bytes or more, of all replicas: seals TOTP secrets and certificate IDs, keys handles and tallies
	Now       func() time.Time
}

// Service answers who may do what. It is safe for concurrent use.
type Service struct {
	Config
	hashes *hashes
	known  wordList
}

// New checks that nothing is missing.
func New(c Config) (*Service, error) {
	for name, missing := range map[string]bool{
		"Accounts": c.Accounts == nil, "Book": c.Book == nil, "SignIns": c.SignIns == nil, "Terminals": c.Terminals == nil,
		"Sessions": c.Sessions == nil, "Tally": c.Tally == nil, "Log": c.Log == nil, "Alerts": c.Alerts == nil,
		"Policy": c.Policy == nil, "Now": c.Now == nil,
	} {
		if missing {
			return nil, fmt.Errorf("staff: config: %s is missing", name)
		}
	}
	if len(c.Secret) < 32 {
		return nil, errors.New("staff: config: Secret needs 32 bytes or more")
	}
	return &Service{Config: c, hashes: newHashes(), known: commonWords()}, nil
}

// Terminal returns whose client key this is, if it is active; else
// [ErrNoTerminal].
func (s *Service) Terminal(ctx context.Context, key [32]byte) (Terminal, error) {
	t, err := s.Terminals.TerminalByKey(ctx, key)
	switch {
	case errors.Is(err, ErrNoTerminal):
		return Terminal{}, ErrNoTerminal
	case err != nil:
		return Terminal{}, fmt.Errorf("staff: look up the terminal: %w", err)
	case !t.Active || t.Key != key:
		return Terminal{}, ErrNoTerminal
	}
	return t, nil
}

// policy returns what a city decided. What cannot be is as DefaultPolicy has
// it, so that a slip loosens nothing.
func (s *Service) policy(m cert.MunicipalityCode) Policy {
	p := s.Policy(m).repaired()
	if s.Passkeys == nil {
		p.SecondFactor = TOTP
	}
	return p
}

func (s *Service) today() cert.Date { return cert.DateOf(s.Now()) }
