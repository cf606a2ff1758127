// SPDX-License-Identifier: Apache-2.0

// Package kiosk is the certificate-issuing centre (証明書交付センター): it
// drives the screens of convenience-store terminals from card to paper, and
// keeps nothing of whom it serves. A terminal opens a session and sends
// numbered events, what happened there; each answer is the next screen.
// deploy/kiosk-protocol.md tells it from the terminal's side.
//
//	busy ─▶ language ─▶ consent ─▶ kind ─▶ (prefecture) ─▶ municipality ◀───────────┐
//	                                                            │                   │ another one,
//	                                                       place_card               │ the card still
//	                                                            │                   │ on the reader
//	                                       pin_wrong ◀─▶ enter_pin                  │
//	                                              └─────┬───────┘                   │
//	                                               reading_card ── none ─▶ no_record┘
//	             card proved, record looked up, sealed  │
//	                                  remove_card ◀─▶ card_reminder
//	                              (passport_confirm)    │
//	                                              content_check
//	                                                    │
//	                                                 copies
//	   reserved, issued, verified, sealed: ciphertext   │
//	                                           pay  or  print_free
//	   confirmed, the 32-byte key released              │
//	                                    print_paused ◀─▶ printing ─── for good ─▶ refund
//	                                                    │                           │
//	                                                 capture                        │
//	                                take_paper ◀─▶ paper_reminder ◀─ sheets are out─┤
//	                                                    │                           │
//	                                                  over ◀────────────────────────┘
//
//	before the release, from anywhere:  cancel, time-out, fault, power cut
//	       └─ coins in escrow ─▶ return_coins ─┐
//	       └─────────────────────────────────▶ failed ◀─▶ failed_reminder ─▶ over
//	                                           (asks for the card, or offers another try)
//	a card that nobody asked for:  second_card, and back
//
// What each state takes, besides what all but over take (adjust, restarted,
// timed_out, card_placed where no card is in, card_removed). An event that a state does not take
// is refused, and its number is not used up.
//
//	busy              choose
//	language          choose
//	consent           choose
//	kind              choose
//	prefecture        choose
//	municipality      choose
//	place_card        choose card_fault
//	enter_pin         choose pin_verified pin_refused card_fault
//	pin_wrong         choose pin_verified pin_refused card_fault
//	reading_card      card_read card_fault
//	no_record         choose
//	remove_card
//	card_reminder
//	passport_confirm  choose
//	content_check     choose
//	copies            choose
//	pay               choose coins_in coin_fault printer_fault
//	print_free        choose printer_fault
//	printing          printed printer_fault
//	print_paused      printed printer_ready printer_fault
//	capture           fee_settled
//	refund            fee_settled printed printer_fault
//	return_coins      fee_settled coins_in
//	take_paper        paper_taken
//	paper_reminder    paper_taken
//	failed            choose
//	failed_reminder
//	second_card
//	over              (adjust alone)
//
// # The same number again
//
// A terminal that got no answer sends the same event again, as often as it
// takes, to any replica. The session's record has the state before the last
// event: the event is run again from there, and comes to the same end, because
// reserving, confirming, shredding and the books are idempotent, and whatever
// is random was drawn before. Nothing personal needs to be remembered for it:
// what an answer shows of the person comes from the ciphertext that the
// terminal sends along.
//
// # What is kept
//
// [Session], JSON in Redis, has no personal data. Sealed applications, papers
// and receipts lie in the terminal's memory, each under a key of its own that
// is here; the end of the session, whichever it is, destroys the keys. Before
// the fee a session lasts 20 minutes at most, after it 30.
package kiosk
