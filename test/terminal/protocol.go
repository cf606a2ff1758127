// SPDX-License-Identifier: Apache-2.0

package terminal

import "slices"

// Version is the protocol that is spoken here.
const Version = "1.0"

// The events.
const (
	EventChoose       = "choose"
	EventAdjust       = "adjust"
	EventTimedOut     = "timed_out"
	EventCardPlaced   = "card_placed"
	EventCardRemoved  = "card_removed"
	EventCardFault    = "card_fault"
	EventPINVerified  = "pin_verified"
	EventPINRefused   = "pin_refused"
	EventCardRead     = "card_read"
	EventCoinsIn      = "coins_in"
	EventPrinted      = "printed"
	EventPrinterFault = "printer_fault"
	EventPrinterReady = "printer_ready"
	EventCoinFault    = "coin_fault"
	EventFeeSettled   = "fee_settled"
	EventPaperTaken   = "paper_taken"
	EventRestarted    = "restarted"
)

// The inputs that a screen waits for.
const (
	inputNone     = "none"
	inputCard     = "card"
	inputPIN      = "pin"
	inputRead     = "card_read"
	inputCardOut  = "card_out"
	inputCoins    = "coins"
	inputSheets   = "sheets"
	inputPrinter  = "printer"
	inputSettle   = "settle"
	inputPaperOut = "paper_out"
)

func inputs() []string {
	return []string{inputNone, inputCard, inputPIN, inputRead, inputCardOut, inputCoins, inputSheets, inputPrinter, inputSettle, inputPaperOut}
}

// asked lists what may be told of a unit that a screen waits for, besides what
// may be told at any time.
func asked(input string) []string {
	return map[string][]string{
		inputCard:     {EventCardPlaced},
		inputPIN:      {EventPINVerified, EventPINRefused, EventCardFault},
		inputRead:     {EventCardRead, EventCardFault},
		inputCardOut:  {EventCardRemoved},
		inputCoins:    {EventCoinsIn, EventCoinFault},
		inputSheets:   {EventPrinted, EventPrinterFault},
		inputPrinter:  {EventPrinterReady, EventPrinterFault},
		inputSettle:   {EventFeeSettled},
		inputPaperOut: {EventPaperTaken},
	}[input]
}

// anyTime lists what may happen whatever a screen waits for: cards come and go,
// units break, the power returns.
func anyTime() []string {
	return []string{EventAdjust, EventTimedOut, EventCardPlaced, EventCardRemoved, EventCardFault, EventPrinterFault, EventCoinFault, EventRestarted}
}

// members lists, by event, the members it has besides number, type,
// application, the escrow while coins are taken and the sheets while it
// prints. Those in may are not always there.
func members(event string) (must, may []string) {
	switch event {
	case EventChoose:
		return []string{"choice"}, []string{"receipt"} // with "print" on print_free
	case EventAdjust:
		return []string{"settings"}, nil
	case EventCardFault:
		return []string{"fault"}, nil
	case EventPrinterFault:
		return []string{"fault", "printed"}, nil
	case EventPINRefused:
		return []string{"tries_left"}, nil
	case EventCardRead:
		return []string{"card"}, nil
	case EventCoinsIn:
		return []string{"escrow_yen", "receipt"}, nil
	case EventCoinFault:
		return []string{"escrow_yen"}, nil
	case EventPrinted:
		return []string{"printed"}, nil
	case EventFeeSettled:
		return []string{"captured_yen", "returned_yen"}, nil
	case EventRestarted:
		return []string{"escrow_yen", "printed"}, []string{"captured_yen", "returned_yen", "card_in"} // the sums once coins were settled
	}
	return nil, nil
}

func events() []string {
	return []string{
		EventChoose, EventAdjust, EventTimedOut, EventCardPlaced, EventCardRemoved, EventCardFault, EventPINVerified, EventPINRefused,
		EventCardRead, EventCoinsIn, EventPrinted, EventPrinterFault, EventPrinterReady, EventCoinFault, EventFeeSettled, EventPaperTaken,
		EventRestarted,
	}
}

