// SPDX-License-Identifier: Apache-2.0

package terminal

import "fmt"

// Rule names what the protocol asks of one side or the other.
type Rule string

// The rules that answers of a service are held against.
const (
	RuleTransport Rule = "transport" // status, media type, no-store
	RuleForm      Rule = "form"      // JSON with every member that an answer has, and no other
	RuleSession   Rule = "session"   // one id, from beginning to end
	RuleNumber    Rule = "number"    // that of the event answered
	RuleProtocol  Rule = "protocol"  // a version that was offered
	RuleScreen    Rule = "screen"    // an id that the protocol has
	RuleText      Rule = "text"      // title, body and speech, in the language chosen, with nothing left to fill in
	RuleChoices   Rule = "choices"   // there where the person decides; ids that the protocol has
	RuleSettings  Rule = "settings"  // all four on every screen; shown as chosen
	RuleCues      Rule = "cues"      // within their enumerations, and fitting the input
	RuleTimeout   Rule = "timeout"   // there on every screen, and leading somewhere
	RuleFee       Rule = "fee"       // sums that agree with each other and with the coins
	RuleChallenge Rule = "challenge" // 32 fresh bytes with reading_card, and nowhere else
	RuleContent   Rule = "content"   // where the person checks it, and nowhere else
	RuleTries     Rule = "tries"     // as the card said
	RuleHold      Rule = "hold"      // JWE of the type said
	RuleDrop      Rule = "drop"      // nothing personal stays after it, or after the end
	RuleRelease   Rule = "release"   // after the fee, for the sheets that are not out
	RuleOffline   Rule = "offline"   // with every answer; coins and card are given back before the release
	RuleOver      Rule = "over"      // asks for nothing more
	RuleFlow      Rule = "flow"      // another screen than this event leads to
)

// The rules that a terminal is held against, besides some of those above.
const (
	RuleRepeat  Rule = "repeat"  // the same number with another body
	RuleMembers Rule = "members" // those that the event has, and no other
	RulePIN     Rule = "pin"     // nothing that looks like one
	RuleReceipt Rule = "receipt" // the one that was given, with the event that needs it
	RuleEvent   Rule = "event"   // asked for by the screen, or possible at any time
	RuleEarly   Rule = "early"   // timed_out before the time
	RuleSilent  Rule = "silent"  // neither the event that the screen waits for nor timed_out
	RulePrinted Rule = "printed" // sheets that were released, each told from then on
	RuleCoins   Rule = "coins"   // sums that add up to what was in escrow
	RuleOpening Rule = "opening" // what a terminal says of itself
	RuleRefused Rule = "refused" // the centre refused it
	RuleHurried Rule = "hurried" // sent again before the time that was asked for
)

// Violation says that one side broke a rule of the protocol. It holds ids,
// numbers and sums, and nothing about a person.
type Violation struct {
	Rule   Rule
	Screen string // that was shown, or answered
	Number int    // of the event
	Detail string
}

// Error implements the error interface.
func (v *Violation) Error() string {
	return fmt.Sprintf("terminal: rule %s broken at number %d (%s): %s", v.Rule, v.Number, v.Screen, v.Detail)
}
