// SPDX-License-Identifier: Apache-2.0

package counter_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"time"

	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
)

// resident is a person of one municipality.
type resident struct {
	number string // My Number
	ticket cert.Private
	file   cert.File
}

// press finds people and issues, by the contracts of the console's own ports:
// references bound to a municipality, applications bound to a device, issuing
// that may be repeated.
type press struct {
	mu        sync.Mutex
	now       func() time.Time
	towns     *municipality.Registry
	residents map[cert.MunicipalityCode][]*resident
	refs      map[cert.PersonRef]found
	sealed    map[string]application
	serial    int
	invalid   map[cert.ID]bool
	searched  int
	silent    error // what Invalidate answers
	lost      error // what IssueDesk answers once the certificate was confirmed
	away      error // what Search and Dossier answer
	numbers   []*cert.MyNumber
	written   bool // papers turn out to bear a spelling of the applicant's own
}

type found struct {
	town   cert.MunicipalityCode
	person *resident
}

type application struct {
	who     issuance.Who
	preview issuance.Preview
	person  *resident
	until   time.Time
	issued  *issuance.Issued
}

func (p *press) Search(_ context.Context, q cert.Search) (list []cert.Candidate, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.searched++
	if q.MyNumber != nil {
		p.numbers = append(p.numbers, q.MyNumber)
	}
	if p.away != nil {
		return nil, p.away
	}
	for _, r := range p.residents[q.Municipality] {
		hit := q.Ticket != "" && q.Ticket == r.ticket || q.MyNumber != nil && string(q.MyNumber.Digits()) == r.number ||
			q.Name != "" && q.Name == r.file.Holder.Name && q.BirthDate == r.file.Holder.BirthDate
		if hit {
			ref := cert.PersonRef(rand.Text())
			p.refs[ref] = found{q.Municipality, r}
			list = append(list, cert.Candidate{Ref: ref, Holder: r.file.Holder, Kana: r.file.Kana, Protected: r.file.Block != nil})
		}
	}
	if len(list) == 0 {
		return nil, cert.ErrNoRecord
	}
	return list, nil
}

func (p *press) person(m cert.MunicipalityCode, ref cert.PersonRef, entitled bool) (*resident, error) {
	f, ok := p.refs[ref]
	switch {
	case !ok || f.town != m:
		return nil, cert.ErrNoRecord
	case f.person.file.Block != nil && !entitled:
		return nil, cert.ErrBlocked
	}
	return f.person, nil
}

func (p *press) Dossier(_ context.Context, m cert.MunicipalityCode, ref cert.PersonRef, entitled bool) (*issuance.Dossier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.person(m, ref, entitled)
	if err = cmp.Or(p.away, err); err != nil {
		return nil, err
	}
	file := r.file
	d := &issuance.Dossier{File: &file}
	for _, dose := range file.Doses {
		d.Doses = append(d.Doses, cert.CertifiedDose{Dose: dose})
	}
	if file.Block != nil && file.Block.Class == cert.Stopped {
		d.Cannot = cert.ErrStopped
	}
	return d, nil
}

func (p *press) ReviewDesk(_ context.Context, a issuance.DeskApplication) (*issuance.Preview, issuance.Sealed, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.person(a.Municipality, a.Ref, a.Entitled)
	if err != nil {
		return nil, issuance.Sealed{}, err
	}
	if err := cert.CheckPassport(a.Kind, a.Passport, r.file.Holder, cert.DateOf(p.now())); err != nil {
		return nil, issuance.Sealed{}, err
	}
	town, _ := p.towns.Lookup(a.Municipality)
	app := application{who: a.Who, person: r, until: p.now().Add(issuance.CounterSealTTL), preview: issuance.Preview{
		Kind: a.Kind, Municipality: town, Holder: r.file.Holder, Passport: a.Passport, Written: a.Written, Protected: r.file.Block != nil,
	}}
	for _, dose := range r.file.Doses {
		app.preview.Doses = append(app.preview.Doses, cert.CertifiedDose{Dose: dose})
	}
	token := rand.Text() + "." + rand.Text()
	p.sealed[token] = app
	return &app.preview, issuance.Sealed{Token: token, KID: "kid", Expires: app.until}, nil
}

func (p *press) application(token string, w issuance.Who) (application, error) {
	a, ok := p.sealed[token]
	if !ok || a.who.Device != w.Device || a.who.Channel != w.Channel || !p.now().Before(a.until) {
		return a, issuance.ErrSeal
	}
	return a, nil
}

func (p *press) Preview(_ context.Context, token string, w issuance.Who) (*issuance.Preview, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := p.application(token, w)
	if err != nil {
		return nil, err
	}
	return &a.preview, nil
}

func (p *press) IssueDesk(ctx context.Context, token string, w issuance.Who, witness func(context.Context, *issuance.Issued) error) (*issuance.Issued, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := p.application(token, w)
	if err != nil {
		return nil, err
	}
	if a.issued == nil {
		p.serial++
		id, err := cert.NewID(a.preview.Municipality.Code, cert.DateOf(p.now()), p.serial)
		if err != nil {
			return nil, err
		}
		a.issued = &issuance.Issued{RID: "RID", ID: id, Kind: a.preview.Kind, IssuedAt: p.now().Truncate(time.Second),
			Written: a.preview.Written != "" || p.written, Protected: a.preview.Protected}
		p.sealed[token] = a
	}
	out := *a.issued
	out.PDF = []byte("%PDF-1.7 " + string(out.ID))
	if err := witness(ctx, &out); err != nil {
		return nil, err
	}
	if p.lost != nil {
		return nil, p.lost
	}
	return &out, nil
}

func (p *press) Discard(_ context.Context, token string, w issuance.Who) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.application(token, w); err != nil {
		return err
	}
	delete(p.sealed, token)
	return nil
}

func (p *press) Withdrawal(id cert.ID) (map[string][]string, string) {
	rids := map[string][]string{}
	for n := range 60 { // a key a year, for decades: no row of the log has room for that
		rids["kid-"+strconv.Itoa(n+1)] = []string{"RID" + string(id[17:])}
	}
	return rids, "hash" + string(id[17:])
}

func (p *press) Invalidate(_ context.Context, m cert.MunicipalityCode, id cert.ID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent != nil {
		return p.silent
	}
	if id.Municipality() != m {
		return cert.ErrNoIssue
	}
	p.invalid[id] = true
	return nil
}
