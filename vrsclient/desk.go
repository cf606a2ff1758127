// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"context"

	"kofu/cert"
)

// Desk is what only the counter asks of the gateway. It is safe for concurrent
// use.
type Desk struct{ client *Client }

// Desk returns the counter's calls of c: same connections, same breaker.
func (c *Client) Desk() *Desk { return &Desk{c} }

// verdict is what a gateway says: a value, or that there is none, which is an
// answer and no failure.
type verdict[T any] struct {
	value   T
	refusal error // such as cert.ErrNoRecord
}

// Search looks persons up in one municipality's partition, for a clerk. Each
// candidate is one who has the number or ticket number asked for, by the
// answer's proof, or whose birth date agrees with the one asked for.
// [cert.ErrNoRecord]: nobody, confirmed. [cert.ErrTooMany]: more than 20.
// Anything else is [cert.ErrUnavailable]. q.MyNumber is read and not kept.
func (d *Desk) Search(ctx context.Context, q cert.Search) ([]cert.Candidate, error) {
	c := d.client
	switch {
	case q.Purpose != cert.PurposeCertificate:
		return nil, c.refuse("search", CausePurpose)
	case !searchable(q):
		return nil, c.refuse("search", CauseBadRequest)
	case c.credentials[q.Municipality] == "":
		return nil, c.refuse("search", CauseNoCredential)
	}
	v, err := exchange(ctx, c, "search", q.Municipality, func() (attempt[verdict[[]cert.Candidate]], error) {
		ask := newSearch(q)
		data, err := ask.body(q.MyNumber)
		return attempt[verdict[[]cert.Candidate]]{data, func(answer []byte) (verdict[[]cert.Candidate], error) {
			return ask.read(answer, q, c.now(), c.maxAge)
		}}, err
	})
	if err != nil {
		return nil, err
	}
	return v.value, v.refusal
}

// Open fetches the record of a person found by [Desk.Search]. What hinders
// issuing is told here, not refused. [cert.ErrNoRecord]: the reference is
// none of this partition's, or has lapsed. Anything else is
// [cert.ErrUnavailable]: an answer with the record of anybody but the person
// whom the clerk was shown, too (A6).
func (d *Desk) Open(ctx context.Context, q cert.FileQuery) (*cert.File, error) {
	c := d.client
	ref, mark, ok := cutPersonRef(q.Ref)
	switch {
	case q.Purpose != cert.PurposeCertificate:
		return nil, c.refuse("open", CausePurpose)
	case !token.MatchString(string(q.Issuance)):
		return nil, c.refuse("open", CauseBadRequest)
	case c.credentials[q.Municipality] == "":
		return nil, c.refuse("open", CauseNoCredential)
	case !ok: // none that Search has ever returned
		return nil, cert.ErrNoRecord
	}
	v, err := exchange(ctx, c, "open", q.Municipality, func() (attempt[verdict[*cert.File]], error) {
		ask := newOpen(q, ref)
		data, err := marshal("open", ask)
		return attempt[verdict[*cert.File]]{data, func(answer []byte) (verdict[*cert.File], error) {
			return ask.read(answer, mark, c.now(), c.maxAge)
		}}, err
	})
	if err != nil {
		return nil, err
	}
	return v.value, v.refusal
}

// Invalidate has a certificate of m that was handed over marked as withdrawn.
// It may be repeated. [cert.ErrNoIssue]: m has issued none of this ID; one of
// another municipality is not even asked for (D5). Anything else is
// [cert.ErrUnavailable].
func (d *Desk) Invalidate(ctx context.Context, m cert.MunicipalityCode, id cert.ID) error {
	c := d.client
	_, malformed := cert.ParseID(string(id))
	switch {
	case malformed != nil:
		return c.refuse("invalidate", CauseBadRequest)
	case c.credentials[m] == "":
		return c.refuse("invalidate", CauseNoCredential)
	case id.Municipality() != m:
		return cert.ErrNoIssue
	}
	v, err := exchange(ctx, c, "invalidate", m, func() (attempt[verdict[struct{}]], error) {
		ask := newInvalidate(m, id)
		data, err := marshal("invalidate", ask)
		return attempt[verdict[struct{}]]{data, ask.read}, err
	})
	if err != nil {
		return err
	}
	return v.refusal
}

// SetBlocks puts l in the place of every block that was set before for its
// municipality: the whole list, or nothing of it. It may be repeated. A
// [*cert.BlockError] tells the rows that name nobody, at most 1,000 of them,
// or that are not of the form that [cert.BlockRow] has: those are told without
// asking. Anything else is [cert.ErrUnavailable], a list of more than
// [MaxBlocks] rows included.
func (c *Client) SetBlocks(ctx context.Context, l cert.BlockList) error {
	switch {
	case len(l.Rows) > MaxBlocks:
		return c.refuse("blocks", CauseBadRequest)
	case c.credentials[l.Municipality] == "":
		return c.refuse("blocks", CauseNoCredential)
	}
	if bad := malformedRows(l.Rows); bad != nil {
		return &cert.BlockError{Rows: bad}
	}
	v, err := exchange(ctx, c, "blocks", l.Municipality, func() (attempt[verdict[struct{}]], error) {
		ask := newBlocks(l)
		data, err := marshal("blocks", ask)
		return attempt[verdict[struct{}]]{data, ask.read}, err
	})
	if err != nil {
		return err
	}
	return v.refusal
}
