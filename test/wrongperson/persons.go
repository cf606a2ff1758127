// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"kofu/cert"
	"kofu/test/card"
	"kofu/test/vrs"
)

// asking is one request for a certificate, by a person of its own.
type asking struct {
	vrs.Member
	door  cert.Channel
	kind  cert.Kind
	paper bool // at the app; elsewhere there is always one

	stage int           // before which this person is slow
	slow  time.Duration // by how much; for most none
	leave time.Duration // after which the person is gone, once a certificate was asked for; 0: stays
	again bool          // and comes back with the same application
	rng   *rand.Rand
}

// ask decides where a member of the crowd goes.
func (c Config) ask(i int, m vrs.Member) *asking {
	rng := rand.New(rand.NewPCG(c.Seed, uint64(i)))
	a := &asking{Member: m, door: cert.App, kind: cert.Domestic, rng: rng}
	switch at := rng.Float64(); {
	case at < c.Kiosks:
		a.door = cert.Kiosk
	case at > 1-2*c.Counters && m.Municipality == siteTown: // half of them live elsewhere
		a.door = cert.Counter
	}
	if m.Passport != nil && rng.IntN(2) == 0 {
		a.kind = cert.Overseas
	}
	a.paper = rng.Float64() < c.Papers
	if rng.IntN(100) == 0 {
		a.stage, a.slow = rng.IntN(stages), time.Duration(rng.Int64N(int64(c.Slow)))
	}
	if rng.IntN(50) == 0 {
		a.leave, a.again = time.Duration(1+rng.IntN(60))*time.Millisecond, rng.IntN(2) == 0
	}
	return a
}

// stages is how many moments there are at which somebody can be slow.
const stages = 4

// pause is what passes before stage number n.
func (a *asking) pause(ctx context.Context, n int) {
	d := time.Duration(a.rng.IntN(2000)) * time.Microsecond
	if n == a.stage {
		d += a.slow
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// shown are the doses that the certificate has: the latest five.
func (a *asking) shown() []vrs.Shot {
	return a.Doses[max(0, len(a.Doses)-cert.MaxDoses):]
}

// issuer makes the cards. Keys are a few for all; files are each person's own.
type issuer struct {
	pki   *card.PKI
	mu    sync.Mutex
	towns map[cert.MunicipalityCode]*card.Municipality
}

func (s *issuer) card(m vrs.Member) (*card.Card, error) {
	s.mu.Lock()
	town := s.towns[m.Municipality]
	if town == nil {
		var err error
		if town, err = s.pki.NewMunicipality(string(m.Municipality)[:5]); err != nil {
			s.mu.Unlock()
			return nil, err
		}
		s.towns[m.Municipality] = town
	}
	s.mu.Unlock()
	c, err := town.Issue(card.Holder{MyNumber: m.Number, Name: m.Name, Address: m.Address, BirthDate: m.Birth.Compact(), Sex: strconv.Itoa(int(m.Sex)), PIN: m.PIN})
	if err != nil {
		return nil, fmt.Errorf("wrongperson: make a card: %w", err)
	}
	return c, nil
}
