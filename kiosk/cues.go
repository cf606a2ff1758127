// SPDX-License-Identifier: Apache-2.0

package kiosk

// input is what the terminal waits for besides touches.
func (s *Session) input() Input {
	switch s.State {
	case PlaceCard:
		return InputCard
	case EnterPIN, PINWrong:
		return InputPIN
	case ReadingCard:
		return InputRead
	case RemoveCard, CardReminder, FailedReminder, SecondCard:
		return InputCardOut
	case Failed:
		if s.CardIn {
			return InputCardOut
		}
	case Pay:
		return InputCoins
	case Printing:
		return InputSheets
	case PrintPaused:
		return InputPrinter
	case Capture, Refund, ReturnCoins:
		return InputSettle
	case TakePaper, PaperReminder:
		return InputPaperOut
	}
	return InputNone
}

// cues are lamps, shutter, printer, reader, coins and sound of a state.
func (s *Session) cues() Cues {
	c := Cues{Lamp: "off", Shutter: "closed", Printer: "idle", Reader: "off", Coins: "closed", Sound: "prompt"}
	if s.CardIn {
		c.Reader = "hold"
	}
	switch s.State {
	case Busy:
		c.Sound = "none"
	case PlaceCard:
		c.Lamp, c.Reader = "card", "read"
	case EnterPIN, PINWrong, ReadingCard, NoRecord:
		c.Lamp, c.Reader = "card", "read"
	case RemoveCard:
		c.Lamp, c.Reader, c.Sound = "card", "release", "attention"
	case CardReminder, FailedReminder, SecondCard:
		c.Lamp, c.Reader, c.Sound = "card", "release", "alarm"
	case Pay:
		c.Lamp, c.Coins = "coins", "open"
	case Printing:
		c.Printer, c.Coins = "print", "hold"
	case PrintPaused:
		c.Lamp, c.Printer, c.Coins, c.Sound = "help", "wait", "hold", "attention"
	case Capture:
		c.Coins = "settle"
	case Refund, ReturnCoins:
		c.Lamp, c.Coins, c.Sound = "coins", "settle", "attention"
	case TakePaper:
		c.Lamp, c.Shutter, c.Sound = "paper", "open", "attention"
	case PaperReminder:
		c.Lamp, c.Shutter, c.Sound = "paper", "open", "alarm"
	case Failed:
		c.Sound = "attention"
		if s.CardIn {
			c.Lamp, c.Reader = "card", "release"
		}
	case Over:
		c.Sound = "attention"
	}
	switch {
	case s.State != Over && s.State != Failed:
	case s.Outcome == ForgottenPaper:
		c.Lamp, c.Printer, c.Sound = "help", "retract", "alarm"
	case s.Outcome == ForgottenCard, s.Outcome == CallStaff, s.Outcome == OutOfOrder:
		c.Lamp, c.Sound = "help", "alarm"
	}
	return c
}

// fee is the money of a session.
func (s *Session) fee() Fee {
	f := Fee{State: "none", PerCopyYen: s.FeeYen, Copies: s.Copies, TotalYen: s.totalYen(), EscrowYen: s.EscrowYen}
	if s.EscrowYen == 0 && !s.Settled {
		if s.State == Pay {
			f.State = "due"
		}
		return f
	}
	if s.EscrowYen == 0 { // free of charge
		return f
	}
	f.CaptureYen, f.ReturnYen = s.CaptureYen, s.ReturnYen
	switch {
	case !s.Settled && (s.State == Capture || s.State == Refund || s.State == ReturnCoins), s.Settled:
		f.State = settledAs(s.CaptureYen, s.ReturnYen)
	case s.State == Pay:
		f.State = "due"
	default:
		f.State = "escrow"
	}
	return f
}

func settledAs(kept, back int) string {
	switch {
	case back == 0:
		return "captured"
	case kept == 0:
		return "returned"
	}
	return "settled"
}

// feeTotal and feeYen are what the sentence about the fee speaks of.
func (s *Session) feeTotal() int {
	if s.fee().State == "due" {
		return s.totalYen() - s.EscrowYen
	}
	return s.CaptureYen
}

func (s *Session) feeYen() int {
	if s.fee().State == "escrow" {
		return s.EscrowYen
	}
	return s.ReturnYen
}

// tellsFee reports whether a screen says what became of the fee: every one
// from the payment on, and every end.
func (s *Session) tellsFee() bool {
	switch s.State {
	case Pay, Printing, PrintPaused, Capture, Refund, ReturnCoins, TakePaper, PaperReminder, Failed, FailedReminder, Over, NoRecord:
		return true
	}
	return false
}

// offline is what the terminal shows and does by itself when the centre does
// not answer. Before the release card and coins go back; after it, the work
// goes on, and is told later.
func (t *turn) offline(values map[string]string) Screen {
	s := t.s
	if s.released() && s.State != Over {
		sc := t.document(offlinePrinting, values)
		sc.Input, sc.Cues = s.input(), s.cues()
		sc.Timeout = Timeout{Seconds: s.seconds(), Then: "idle"}
		return sc
	}
	sc := t.document(offline, values)
	sc.Cues = Cues{Lamp: "help", Shutter: "closed", Printer: "idle", Reader: "release", Coins: "return", Sound: "attention"}
	sc.Input, sc.Timeout = InputNone, Timeout{Seconds: 60, Then: "idle"}
	return sc
}
