// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"time"

	"kofu/cert"
)

// Software is what a terminal says of itself.
type Software struct {
	Name    string `json:"name"`    // 1 to 32 of A-Z a-z 0-9 . _ -
	Version string `json:"version"` // likewise
	Config  string `json:"config"`  // digest of its configuration, 8 to 64 hexadecimal digits
}

// Hardware is the state of a terminal's units: "ok", "fault"; for the printer
// also "out_of_paper", for the speaker "none".
type Hardware struct {
	Reader  string `json:"reader"`
	Printer string `json:"printer"`
	Coins   string `json:"coins"`
	Speaker string `json:"speaker"`
}

// Opening is the body of POST /kiosk/v1/sessions.
type Opening struct {
	Protocol []string `json:"protocol"` // versions the terminal speaks, such as "1.0"
	Software Software `json:"software"`
	Language string   `json:"language,omitzero"` // to begin with; ja
	Hardware Hardware `json:"hardware"`
}

// Settings is how screens are shown. What is empty in an event stays.
type Settings struct {
	Language string `json:"language,omitzero"`
	Size     string `json:"size,omitzero"`     // "normal", "large"
	Contrast string `json:"contrast,omitzero"` // "normal", "high"
	Patience string `json:"patience,omitzero"` // "normal", "long": time-outs three times as long
}

// CardFiles is what the terminal has read from the card, and the card's
// signature.
type CardFiles struct {
	cert.Redacted `json:"-"`
	EF0001        []byte `json:"ef0001"`
	EF0002        []byte `json:"ef0002"`
	EF0003        []byte `json:"ef0003"`
	EF0004        []byte `json:"ef0004"`
	EF0007        []byte `json:"ef0007"`
	Signature     []byte `json:"signature"`
}

// Event is the body of POST /kiosk/v1/sessions/{session}/events. There is no
// member for a PIN, and none for a number, name or passport.
type Event struct {
	cert.Redacted `json:"-"`
	Number        int        `json:"number"` // one more than the last answer's; the same again gives the same answer
	Type          EventType  `json:"type"`
	Application   string     `json:"application,omitzero"` // the sealed application, while the terminal holds one
	Choice        string     `json:"choice,omitzero"`
	Settings      *Settings  `json:"settings,omitzero"`
	Fault         string     `json:"fault,omitzero"`
	TriesLeft     *int       `json:"tries_left,omitzero"`
	Card          *CardFiles `json:"card,omitzero"`
	Receipt       string     `json:"receipt,omitzero"`
	EscrowYen     *int       `json:"escrow_yen,omitzero"` // what lies in escrow: with every event while coins are taken
	Printed       []int      `json:"printed,omitzero"`    // every sheet confirmed out: with every event while it prints
	CapturedYen   *int       `json:"captured_yen,omitzero"`
	ReturnedYen   *int       `json:"returned_yen,omitzero"`
	CardIn        *bool      `json:"card_in,omitzero"` // with restarted: a card lies in the slot
}

// Answer is what the terminal shows and does next.
type Answer struct {
	Session   string         `json:"session"`
	Number    int            `json:"number"` // of the event answered; 0 for the first
	Protocol  string         `json:"protocol"`
	Screen    Screen         `json:"screen"`
	Challenge *CardChallenge `json:"challenge,omitzero"` // with reading_card
	Hold      *Hold          `json:"hold,omitzero"`      // to keep in memory, in the place of what is held
	Drop      bool           `json:"drop,omitzero"`      // wipe all that is held, and the sheets
	Release   *Release       `json:"release,omitzero"`   // when printing begins or goes on
	Offline   Screen         `json:"offline"`            // to show, and do, when the centre does not answer for 20 s
	Over      bool           `json:"over,omitzero"`      // the session takes no more events
}

// CardChallenge is what the card signs (package cardauth, [cardauth.BoundMessage]).
type CardChallenge struct {
	Bytes     []byte    `json:"bytes"` // 32
	ExpiresAt time.Time `json:"expires_at"`
}

