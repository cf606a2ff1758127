// SPDX-License-Identifier: Apache-2.0

package municipality

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kofu/cert"
)

// What a closure, or the lack of an answer about closures, says.
var (
	ErrMaintenance = errors.New("municipality: closed for maintenance")
	ErrClosures    = errors.New("municipality: closures are not known now")
)

// Reason is why nothing is taken for a time.
type Reason string

// The reasons.
const (
	Suspension  Reason = "suspension"  // 停止: told when it begins
	Maintenance Reason = "maintenance" // told beforehand
)

// Closure is a time in which applications are not taken. It comes from the
// people who run the service, holds at once on every replica, and is beside
// what the table says, never instead of it.
type Closure struct {
	ID           string                // 26 characters
	Municipality cert.MunicipalityCode // empty: all
	Channel      cert.Channel          // empty: all
	Reason       Reason
	From         time.Time
	Until        time.Time // exclusive; zero: until it is lifted
	Ja, En       string    // what applicants are told; may be empty
}

// concerns reports whether c is about applications of code on ch. An empty
// code asks for closures of all municipalities.
func (c Closure) concerns(code cert.MunicipalityCode, ch cert.Channel) bool {
	return (c.Municipality == "" || c.Municipality == code) && (c.Channel == "" || c.Channel == ch)
}

func (c Closure) at(now time.Time) bool {
	return !now.Before(c.From) && (c.Until.IsZero() || now.Before(c.Until))
}

// ClosedError is the error of a door or municipality that a closure has shut:
// [ErrSuspended] or [ErrMaintenance].
type ClosedError struct{ Closure Closure }

func (e *ClosedError) Error() string { return e.Unwrap().Error() }

// Unwrap returns ErrSuspended or ErrMaintenance.
func (e *ClosedError) Unwrap() error {
	if e.Closure.Reason == Maintenance {
		return ErrMaintenance
	}
	return ErrSuspended
}

// Closures tells which closures are in force or announced. It honours ctx and
// is safe for concurrent use; what it answers is not remembered.
type Closures interface {
	Closures(ctx context.Context) ([]Closure, error)
}

// Directory is the table and the closures together: what doors ask. It is
// safe for concurrent use.
type Directory struct {
	*Registry
	closures Closures
}

// NewDirectory joins a table with closures, which may be nil: none ever.
func NewDirectory(r *Registry, c Closures) *Directory { return &Directory{r, c} }

func (d *Directory) load(ctx context.Context) ([]Closure, error) {
	if d.closures == nil {
		return nil, nil
	}
	list, err := d.closures.Closures(ctx)
	if err != nil {
		return nil, fmt.Errorf("municipality: ask for closures: %w: %w", ErrClosures, err)
	}
	return list, nil
}

// Admit is [Registry.Admit] with the closures of this moment: besides its
// errors a [*ClosedError], or [ErrClosures] when nothing is known.
func (d *Directory) Admit(ctx context.Context, code cert.MunicipalityCode, ch cert.Channel, now time.Time) (Municipality, error) {
	m, err := d.Registry.Admit(code, ch, now)
	if err != nil {
		return Municipality{}, err
	}
	list, err := d.load(ctx)
	if err != nil {
		return Municipality{}, err
	}
	if c := inForce(list, code, ch, now); c != nil {
		return Municipality{}, c
	}
	return m, nil
}

// List returns, ordered by code, exactly those that Admit admits.
func (d *Directory) List(ctx context.Context, ch cert.Channel, now time.Time) ([]Municipality, error) {
	list, err := d.load(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(d.Registry.List(ch, now), func(m Municipality) bool { return inForce(list, m.Code, ch, now) != nil }), nil
}

// Open reports whether the door as a whole takes applications at now: a
// [*ClosedError], [ErrClosed] out of the hours that hold for all, or
// [ErrClosures].
func (d *Directory) Open(ctx context.Context, ch cert.Channel, now time.Time) error {
	if err := d.Registry.Open(ch, now); err != nil {
		return err
	}
	list, err := d.load(ctx)
	if err != nil {
		return err
	}
	if c := inForce(list, "", ch, now); c != nil {
		return c
	}
	return nil
}

// Reopens returns the first instant, not before now, at which the door as a
// whole is open by its hours, its closed days and the closures known now: now
// itself when it is open. It is zero when nobody can say, because a closure
// has no end, and the error is [ErrClosures].
func (d *Directory) Reopens(ctx context.Context, ch cert.Channel, now time.Time) (time.Time, error) {
	list, err := d.load(ctx)
	if err != nil {
		return time.Time{}, err
	}
	t := d.Opens(ch, now)
	for range list { // each closure ends once
		shut := inForce(list, "", ch, t)
		if shut == nil {
			return t, nil
		}
		if shut.Closure.Until.IsZero() {
			return time.Time{}, nil
		}
		t = d.Opens(ch, shut.Closure.Until)
	}
	return t, nil
}

// Announced returns the closures on ch that begin within so long from now, in
// order of their beginning.
func (d *Directory) Announced(ctx context.Context, ch cert.Channel, now time.Time, within time.Duration) ([]Closure, error) {
	list, err := d.load(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(c Closure) bool {
		return c.Channel != "" && c.Channel != ch || !c.From.After(now) || c.From.Sub(now) > within
	})
	slices.SortStableFunc(list, func(a, b Closure) int { return a.From.Compare(b.From) })
	return list, nil
}

// inForce returns the closure that shuts code on ch at now, or nil. It is a
// *ClosedError and not an error so that nil is nil.
func inForce(list []Closure, code cert.MunicipalityCode, ch cert.Channel, now time.Time) *ClosedError {
	for _, c := range list {
		if c.concerns(code, ch) && c.at(now) {
			return &ClosedError{c}
		}
	}
	return nil
}
