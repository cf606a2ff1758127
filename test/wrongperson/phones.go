// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/test/phone"
)

// notNow are the refusals after which a person tries again.
func notNow(code string) bool {
	return slices.Contains([]string{"", "unavailable", "busy", "start_again", "internal", "challenge_invalid", "application_invalid", "too_many"}, code)
}

// busyTurns is how often a phone that was told to come again does, before that
// counts as a try.
const busyTurns = 10

// phone is one person at the app, and how it ends.
func (r *run) phone(ctx context.Context, a *asking) string {
	chip, err := r.cards.card(a.Member)
	if err != nil {
		return "no card: " + err.Error()
	}
	p := &phone.Client{BaseURL: "https://" + r.site.doors["app"], HTTP: r.app, Card: chip.Reader(), PIN: a.PIN}
	w := phone.Wish{Kind: string(a.kind), Municipality: string(a.Municipality), PDF: a.paper}
	if a.kind == cert.Overseas {
		one, two, err := passport.MRZ(a.Passport)
		if err != nil {
			return "no passport: " + err.Error()
		}
		w.MRZ = []string{one, two}
	}
	code := ""
	for i := 0; i < r.site.Tries; i++ {
		code, err = r.journey(ctx, p, a, w)
		for turns := 0; code == "busy" && turns < busyTurns && ctx.Err() == nil; turns++ {
			wait(ctx, time.Second)
			code, err = r.journey(ctx, p, a, w)
		}
		if !notNow(code) || ctx.Err() != nil {
			break
		}
		wait(ctx, time.Duration(i+1)*500*time.Millisecond)
	}
	if code == "" {
		r.note(err)
	}
	return cmp.Or(code, "no answer")
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// journey returns the code it ends with; "" is no answer.
func (r *run) journey(ctx context.Context, p *phone.Client, a *asking, w phone.Wish) (string, error) {
	a.pause(ctx, 0)
	ch, err := p.Challenge(ctx)
	if err != nil {
		return phone.CodeOf(err), err
	}
	a.pause(ctx, 1)
	application, err := p.Prove(ch, w)
	if err != nil {
		return "", err
	}
	reviewed, err := p.Apply(ctx, application)
	if err != nil {
		return phone.CodeOf(err), err
	}
	if err := a.preview(reviewed.Preview); err != nil {
		r.table.mismatch(a, err)
	}
	a.pause(ctx, 2)
	if a.leave > 0 {
		short, cancel := context.WithTimeout(ctx, a.leave)
		c, err := p.Issue(short, reviewed.Sealed, a.paper)
		cancel()
		if err == nil {
			r.certificate(ctx, a, c)
		}
		if a.leave = 0; !a.again {
			return Gone, nil
		}
	}
	c, err := p.Issue(ctx, reviewed.Sealed, a.paper)
	if err != nil {
		return phone.CodeOf(err), err
	}
	a.pause(ctx, 3)
	r.certificate(ctx, a, c)
	return Issued, nil
}

// preview judges what is shown before a certificate is asked for.
func (a *asking) preview(p phone.Preview) error {
	var got, due []string
	for _, d := range p.Doses {
		got = append(got, d.Date+" "+d.Lot)
	}
	for _, d := range a.shown() {
		due = append(due, d.Date+" "+d.Lot)
	}
	switch {
	case p.Name != a.Name || p.BirthDate != a.Birth.String():
		return differs("the person of the preview", p.Name+" "+p.BirthDate, a.Name+" "+a.Birth.String())
	case !slices.Equal(got, due):
		return differs("the doses of the preview", got, due)
	case (p.Passport != nil) != (a.kind == cert.Overseas), p.Passport != nil && p.Passport.Name != reveal(a.Passport.Latin()):
		return errors.New("the passport of the preview is another")
	}
	return nil
}

// certificate judges everything that a phone is given.
func (r *run) certificate(ctx context.Context, a *asking, c *phone.Certificate) {
	err := r.judge.healthCard(a, c.SHC.QR)
	if err == nil && c.VDSNC != "" {
		var id string
		if id, err = r.judge.travelSeal(a, c.VDSNC); err == nil && id != c.ID {
			err = differs("the certificate ID in the VDS-NC", id, c.ID)
		}
	}
	switch {
	case err != nil:
	case (c.VDSNC != "") != (a.kind == cert.Overseas), (c.PDF != nil) != a.paper, c.Kind != string(a.kind):
		err = errors.New("other forms than were asked for")
	case c.PDF != nil:
		var symbols []string
		if symbols, err = r.sheet(ctx, a, c.PDF); err == nil && (!slices.Contains(symbols, c.SHC.QR) || c.VDSNC != "" && !slices.Contains(symbols, c.VDSNC)) {
			err = errors.New("the paper has other symbols than the answer")
		}
	}
	if err != nil {
		r.table.mismatch(a, err)
	}
}

// sheet judges a paper, and now and then its picture.
func (r *run) sheet(ctx context.Context, a *asking, file []byte) ([]string, error) {
	symbols, err := r.judge.sheet(a, file)
	if err == nil && r.table.paper() {
		r.pictures <- struct{}{} // one at a time
		err = look(ctx, file, symbols)
		<-r.pictures
	}
	return symbols, err
}