// Hold is ciphertext that only kofu can open, and only for this session.
type Hold struct {
	Application string `json:"application,omitzero"` // JWE, typ kofu-application
	Certificate string `json:"certificate,omitzero"` // JWE, typ kofu-certificate: the sheet as PDF
	Receipt     string `json:"receipt,omitzero"`     // JWE, typ kofu-receipt: goes back with coins_in
}

// Release opens the certificate. Key is there once the fee is in escrow (not
// again after a printer fault: the terminal holds the sheet), and
// Sheets says which of the copies to print now.
type Release struct {
	Key    []byte `json:"key,omitzero"` // 32, for JWE alg dir, enc A256GCM
	Sheets []int  `json:"sheets"`
}

// Screen is one screen with everything that belongs to it.
type Screen struct {
	ID       string         `json:"id"`
	Language string         `json:"language"` // BCP 47
	Title    string         `json:"title"`
	Body     []string       `json:"body"`
	Speech   string         `json:"speech"`
	Choices  []Choice       `json:"choices"`
	Settings []SettingField `json:"settings"` // on every screen
	Display  Display        `json:"display"`  // as they stand now
	Input    Input          `json:"input"`
	Timeout  Timeout        `json:"timeout"`
	Cues     Cues           `json:"cues"`
	Fee      Fee            `json:"fee"`
	Content  *Content       `json:"content,omitzero"`
	Tries    *int           `json:"tries_left,omitzero"` // with pin_wrong
}

// Choice is a button.
type Choice struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Style string `json:"style"` // "primary", "plain", "cancel"
}

// SettingField is a setting with its values.
type SettingField struct {
	ID     string   `json:"id"` // language, size, contrast, patience
	Label  string   `json:"label"`
	Values []Choice `json:"values"`
}

// Display is the settings as they stand.
type Display struct {
	Size     string `json:"size"`
	Contrast string `json:"contrast"`
	Patience string `json:"patience"`
}

// Input is what the terminal waits for besides touches.
type Input string

// The inputs.
const (
	InputNone     Input = "none"
	InputCard     Input = "card"      // card_placed
	InputPIN      Input = "pin"       // four digits, at the terminal: pin_verified, pin_refused
	InputRead     Input = "card_read" // read and sign: card_read, card_fault
	InputCardOut  Input = "card_out"  // card_removed
	InputCoins    Input = "coins"     // coins_in, coin_fault
	InputSheets   Input = "sheets"    // printed, printer_fault
	InputPrinter  Input = "printer"   // printer_ready, printer_fault
	InputSettle   Input = "settle"    // fee_settled
	InputPaperOut Input = "paper_out" // paper_taken
)

// Timeout says when the terminal sends timed_out, and which screen follows.
type Timeout struct {
	Seconds int    `json:"seconds"`
	Then    string `json:"then"`
}

// Cues drive lamps, shutter, printer, reader, coin unit and sound.
type Cues struct {
	Lamp    string `json:"lamp"`    // off, card, coins, paper, help
	Shutter string `json:"shutter"` // closed, open: of the paper tray
	Printer string `json:"printer"` // idle, print, wait, retract
	Reader  string `json:"reader"`  // off, read, hold, release
	Coins   string `json:"coins"`   // closed, open, hold, capture, return, settle: capture_yen and return_yen
	Sound   string `json:"sound"`   // none, prompt, attention, alarm
}

// Fee is what the person pays.
type Fee struct {
	State      string `json:"state"` // none, due, escrow, captured, returned, settled: some kept, some returned
	PerCopyYen int    `json:"per_copy_yen"`
	Copies     int    `json:"copies"`
	TotalYen   int    `json:"total_yen"`
	EscrowYen  int    `json:"escrow_yen"`
	CaptureYen int    `json:"capture_yen"`
	ReturnYen  int    `json:"return_yen"`
}

// Content is what the paper will say, for the person to check.
type Content struct {
	PassportLastFour string     `json:"passport_last_four,omitzero"` // with passport_confirm, and nothing else
	Rows             []Row      `json:"rows,omitzero"`
	DoseHead         []string   `json:"dose_head,omitzero"` // of the columns of Doses
	Doses            [][]string `json:"doses,omitzero"`
	Notes            []string   `json:"notes,omitzero"`
}

// Row is a labelled value.
type Row struct {
	Label string `json:"label"`
	Value string `json:"value"`
}
