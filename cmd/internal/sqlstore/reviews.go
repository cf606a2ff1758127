// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"fmt"

	"kofu/api/counter/staff"
	"kofu/cert"
)

// AddReview implements [staff.Reviews]. When, by whom, and the head of the log
// where none is given, are filled in: the head is that before the review's own
// row.
func (s *Store) AddReview(ctx context.Context, by staff.Act, r staff.Review) error {
	if r.Municipality != by.Municipality || by.Municipality == "" || by.Account == "" {
		return fmt.Errorf("%w: it is another's", ErrRegister)
	}
	ofs := map[string]bool{"accounts": true, "log": true, "alerts": true}
	if !ofs[r.Of] || !r.From.Full() || !r.Until.Full() || !plain(r.Finding, 400) || r.Head != "" && !headForm.MatchString(r.Head) {
		return fmt.Errorf("%w: of what, of which days, or what was found is not told", ErrRegister)
	}
	o, err := operation(by)
	if err != nil {
		return err
	}
	return s.chained(ctx, func(c *chain) error {
		if r.Head == "" {
			r.Head = c.head.String()
		}
		if _, err := c.add(ctx, o); err != nil {
			return err
		}
		return c.exec(ctx, "note a review", `INSERT INTO reviews (id, municipality, at, account, operator, what, from_on, until_on, finding, head)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			newID(r.ID), string(r.Municipality), format(c.at), by.Account, by.Operator, r.Of, r.From.String(), r.Until.String(), r.Finding, r.Head)
	})
}

// Reviews implements [staff.Reviews], newest first.
func (s *Store) Reviews(ctx context.Context, m cert.MunicipalityCode) (list []staff.Review, err error) {
	query := `SELECT id, municipality, at, account, operator, what, from_on, until_on, finding, head FROM reviews WHERE municipality = $1 ORDER BY at DESC, id`
	err = rows(ctx, s.db, query, []any{string(m)}, func(scan func(...any) error) error {
		var r staff.Review
		var at, from, until string
		err := scan(&r.ID, &r.Municipality, &at, &r.By, &r.Operator, &r.Of, &from, &until, &r.Finding, &r.Head)
		if err == nil {
			r.At, err = parse(at)
		}
		if err == nil {
			r.From, err = day(from)
		}
		if err == nil {
			r.Until, err = day(until)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read the reviews: %w", err)
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

// AddInquiry implements [staff.Inquiries]. When and by whom are filled in.
func (s *Store) AddInquiry(ctx context.Context, by staff.Act, i staff.Inquiry) error {
	if i.Municipality != by.Municipality || by.Municipality == "" {
		return fmt.Errorf("%w: it is another's", ErrRegister)
	}
	if !plain(i.Topic, 64) || !plain(i.By, 32) || !plain(i.Answer, 400) {
		return fmt.Errorf("%w: of what, how, or what was done is not told", ErrRegister)
	}
	return s.acted(ctx, by, func(c *chain, _ int) error {
		return c.exec(ctx, "note an inquiry", `INSERT INTO inquiries (id, municipality, at, operator, topic, means, answer) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			newID(i.ID), string(i.Municipality), format(c.at), by.Operator, i.Topic, i.By, i.Answer)
	})
}

// Inquiries implements [staff.Inquiries], newest first.
func (s *Store) Inquiries(ctx context.Context, m cert.MunicipalityCode) (list []staff.Inquiry, err error) {
	query := `SELECT id, municipality, at, operator, topic, means, answer FROM inquiries WHERE municipality = $1 ORDER BY at DESC, id`
	err = rows(ctx, s.db, query, []any{string(m)}, func(scan func(...any) error) error {
		var i staff.Inquiry
		var at string
		err := scan(&i.ID, &i.Municipality, &at, &i.Operator, &i.Topic, &i.By, &i.Answer)
		if err == nil {
			i.At, err = parse(at)
		}
		if err != nil {
			return fmt.Errorf("sqlstore: read the inquiries: %w", err)
		}
		list = append(list, i)
		return nil
	})
	return list, err
}
