// SPDX-License-Identifier: Apache-2.0

package kiosk

// moves is the whole state machine: what each event does in each state. An
// event that is not in a state's row is refused there, and its number is not
// used up.
func moves() map[State]map[EventType]move {
	m := map[State]map[EventType]move{
		Busy:         {Choose: (*turn).chooseBusy, TimedOut: (*turn).enter},
		Language:     {Choose: (*turn).chooseLanguage},
		Consent:      {Choose: (*turn).chooseConsent},
		Kind:         {Choose: (*turn).chooseKind},
		Prefecture:   {Choose: (*turn).choosePrefecture, CardRemoved: (*turn).cardOut},
		Municipality: {Choose: (*turn).chooseMunicipality, CardRemoved: (*turn).cardOut},

		PlaceCard:   {Choose: (*turn).choosePlaceCard, CardPlaced: (*turn).cardPlaced, CardFault: (*turn).cardFault},
		EnterPIN:    {Choose: (*turn).chooseCancel, PINVerified: (*turn).startReading, PINRefused: (*turn).pinRefused, CardRemoved: (*turn).cardPulled, CardFault: (*turn).cardFault},
		PINWrong:    {Choose: (*turn).chooseCancel, PINVerified: (*turn).startReading, PINRefused: (*turn).pinRefused, CardRemoved: (*turn).cardPulled, CardFault: (*turn).cardFault},
		ReadingCard: {CardRead: (*turn).cardRead, CardFault: (*turn).cardFault, CardRemoved: (*turn).cardPulled, TimedOut: (*turn).notRead},
		NoRecord:    {Choose: (*turn).chooseNoRecord, CardRemoved: (*turn).cardOut},

		RemoveCard:      {CardRemoved: (*turn).cardTaken, TimedOut: (*turn).remindCard},
		CardReminder:    {CardRemoved: (*turn).cardTaken, TimedOut: (*turn).remindCard},
		PassportConfirm: {Choose: (*turn).choosePassport},
		ContentCheck:    {Choose: (*turn).chooseContent},
		Copies:          {Choose: (*turn).chooseCopies},

		Pay:         {Choose: (*turn).chooseCancel, CoinsIn: (*turn).coinsIn, CoinFault: (*turn).coinFault, PrinterFault: (*turn).outOfOrder},
		PrintFree:   {Choose: (*turn).choosePrint, PrinterFault: (*turn).outOfOrder},
		Printing:    {Printed: (*turn).printed, PrinterFault: (*turn).printerFault, TimedOut: (*turn).printingStuck},
		PrintPaused: {Printed: (*turn).printed, PrinterReady: (*turn).printerReady, PrinterFault: (*turn).printerFault, TimedOut: (*turn).printingStuck},

		Capture:     {FeeSettled: (*turn).settled, TimedOut: (*turn).unsettled},
		Refund:      {FeeSettled: (*turn).settled, TimedOut: (*turn).unsettled, Printed: (*turn).printedLate, PrinterFault: (*turn).printedLate},
		ReturnCoins: {FeeSettled: (*turn).settled, TimedOut: (*turn).unsettled, CoinsIn: (*turn).moreCoins},

		TakePaper:     {PaperTaken: (*turn).paperTaken, TimedOut: (*turn).remindPaper},
		PaperReminder: {PaperTaken: (*turn).paperTaken, TimedOut: (*turn).remindPaper},

		Failed:         {Choose: (*turn).chooseFailed, CardRemoved: (*turn).failedCardTaken, TimedOut: (*turn).remindFailed},
		FailedReminder: {CardRemoved: (*turn).failedCardTaken, TimedOut: (*turn).remindFailed},
		SecondCard:     {CardRemoved: (*turn).secondCardTaken, TimedOut: (*turn).remindSecond},
		Over:           {Adjust: (*turn).adjust},
	}
	everywhere(m)
	return m
}

// everywhere adds what is the same in many states.
func everywhere(m map[State]map[EventType]move) {
	for _, s := range States() {
		if s == Over {
			continue
		}
		row := m[s]
		put := func(e EventType, act move) {
			if _, own := row[e]; !own {
				row[e] = act
			}
		}
		put(Adjust, (*turn).adjust)
		put(Restarted, (*turn).restarted)
		put(TimedOut, (*turn).walkedAway)
		put(CardPlaced, (*turn).secondCard)
		put(CardRemoved, (*turn).strayCardOut)
	}
}