// faults lists what a fault may be called.
func faults(event string) []string {
	if event == EventCardFault {
		return []string{"unreadable", "expired", "not_supported", "changed"}
	}
	return []string{"jam", "out_of_paper", "broken"}
}

const (
	offlineScreen         = "offline"
	offlinePrintingScreen = "offline_printing"
)

func offlineScreens() []string { return []string{offlineScreen, offlinePrintingScreen} }

// stateScreens are shown on the way, outcomeScreens at its end.
func stateScreens() []string {
	return []string{
		"busy", "language", "consent", "kind", "prefecture", "municipality", "place_card", "enter_pin", "pin_wrong", "reading_card", "no_record",
		"remove_card", "card_reminder", "passport_confirm", "content_check", "copies", "pay", "print_free", "printing", "print_paused",
		"capture", "refund", "return_coins", "take_paper", "paper_reminder", "failed_reminder", "second_card",
	}
}

func outcomeScreens() []string {
	return []string{
		"thanks", "forgotten_card", "forgotten_paper", "out_of_hours", "maintenance", "come_again", "out_of_order", "pin_blocked", "card_unreadable",
		"card_expired", "card_not_supported", "card_changed", "card_not_accepted", "card_invalid", "municipality_not_joined",
		"municipality_suspended", "record_needs_check", "counter_only", "no_overseas_history", "passport_changed", "passport_expired",
		"name_not_printable", "content_wrong", "unavailable", "start_again", "internal", "cancelled", "session_ended", "interrupted",
		"print_failed", "call_staff",
	}
}

// knownScreen reports whether the protocol has a screen of this id.
func knownScreen(id string) bool {
	return slices.Contains(stateScreens(), id) || slices.Contains(outcomeScreens(), id) || slices.Contains(offlineScreens(), id)
}

func languages() []string { return []string{"ja", "en", "ja-x-easy", "zh-Hans", "ko", "pt", "vi"} }

// settings lists the values of each setting.
func settings() map[string][]string {
	return map[string][]string{
		"language": languages(), "size": {"normal", "large"}, "contrast": {"normal", "high"}, "patience": {"normal", "long"},
	}
}

// cueValues lists what each cue may be.
func cueValues() map[string][]string {
	return map[string][]string{
		"lamp":    {"off", "card", "coins", "paper", "help"},
		"shutter": {"closed", "open"},
		"printer": {"idle", "print", "wait", "retract"},
		"reader":  {"off", "read", "hold", "release"},
		"coins":   {"closed", "open", "hold", "capture", "return", "settle"},
		"sound":   {"none", "prompt", "attention", "alarm"},
	}
}

func feeStates() []string {
	return []string{"none", "due", "escrow", "captured", "returned", "settled"}
}

// needsChoices lists the screens on which the person decides, and so must find
// at least so many buttons.
func needsChoices(id string) int {
	switch id {
	case "language", "consent", "kind", "no_record", "passport_confirm", "content_check", "copies":
		return 2
	case "prefecture", "municipality", "print_free":
		return 1
	}
	return 0
}

// allowedChoice reports whether the protocol has a choice of this id: a word, a
// language, a prefecture, a municipality, a number of copies.
func allowedChoice(id string) bool {
	words := []string{
		"agree", "cancel", "back", "domestic", "overseas", "more", "another", "finish", "again", "yes", "no", "correct", "wrong", "print",
	}
	if slices.Contains(words, id) || slices.Contains(languages(), id) {
		return true
	}
	for _, c := range id {
		if c < '0' || c > '9' {
			return false
		}
	}
	switch len(id) {
	case 1:
		return id >= "1" && id <= "5"
	case 2:
		return id >= "01" && id <= "99" // made-up municipalities lie outside 01 to 47
	}
	return len(id) == 6
}
