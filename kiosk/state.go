// SPDX-License-Identifier: Apache-2.0

package kiosk

// State is where a session stands, and the id of the screen that is shown
// there. A session that has failed stands in [Failed]; its screen is named by
// its [Outcome].
type State string

// The states, in the order in which a person meets them.
const (
	Busy            State = "busy"             // waits for its turn, before consent (R4.3, N10)
	Language        State = "language"         //
	Consent         State = "consent"          //
	Kind            State = "kind"             // domestic or overseas
	Prefecture      State = "prefecture"       // only where many municipalities take part
	Municipality    State = "municipality"     // those that take part now (D2)
	PlaceCard       State = "place_card"       //
	EnterPIN        State = "enter_pin"        // typed into the terminal, checked by the card, told to nobody
	PINWrong        State = "pin_wrong"        // the same, with the tries that are left
	ReadingCard     State = "reading_card"     // the card answers a challenge
	NoRecord        State = "no_record"        // another municipality, with the card still on the reader
	RemoveCard      State = "remove_card"      // looked up; the card is no longer needed
	CardReminder    State = "card_reminder"    // D3
	PassportConfirm State = "passport_confirm" // overseas: last four characters of the number
	ContentCheck    State = "content_check"    // what the paper will say
	Copies          State = "copies"           //
	Pay             State = "pay"              // issued, verified and sealed; nothing is released
	PrintFree       State = "print_free"       // the same where the fee is 0 yen
	Printing        State = "printing"         // confirmed and released
	PrintPaused     State = "print_paused"     // jam or no paper; what is confirmed is not printed again
	Capture         State = "capture"          // every sheet is out; the coins are kept
	Refund          State = "refund"           // printing failed for good; the coins for what is not out go back
	ReturnCoins     State = "return_coins"     // ended before the release; all coins go back
	TakePaper       State = "take_paper"       //
	PaperReminder   State = "paper_reminder"   // D3
	Failed          State = "failed"           // see Outcome; asks for the card back where there is one
	FailedReminder  State = "failed_reminder"  // the same, when the card was not taken
	SecondCard      State = "second_card"      // a card that nobody asked for
	Over            State = "over"             // the terminal shows its own idle screen after this one
)

// Outcome says how a session ended, or why it cannot go on. It is the id of
// the screen that tells the person.
type Outcome string

// The outcomes.
const (
	Thanks         Outcome = "thanks"          // paper and card are taken
	ForgottenCard  Outcome = "forgotten_card"  // the card was left
	ForgottenPaper Outcome = "forgotten_paper" // the paper was left

	OutOfHours Outcome = "out_of_hours"
	Maintained Outcome = "maintenance"
	ComeAgain  Outcome = "come_again"   // more come than can be served: nothing was begun (R4.3, N10)
	OutOfOrder Outcome = "out_of_order" // the terminal has no paper, or a unit does not work

	PINBlocked       Outcome = "pin_blocked"
	CardUnreadable   Outcome = "card_unreadable"
	CardExpired      Outcome = "card_expired"
	CardNotSupported Outcome = "card_not_supported" // not a My Number card
	CardChanged      Outcome = "card_changed"       // taken away, or another one, while it was read
	CardNotAccepted  Outcome = "card_not_accepted"  // no trust anchor, or an algorithm that has ended
	CardInvalid      Outcome = "card_invalid"       // a signature does not hold (B5, B6)

	NotJoined         Outcome = "municipality_not_joined"
	Suspended         Outcome = "municipality_suspended"
	NeedsCheck        Outcome = "record_needs_check"
	CounterOnly       Outcome = "counter_only"
	NoOverseasHistory Outcome = "no_overseas_history"
	PassportChanged   Outcome = "passport_changed" // the person says so
	PassportExpired   Outcome = "passport_expired"
	NameNotPrintable  Outcome = "name_not_printable"
	ContentWrong      Outcome = "content_wrong" // the person says so
	Unavailable       Outcome = "unavailable"   // nothing is known, least of all that there is no record (R4.1)
	StartAgain        Outcome = "start_again"
	Internal          Outcome = "internal"

	Cancelled    Outcome = "cancelled"
	SessionEnded Outcome = "session_ended" // nobody answered in time
	Interrupted  Outcome = "interrupted"   // the terminal was without power
	PrintFailed  Outcome = "print_failed"
	CallStaff    Outcome = "call_staff" // the coins are not where they should be
)

