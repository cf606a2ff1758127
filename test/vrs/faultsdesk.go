// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"crypto/rand"
	"slices"
	"time"
)

// editDesk makes a right answer to one of the counter's calls wrong.
func (f *Fault) editDesk(ctx context.Context, p *Partition, v any) {
	var none string
	switch a := v.(type) {
	case *searchAnswer:
		f.editAbout(&a.RequestID, &a.Municipality, &none, &a.Outcome)
		f.editTime(p, &a.AsOf)
		f.editPersons(ctx, p, a)
	case *openAnswer:
		f.editAbout(&a.RequestID, &a.Municipality, &a.Issuance, &a.Outcome)
		f.editTime(p, &a.AsOf)
		f.editFile(ctx, p, a)
	case *invalidateAnswer:
		f.editAbout(&a.RequestID, &a.Municipality, &none, &a.Outcome)
		if f.Kind == BadID {
			a.ID = "JPN" + string(p.code) + "20200101000001"
		}
	case *blocksAnswer:
		f.editAbout(&a.RequestID, &a.Municipality, &none, &a.Outcome)
		if f.Kind == OtherList {
			a.Count++
		}
	}
}

func (f *Fault) editTime(p *Partition, asOf *string) {
	switch f.Kind {
	case Stale:
		*asOf = p.now().Add(-time.Hour).UTC().Format(time.RFC3339Nano)
	case Ahead:
		*asOf = p.now().Add(time.Hour).UTC().Format(time.RFC3339Nano)
	}
}

// editPersons answers with somebody else, whom all that follows agrees with:
// proof, reference and handle are this person's.
func (f *Fault) editPersons(ctx context.Context, p *Partition, a *searchAnswer) {
	if len(a.Persons) == 0 {
		if f.Kind == OtherPerson && a.Proof != nil {
			a.Proof = prove(a.nonce, "of nobody")
		}
		return
	}
	switch f.Kind {
	case OtherPerson:
		was, _ := p.refs.get(a.Persons[0].Ref)
		other := p.another(ctx, was.row)
		if other == nil {
			return
		}
		if len(a.Proof) > 0 {
			a.Proof = prove(a.nonce, other.Number)
		}
		a.Persons = []candidate{p.candidate(other, p.now())}
	case Crowd:
		for len(a.Persons) <= maxFound {
			again := a.Persons[0]
			again.Ref, again.Handle = rand.Text(), rand.Text()
			a.Persons = append(slices.Clone(a.Persons), again)
		}
	}
}

// editFile answers with somebody else's file, proof and all; or with their
// record in the right file.
func (f *Fault) editFile(ctx context.Context, p *Partition, a *openAnswer) {
	if a.File == nil {
		if f.Kind == OtherPerson {
			a.Proof = prove(a.nonce, "nobody")
		}
		return
	}
	switch f.Kind {
	case OtherPerson, OtherHolder:
		other := p.another(ctx, p.vault.unhandle(a.File.Handle))
		if other == nil {
			return
		}
		a.File.Record = p.record(other, nil, a.Issuance)
		if f.Kind == OtherPerson {
			a.File.Handle = p.handle(&other.person)
			a.Proof = prove(a.nonce, a.File.Handle)
		}
	case NoDoses:
		a.File.Record.Doses = []entry{}
	}
}

// another returns a person who is not the one at row, was born on another
// day, and has doses.
func (p *Partition) another(ctx context.Context, row []byte) *held {
	var other []byte
	err := p.db.QueryRowContext(ctx, `SELECT person FROM persons
		WHERE birth <> (SELECT birth FROM persons WHERE person = ?) ORDER BY random() LIMIT 1`, row).Scan(&other)
	if err != nil {
		return nil
	}
	h, err := p.lookup(ctx, p.db, other)
	if err != nil {
		return nil
	}
	if len(h.Doses) == 0 {
		h.Doses = []dose{{Date: "2021-06-10", Manufacturer: "ファイザー", Product: "コミナティ", Lot: "KM1001"}}
	}
	return h
}
