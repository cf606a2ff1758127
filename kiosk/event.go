// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"regexp"
	"slices"

	"kofu/cardauth"
)

var (
	wordForm   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)
	configForm = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
	choiceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,16}$`)
)

const (
	maxSealed = 64 << 10 // characters of a sealed application or receipt
	maxYen    = 100_000  // nobody puts more into a machine
	maxTries  = 9
)

// Values of the settings.
const (
	normal = "normal"
	large  = "large"
	high   = "high"
	long   = "long"
)

// Values of faults.
const (
	faultUnreadable   = "unreadable"
	faultExpired      = "expired"
	faultNotSupported = "not_supported"
	faultChanged      = "changed"
	faultJam          = "jam"
	faultOutOfPaper   = "out_of_paper"
	faultBroken       = "broken"
)

// check refuses an opening of another form than the protocol says.
func (o *Opening) check() error {
	ok := len(o.Protocol) > 0 && len(o.Protocol) <= 16 && wordForm.MatchString(o.Software.Name) && wordForm.MatchString(o.Software.Version) &&
		configForm.MatchString(o.Software.Config) && len(o.Language) <= 16 && o.Hardware.known()
	if !ok {
		return errBody
	}
	return nil
}

func (h Hardware) known() bool {
	ok := []string{"ok", "fault"}
	return slices.Contains(ok, h.Reader) && slices.Contains(append(ok, "out_of_paper"), h.Printer) && slices.Contains(ok, h.Coins) &&
		slices.Contains(append(ok, "none"), h.Speaker)
}

// works reports whether a certificate could be printed and paid for.
func (h Hardware) works() bool { return h.Reader == "ok" && h.Printer == "ok" && h.Coins == "ok" }

// check refuses an event that lacks a member of its type, or has one of
// another type.
func (e *Event) check() error {
	if !slices.Contains(EventTypes(), e.Type) || e.Number < 1 || len(e.Application) > maxSealed || len(e.Receipt) > maxSealed {
		return errBody
	}
	has := map[string]bool{
		"choice": e.Choice != "", "settings": e.Settings != nil, "fault": e.Fault != "", "tries_left": e.TriesLeft != nil, "card": e.Card != nil,
		"receipt": e.Receipt != "", "escrow_yen": e.EscrowYen != nil, "printed": e.Printed != nil,
		"captured_yen": e.CapturedYen != nil, "returned_yen": e.ReturnedYen != nil, "card_in": e.CardIn != nil,
	}
	needs, may := e.Type.members()
	may = append(may, "escrow_yen", "printed") // with every event while coins are taken, or sheets are printed
	for name, there := range has {
		if there && !slices.Contains(needs, name) && !slices.Contains(may, name) || !there && slices.Contains(needs, name) {
			return errBody
		}
	}
	if !e.values() {
		return errBody
	}
	return nil
}

// members are what an event of this type must have, and what it may have.
func (t EventType) members() (needs, may []string) {
	switch t {
	case Choose:
		return []string{"choice"}, []string{"receipt"} // print, where nothing is to pay
	case Adjust:
		return []string{"settings"}, nil
	case CardFault:
		return []string{"fault"}, nil
	case PINRefused:
		return []string{"tries_left"}, nil
	case CardRead:
		return []string{"card"}, nil
	case CoinsIn:
		return []string{"escrow_yen"}, []string{"receipt"}
	case CoinFault:
		return []string{"escrow_yen"}, nil
	case Printed:
		return []string{"printed"}, nil
	case PrinterFault:
		return []string{"fault", "printed"}, nil
	case FeeSettled:
		return []string{"captured_yen", "returned_yen"}, nil
	case Restarted:
		return []string{"escrow_yen", "printed"}, []string{"captured_yen", "returned_yen", "card_in"}
	}
	return nil, nil
}

// values reports whether all values are such as can be.
func (e *Event) values() bool {
	yen := func(p *int) bool { return p == nil || *p >= 0 && *p <= maxYen }
	ok := yen(e.EscrowYen) && yen(e.CapturedYen) && yen(e.ReturnedYen) && (e.TriesLeft == nil || *e.TriesLeft >= 0 && *e.TriesLeft <= maxTries) &&
		(e.Choice == "" || choiceForm.MatchString(e.Choice))
	for i, n := range e.Printed { // rising, each once
		ok = ok && n >= 1 && n <= maxCopies && (i == 0 || n > e.Printed[i-1])
	}
	switch e.Type {
	case CardFault:
		ok = ok && slices.Contains([]string{faultUnreadable, faultExpired, faultNotSupported, faultChanged}, e.Fault)
	case PrinterFault:
		ok = ok && slices.Contains([]string{faultJam, faultOutOfPaper, faultBroken}, e.Fault)
	case Adjust:
		ok = ok && e.Settings.known()
	case CardRead:
		ok = ok && e.Card.whole()
	}
	return ok
}

// known reports whether every setting that is there has a value there is.
func (s *Settings) known() bool {
	return (s.Language == "" || slices.Contains(languages(), s.Language)) && slices.Contains([]string{"", normal, large}, s.Size) &&
		slices.Contains([]string{"", normal, high}, s.Contrast) && slices.Contains([]string{"", normal, long}, s.Patience)
}

func (c *CardFiles) files() [][]byte {
	return [][]byte{c.EF0001, c.EF0002, c.EF0003, c.EF0004, c.EF0007, c.Signature}
}

func (c *CardFiles) whole() bool {
	return !slices.ContainsFunc(c.files(), func(f []byte) bool { return len(f) == 0 })
}

// wipe clears the card's files.
func (e *Event) wipe() {
	if e.Card == nil {
		return
	}
	for _, f := range e.Card.files() {
		clear(f)
	}
}

// evidence shares the event's bytes: wiping the event wipes it too.
func (c *CardFiles) evidence() cardauth.Evidence {
	return cardauth.Evidence{
		Files:     cardauth.Files{EF0001: c.EF0001, EF0002: c.EF0002, EF0003: c.EF0003, EF0004: c.EF0004, EF0007: c.EF0007},
		Signature: c.Signature, Challenge: heldID,
	}
}