// EventType says what happened at the terminal.
type EventType string

// The events. Besides its type and number an event has the members named here
// and no other, and, in every state in which the terminal holds one, the
// sealed application.
const (
	Choose       EventType = "choose"        // choice: a button was touched
	Adjust       EventType = "adjust"        // settings: on every screen
	TimedOut     EventType = "timed_out"     // the screen's time is up
	CardPlaced   EventType = "card_placed"   //
	CardRemoved  EventType = "card_removed"  //
	CardFault    EventType = "card_fault"    // fault: unreadable, expired, not_supported, changed
	PINVerified  EventType = "pin_verified"  // by the card
	PINRefused   EventType = "pin_refused"   // tries_left, as the card counts; 0 is blocked
	CardRead     EventType = "card_read"     // card
	CoinsIn      EventType = "coins_in"      // escrow_yen: what lies in escrow now; receipt
	Printed      EventType = "printed"       // printed: every sheet that is confirmed out so far
	PrinterFault EventType = "printer_fault" // fault: jam, out_of_paper, broken; printed
	PrinterReady EventType = "printer_ready" //
	CoinFault    EventType = "coin_fault"    // escrow_yen
	FeeSettled   EventType = "fee_settled"   // captured_yen, returned_yen
	PaperTaken   EventType = "paper_taken"   //
	Restarted    EventType = "restarted"     // escrow_yen, printed, and, once coins were settled, captured_yen, returned_yen: the terminal's journal after a power cut
)

// States returns every state, Failed and Over included.
func States() []State {
	return []State{
		Busy, Language, Consent, Kind, Prefecture, Municipality, PlaceCard, EnterPIN, PINWrong, ReadingCard, NoRecord, RemoveCard, CardReminder,
		PassportConfirm, ContentCheck, Copies, Pay, PrintFree, Printing, PrintPaused, Capture, Refund, ReturnCoins, TakePaper, PaperReminder,
		Failed, FailedReminder, SecondCard, Over,
	}
}

// Outcomes returns every outcome.
func Outcomes() []Outcome {
	return []Outcome{
		Thanks, ForgottenCard, ForgottenPaper, OutOfHours, Maintained, ComeAgain, OutOfOrder, PINBlocked, CardUnreadable, CardExpired, CardNotSupported,
		CardChanged, CardNotAccepted, CardInvalid, NotJoined, Suspended, NeedsCheck, CounterOnly, NoOverseasHistory, PassportChanged,
		PassportExpired, NameNotPrintable, ContentWrong, Unavailable, StartAgain, Internal, Cancelled, SessionEnded, Interrupted, PrintFailed,
		CallStaff,
	}
}

// EventTypes returns every event.
func EventTypes() []EventType {
	return []EventType{
		Choose, Adjust, TimedOut, CardPlaced, CardRemoved, CardFault, PINVerified, PINRefused, CardRead, CoinsIn, Printed, PrinterFault,
		PrinterReady, CoinFault, FeeSettled, PaperTaken, Restarted,
	}
}

// ScreenIDs returns the ids of all screens, each of which every language has
// words for: the states but Failed and Over, the outcomes, and what a terminal
// shows when it cannot reach the centre.
func ScreenIDs() []string {
	var ids []string
	for _, s := range States() {
		if s != Failed && s != Over {
			ids = append(ids, string(s))
		}
	}
	for _, o := range Outcomes() {
		ids = append(ids, string(o))
	}
	return append(ids, offline, offlinePrinting)
}

// What a terminal shows by itself when the centre does not answer: before the
// release it returns card and coins, after it it goes on printing.
const (
	offline         = "offline"
	offlinePrinting = "offline_printing"
)
