// SPDX-License-Identifier: Apache-2.0

package staff

import (
	"context"
	"fmt"
	"slices"

	"kofu/cert"
)

// Concern is an account a review should look at (F9).
type Concern struct {
	Account Account
	Why     string // "unused", "expired", "never", "many_functions", "ending", "roster"
}

const (
	endingWithin  = 30 * day
	manyFunctions = 3
)

// Concerns lists them, by login. What is revoked concerns nobody.
func (s *Service) Concerns(ctx context.Context, m cert.MunicipalityCode) ([]Concern, error) {
	list, err := s.Accounts.Accounts(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("staff: list the accounts: %w", err)
	}
	var found []Concern
	for _, a := range list {
		if a.State == Revoked {
			continue
		}
		for _, why := range s.concerns(a) {
			found = append(found, Concern{Account: a, Why: why})
		}
	}
	return found, nil
}

func (s *Service) concerns(a Account) (why []string) {
	now, unused := s.Now(), s.policy(a.Municipality).Unused
	today, next := cert.DateOf(now), cert.DateOf(now.Add(endingWithin))
	last := a.ValidUntil
	if a.Shared != nil && a.Shared.Until.Compare(last) < 0 {
		last = a.Shared.Until
	}
	switch {
	case last.Compare(today) < 0:
		why = append(why, "expired")
	case last.Compare(next) <= 0:
		why = append(why, "ending")
	}
	switch {
	case a.LastSignIn.IsZero() && now.Sub(a.AddedAt) >= min(unused, invitedFor):
		why = append(why, "never")
	case !a.LastSignIn.IsZero() && now.Sub(a.LastSignIn) >= unused:
		why = append(why, "unused")
	}
	if len(a.Functions) >= manyFunctions {
		why = append(why, "many_functions")
	}
	if a.Shared != nil && stale(a.Shared.Roster, today) {
		why = append(why, "roster")
	}
	return why
}

// stale reports whether a roster names somebody whose time is over, or fewer
// than two who may use the ID today.
func stale(roster []Member, today cert.Date) bool {
	current := 0
	for _, m := range roster {
		if m.From.Compare(today) <= 0 && today.Compare(m.Until) <= 0 {
			current++
		}
	}
	return current < 2 || slices.ContainsFunc(roster, func(m Member) bool { return m.Until.Compare(today) < 0 })
}
