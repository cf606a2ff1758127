// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
)

// protocols are the versions spoken here, best first.
func protocols() []string { return []string{"1.0"} }

// open answers POST /kiosk/v1/sessions.
func (k *centre) open(c *gin.Context, terminal Terminal) error {
	ctx := c.Request.Context()
	var in Opening
	if _, err := k.decode(c, &in, in.check); err != nil {
		return err
	}
	at := slices.IndexFunc(protocols(), func(v string) bool { return slices.Contains(in.Protocol, v) })
	if at < 0 {
		return unsupported{}
	}
	now := k.Now()
	if err := k.Terminals.Seen(ctx, terminal.ID, in.Software, now); err != nil {
		return storeError(err)
	}
	k.Metrics.Report(in.Software)
	s := &Session{ID: rand.Text(), Terminal: terminal.ID, Store: terminal.Store, Operator: terminal.Operator, Protocol: protocols()[at],
		State: Busy, Started: now, Draw: random(), Settings: Settings{Language: in.Language, Size: normal, Contrast: normal, Patience: normal}}
	if !slices.Contains(languages(), s.Settings.Language) {
		s.Settings.Language = languages()[0]
	}
	t := k.turn(ctx, s, &Event{}, now)
	if err := t.begin(in.Hardware); err != nil {
		return err
	}
	return k.commit(c, terminal, t, nil, 0)
}

func random() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return b
}

// event answers POST /kiosk/v1/sessions/{session}/events.
func (k *centre) event(c *gin.Context, terminal Terminal) error {
	ctx := c.Request.Context()
	var e Event
	defer e.wipe()
	body, err := k.decode(c, &e, e.check)
	if err != nil {
		return err
	}
	rec, version, err := k.load(ctx, c.Param("session"))
	if err != nil {
		return err
	}
	if rec.Now.Terminal != terminal.ID {
		return ErrNoSession // another terminal's
	}
	from, again, err := rec.step(&e, body)
	if err != nil {
		return err
	}
	s := from.clone()
	at := k.Now()
	if again {
		at = rec.Now.At
	}
	t := k.turn(ctx, s, &e, at)
	if again {
		t.superseded = rec.Now
	}
	if at.After(s.Deadline) || at.After(s.end()) {
		err = t.expired()
	} else {
		err = t.run()
	}
	if err != nil {
		return err
	}
	s = t.s
	s.Number, s.At, s.Body, s.Draw = e.Number, at, body, random()
	if again { // the same answer, and the same time to give the next one
		s.Draw, s.Deadline = rec.Now.Draw, rec.Now.Deadline
	}
	return k.commit(c, terminal, t, from, version)
}

// step finds the state that the event starts from: the one now, or, for one
// that the terminal repeats, the one before.
func (r *record) step(e *Event, body []byte) (from *Session, again bool, err error) {
	switch {
	case e.Number == r.Now.Number && r.Before != nil && slices.Equal(body, r.Now.Body):
		return r.Before, true, nil
	case e.Number != r.Now.Number+1:
		return nil, false, errOutOfStep
	case r.Now.State == Over && e.Type != Adjust:
		return nil, false, ErrNoSession
	}
	return r.Now, false, nil
}

func (k *centre) load(ctx context.Context, id string) (record, int, error) {
	var rec record
	if len(id) != len(rand.Text()) {
		return rec, 0, ErrNoSession
	}
	data, version, err := k.Sessions.Load(ctx, id)
	if err != nil {
		return rec, 0, storeError(err)
	}
	if err := json.Unmarshal(data, &rec, json.RejectUnknownMembers(true)); err != nil || rec.Now == nil || rec.Now.ID != id {
		return rec, 0, fmt.Errorf("kiosk: read a session: %w", errStore)
	}
	return rec, version, nil
}

// storeError keeps what a store answers when it works, and hides the rest.
func storeError(err error) error {
	for _, answer := range []error{ErrNoSession, ErrConflict, ErrNoTerminal} {
		if errors.Is(err, answer) {
			return answer
		}
	}
	return fmt.Errorf("kiosk: ask a store: %w: %w", errStore, err)
}

// keptAfter is how long a session is remembered past its end, so that its last
// events can be repeated and coins settled.
const keptAfter = 10 * time.Minute

// commit makes the answer, carries out what has an effect outside, keeps the
// new state and only then answers. Every effect may be repeated.
func (k *centre) commit(c *gin.Context, terminal Terminal, t *turn, from *Session, version int) error {
	s := t.s
	defer func() { clear(t.key) }() // it has left, or will not
	answer, err := t.answer()
	if err != nil {
		return err
	}
	if err := t.effects(from); err != nil {
		return err
	}
	data, err := json.Marshal(record{from, s})
	if err != nil {
		return errors.New("kiosk: encode a session")
	}
	if err := k.Sessions.Save(t.ctx, s.ID, data, version, s.end().Add(keptAfter).Sub(t.at)); err != nil {
		return storeError(err)
	}
	k.Metrics.Screen(answer.Screen.ID)
	if s.Outcome == Internal && (from == nil || from.Outcome != Internal) {
		k.failed(t.ctx, terminal, "INTERNAL")
	}
	status := http.StatusOK
	if from == nil {
		status = http.StatusCreated
	}
	return write(c, status, answer)
}

func write(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return errors.New("kiosk: encode the answer")
	}
	defer clear(body)
	c.Data(status, "application/json; charset=utf-8", body)
	return nil
}

// digest names a body.
func digest(body []byte) []byte {
	sum := sha256.Sum256(body)
	return sum[:]
}
