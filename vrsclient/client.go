// SPDX-License-Identifier: Apache-2.0

package vrsclient

import (
	"context"
	"regexp"

	"kofu/cert"
)

// token is the form of issuance ids, subject references and record versions.
var token = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// FindForCertificate asks one municipality's partition for one person. The
// answer carries a record only if it is that person's, from that
// municipality, an answer to this very request, fresh and whole. q.MyNumber
// is read and not kept.
func (c *Client) FindForCertificate(ctx context.Context, q cert.Query) cert.Answer {
	switch {
	case q.Purpose != cert.PurposeCertificate:
		return c.notAsked("find", CausePurpose)
	case q.MyNumber == nil || !token.MatchString(string(q.Issuance)):
		return c.notAsked("find", CauseBadRequest)
	case c.credentials[q.Municipality] == "":
		return c.notAsked("find", CauseNoCredential)
	}
	answer, err := exchange(ctx, c, "find", q.Municipality, func() (attempt[cert.Answer], error) {
		ask := newFind(q)
		data, err := ask.body(q.MyNumber)
		return attempt[cert.Answer]{data, func(answer []byte) (cert.Answer, error) {
			return ask.read(answer, q.MyNumber, c.now(), c.maxAge)
		}}, err
	})
	if err != nil {
		return cert.Unavailable(err)
	}
	return answer
}

func (c *Client) notAsked(call, cause string) cert.Answer {
	return cert.Unavailable(c.refuse(call, cause))
}

func (c *Client) refuse(call, cause string) error {
	c.observe(call, cause, 0)
	return &failure{call, cause}
}

// Reserve has a certificate ID allotted. The same issuance gets the same one
// again. At the counter (r.Desk) a protective measure is no hindrance. [cert.ErrRecordChanged]: the record has changed or was blocked since
// it was found, the subject reference is older than 15 minutes, or the
// reservation was voided or lapsed: start again. Anything else is
// [cert.ErrUnavailable].
func (c *Client) Reserve(ctx context.Context, r cert.ReserveRequest) (cert.Reservation, error) {
	switch {
	case !token.MatchString(string(r.Issuance)), !token.MatchString(string(r.Subject)), !token.MatchString(r.Version), !r.Kind.Valid():
		return cert.Reservation{}, c.refuse("reserve", CauseBadRequest)
	case c.credentials[r.Municipality] == "":
		return cert.Reservation{}, c.refuse("reserve", CauseNoCredential)
	}
	return exchange(ctx, c, "reserve", r.Municipality, func() (attempt[cert.Reservation], error) {
		ask := newReserve(r)
		data, err := marshal("reserve", ask)
		return attempt[cert.Reservation]{data, func(answer []byte) (cert.Reservation, error) {
			return ask.read(answer, c.now())
		}}, err
	})
}

// Confirm tells the gateway that the certificate has been made, so that it
// keeps 発行年月日 and, for an overseas one, the passport. It may be repeated.
// [cert.ErrRecordChanged]: the reservation has lapsed or was voided, and the
// certificate must not leave. Anything else is [cert.ErrUnavailable].
func (c *Client) Confirm(ctx context.Context, f cert.Confirmation) error {
	switch {
	case !token.MatchString(string(f.Issuance)), !f.IssuedOn.Full(), !owns(f.Municipality, f.ID), f.ID.Day() != f.IssuedOn:
		return c.refuse("confirm", CauseBadRequest)
	case c.credentials[f.Municipality] == "":
		return c.refuse("confirm", CauseNoCredential)
	}
	_, err := exchange(ctx, c, "confirm", f.Municipality, func() (attempt[struct{}], error) {
		ask := newConfirm(f)
		data, err := marshal("confirm", ask)
		return attempt[struct{}]{data, ask.read}, err
	})
	return err
}

// Void gives a reservation up, before or after it was confirmed. An issuance
// the gateway does not know is voided too: a reservation that arrives later is
// refused. It may be repeated. The error is [cert.ErrUnavailable].
func (c *Client) Void(ctx context.Context, m cert.MunicipalityCode, id cert.IssuanceID) error {
	switch {
	case !token.MatchString(string(id)):
		return c.refuse("void", CauseBadRequest)
	case c.credentials[m] == "":
		return c.refuse("void", CauseNoCredential)
	}
	_, err := exchange(ctx, c, "void", m, func() (attempt[struct{}], error) {
		ask := newVoid(m, id)
		data, err := marshal("void", ask)
		return attempt[struct{}]{data, ask.read}, err
	})
	return err
}

func owns(m cert.MunicipalityCode, id cert.ID) bool {
	got, err := cert.ParseID(string(id))
	return err == nil && got.Municipality() == m
}
